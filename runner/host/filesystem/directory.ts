import { type BigIntStats, closeSync, constants, existsSync, openSync, realpathSync, statSync } from "node:fs";
import { lstat, open, readlink } from "node:fs/promises";
import { platform } from "node:process";
import { codeOf, fail } from "./error.ts";
import { OpenFile } from "./file.ts";

/** Linux: a directory is held open, and names are looked up in it through `/proc/self/fd`, whatever is moved around it. */
const canHold = platform === "linux" && existsSync("/proc/self/fd");
/** Not among Node's constants; the same number on every architecture that Node has for Linux. */
const O_PATH = 0o10000000;
const directoryFlags = O_PATH | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** The roots that were opened; a root is open as long as its grant is in use. */
const roots = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/**
 * A directory that names are looked up in.
 *
 * On Linux it is the directory itself, by an open handle: renaming it or a parent, or putting a symbolic link in its
 * place, changes nothing for who holds it. Elsewhere it is the path that led there, component by component without
 * symbolic links: somebody who swaps a directory for a link at the same moment can lead a later step astray. So the
 * sandbox is complete on Linux, and complete elsewhere as long as nobody outside of the guest's own calls changes the
 * tree at the same time.
 */
export class Directory {
  readonly #path: string;
  readonly #held: boolean;
  readonly #file: OpenFile | undefined;

  private constructor(path: string, held: boolean, file?: OpenFile) {
    this.#path = path;
    this.#held = held;
    this.#file = file;
  }

  /** A granted folder of the machine; links in its path are the administrator's and are followed. */
  static openRoot(path: string, options: { readonly held?: boolean } = {}): Directory {
    const real = realpathSync(path);
    if (!(options.held ?? canHold)) {
      if (!statSync(real).isDirectory()) fail("not-directory");
      return new Directory(real, false);
    }
    const descriptor = openSync(real, directoryFlags);
    const root = new Directory(`/proc/self/fd/${descriptor}`, true);
    roots.register(root, descriptor);
    return root;
  }

  /** A path for one system call that does not follow links at its end. `name` is one component, `.` the directory. */
  at(name: string): string {
    return `${this.#path}/${name}`;
  }

  /** The directory behind a name, or the target of the link that it is. Fails with `not-directory` for other files. */
  async enter(name: string): Promise<Directory | string> {
    try {
      if (this.#held) {
        const file = new OpenFile(await open(this.at(name), directoryFlags));
        return new Directory(`/proc/self/fd/${file.handle.fd}`, true, file);
      }
      if ((await lstat(this.at(name))).isDirectory()) return new Directory(this.at(name), false);
    } catch (error) {
      if (codeOf(error) !== "not-directory") throw error;
    }
    return (await this.readLink(name)) ?? fail("not-directory");
  }

  /** The target of a link, or undefined where the name is no link or is nothing. */
  async readLink(name: string): Promise<string | undefined> {
    try {
      return decodeName(await readlink(this.at(name), { encoding: "buffer" }));
    } catch (error) {
      const code = codeOf(error);
      // Windows says "unknown" of what is no link.
      if (code === "invalid" || code === "no-entry" || (!this.#held && code === "io")) return undefined;
      throw error;
    }
  }

  /** What is at a name; a link is not followed. */
  stat(name: string): Promise<BigIntStats> {
    return lstat(this.at(name), { bigint: true });
  }

  retain(): this {
    this.#file?.retain();
    return this;
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}

/** A name or a link's target as the guest may see it: fails with `illegal-byte-sequence` where it is not UTF-8. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("illegal-byte-sequence");
  }
}
