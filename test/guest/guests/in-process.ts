import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guest } from "../../../guests/guest.ts";
import { openComposition } from "../../../runner/composition.ts";
import type { Linked } from "../../../runner/link/linked.ts";
import { prepare } from "../examples/served.ts";

/** One instance of a composition, in this process. */
export interface InProcess {
  /** Calls an exported function with WIT values as jco maps them. */
  call(interfaceName: string, name: string, ...args: unknown[]): Promise<unknown>;
  /** What the guests wrote to their standard output, `instance: line`. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Guests by instance name; `exports` as `INSTANCE/INTERFACE`. What one imports and another exports is connected. */
export interface Parts {
  readonly instances: Readonly<Record<string, string>>;
  readonly exports: readonly string[];
}

/** The folder of a composition of guests, as a manifest; `remove` it in the end. */
export async function writeComposition({
  instances,
  exports,
}: Parts): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "tenon-guests-"));
  const spec = {
    instances: await Promise.all(
      Object.entries(instances).map(async ([name, from]) => {
        return { name, component: { source: { file: { path: await guest(from) } } } };
      }),
    ),
    exports: exports.map((from) => ({ name: from.slice(from.indexOf("/") + 1), from })),
  };
  const manifest = { apiVersion: "tenon.dev/v1alpha1", kind: "Composition", metadata: { name: "guests" }, spec };
  const path = join(folder, "composition.yaml");
  await writeFile(path, JSON.stringify(manifest));
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Composes, flattens and links guests as a runner does. Close it in the end. */
export async function openGuests(parts: Parts): Promise<InProcess> {
  const written = await writeComposition(parts);
  const prepared = await prepare(written.path);
  const lines: string[] = [];
  const log = { write: (instance: string, _: unknown, line: string) => void lines.push(`${instance}: ${line}`) };
  const composition = await openComposition(prepared.config, { log });
  const linked: Linked = composition.linker.instantiate();
  return {
    lines,
    async call(interfaceName, name, ...args) {
      const func = linked.func(interfaceName, name);
      if (func === undefined) throw new Error(`No function ${interfaceName}#${name}`);
      return await func.call(...args);
    },
    async close() {
      linked[Symbol.dispose]();
      await composition.close();
      await prepared.remove();
      await written.remove();
    },
  };
}
