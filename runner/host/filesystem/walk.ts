import { platform } from "node:process";
import type { Directory } from "./directory.ts";
import { fail } from "./error.ts";

/** As Linux has it. */
const linkLimit = 40;
const pathBytesLimit = 4096;
/** Directories that one look-up holds open at once. */
const depthLimit = 128;
/** Components that one look-up takes, links included: 40 links of 4 KiB would otherwise be eighty thousand. */
const stepLimit = 2048;

/** Where a path leads: a name in a directory, `.` for the directory itself. To be disposed. */
export interface Place extends Disposable {
  readonly directory: Directory;
  readonly name: string;
  /** The path ended with a slash: what is there must be a directory. */
  readonly slash: boolean;
}

/**
 * Looks up a guest's path below `base`, one component after the other, without ever leaving it: `..` goes back the way
 * that was come and not above `base`, links are followed by the same rules, absolute ones lead nowhere. What the last
 * name is, or whether it exists, is for the caller to see; it is a link only where `follow` is false.
 *
 * Fails with `not-permitted` for what would leave `base`, `no-entry`, `not-directory`, `loop`, `invalid` (a NUL),
 * `name-too-long`.
 */
export async function walk(base: Directory, path: string, follow: boolean): Promise<Place> {
  const walker = new Walker(base, path);
  try {
    return await walker.run(follow);
  } finally {
    walker.release();
  }
}

class Walker {
  /** The directories come through, the base first, each held by the walker. */
  readonly #stack: Directory[];
  /** Components to come, the next one last. */
  readonly #pending: string[];
  #slash: boolean;
  #links = 0;
  #steps = 0;

  constructor(base: Directory, path: string) {
    this.#pending = split(path).reverse();
    this.#slash = endsAsDirectory(path);
    this.#stack = [base.retain()];
  }

  async run(follow: boolean): Promise<Place> {
    for (;;) {
      const name = this.#pending.pop();
      if (name === undefined) return this.#arrive(".");
      this.#steps++;
      if (this.#steps > stepLimit) fail("loop");
      const directory = this.#stack.at(-1)!;
      if (name === "..") {
        if (this.#stack.length === 1) fail("not-permitted");
        this.#stack.pop()![Symbol.dispose]();
      } else if (this.#pending.length > 0) {
        const next = await directory.enter(name);
        if (typeof next === "string") this.#follow(next);
        else this.#push(next);
      } else {
        const target = follow || this.#slash ? await directory.readLink(name) : undefined;
        if (target === undefined) return this.#arrive(name);
        this.#slash ||= endsAsDirectory(target);
        this.#follow(target);
      }
    }
  }

  release(): void {
    for (const directory of this.#stack.splice(0)) directory[Symbol.dispose]();
  }

  #push(directory: Directory): void {
    this.#stack.push(directory);
    if (this.#stack.length > depthLimit) fail("name-too-long");
  }

  #follow(target: string): void {
    this.#links++;
    if (this.#links > linkLimit) fail("loop");
    this.#pending.push(...split(target).reverse());
  }

  /** The last directory changes hands: the place holds it from now on. */
  #arrive(name: string): Place {
    const directory = this.#stack.pop()!;
    return { directory, name, slash: this.#slash, [Symbol.dispose]: () => directory[Symbol.dispose]() };
  }
}

function split(path: string): string[] {
  if (path === "") fail("no-entry");
  if (path.includes("\0")) fail("invalid");
  if (path.startsWith("/")) fail("not-permitted");
  // Where these mean something, they are another way to write an absolute path, a parent, or a stream.
  if (platform === "win32" && /[\\:]/.test(path)) fail("not-permitted");
  if (Buffer.byteLength(path) > pathBytesLimit) fail("name-too-long");
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function endsAsDirectory(path: string): boolean {
  return path.endsWith("/") || path === "." || path.endsWith("/.");
}
