import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Descriptor, Session } from "../../../../../runner/host/filesystem/descriptor.ts";
import { Directory } from "../../../../../runner/host/filesystem/directory.ts";
import { filesystemInterfaces } from "../../../../../runner/host/filesystem/filesystem.ts";
import type { InputStream, OutputStream } from "../../../../../runner/host/streams.ts";
import { bound, hostInstance } from "../bound.ts";

// biome-ignore lint/suspicious/noExplicitAny: arguments and results are what the WIT says
type Call = (method: string, ...args: unknown[]) => any;

/** A guest with a folder. Methods are named without their resource: `call("open-at", root, …)`. */
export interface Sandbox {
  /** The granted folder on this machine; beside it lies `secret`, outside. */
  readonly folder: string;
  readonly root: object;
  readonly call: Call;
  readonly remove: () => void;
}

export interface SandboxOptions {
  readonly readOnly?: boolean;
  readonly folder?: string;
  /** False: by paths, as on systems other than Linux. */
  readonly held?: boolean;
}

export function sandbox(options: SandboxOptions = {}): Sandbox {
  const parent = mkdtempSync(join(tmpdir(), "tenon-files-"));
  const folder = options.folder ?? join(parent, "granted");
  mkdirSync(folder, { recursive: true });
  const host = hostInstance({
    filesystem: [{ path: folder, guestPath: "/data", readOnly: options.readOnly ?? false }],
  });
  const types = bound(filesystemInterfaces, "wasi:filesystem/types", host);
  const root =
    options.held === false
      ? new Descriptor(new Session(), { directory: Directory.openRoot(folder, { held: false }) }, !options.readOnly)
      : bound(filesystemInterfaces, "wasi:filesystem/preopens", host)("get-directories")[0][0];
  return {
    folder,
    root,
    call: (method, self, ...args) => types(`[method]descriptor.${method}`, self, ...args),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}

/** Opens with the flags named. */
export function open(
  { call, root }: Sandbox,
  path: string,
  flags: readonly string[] = ["read"],
  options: { readonly base?: object; readonly follow?: boolean } = {},
): Promise<object & Disposable> {
  const set = Object.fromEntries(flags.map((flag) => [flag, true]));
  return call("open-at", options.base ?? root, { symlinkFollow: options.follow ?? true }, path, set, set);
}

export async function readAll(stream: InputStream): Promise<string> {
  const parts: Uint8Array[] = [];
  for (;;) {
    await stream.wait();
    const bytes = stream.read(65536);
    if (bytes === null) return Buffer.concat(parts).toString();
    parts.push(bytes);
  }
}

export async function writeAll(stream: OutputStream, text: string): Promise<void> {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    await stream.wait();
    const capacity = stream.capacity();
    if (capacity === null) throw new Error("The stream is closed");
    stream.write(bytes.subarray(0, capacity));
    bytes = bytes.subarray(capacity);
  }
  stream.flush();
  await stream.wait();
}
