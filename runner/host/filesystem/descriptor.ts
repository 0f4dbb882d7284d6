import type { BigIntStats } from "node:fs";
import { stateless } from "../host.ts";
import type { Directory } from "./directory.ts";
import { fail } from "./error.ts";
import type { OpenFile } from "./file.ts";
import type { Activity } from "./streams.ts";

/** Descriptors and directory listings that one guest may hold at once. */
export const openLimit = 512;

/** What the descriptors of one guest share. */
export class Session implements Activity {
  writes = 0;
  #open = 0;

  /** Counts one more open thing; fails with `quota` at the limit. */
  enter(): void {
    if (this.#open >= openLimit) fail("quota");
    this.#open++;
  }

  leave(): void {
    this.#open--;
  }
}

/** The flags `descriptor-flags`, as jco maps them. */
export interface DescriptorFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly fileIntegritySync?: boolean;
  readonly dataIntegritySync?: boolean;
  readonly requestedWriteSync?: boolean;
  readonly mutateDirectory?: boolean;
}

type Node = { readonly directory: Directory } | { readonly file: OpenFile; readonly flags: DescriptorFlags };

/**
 * The resource `descriptor`: an open file or directory below one grant. `mutable` is false where the grant is
 * read-only; it is inherited, so nothing that is reached through a read-only grant can be changed.
 */
export class Descriptor {
  /** Positions are those of its streams. */
  readonly [stateless] = true;
  readonly session: Session;
  readonly mutable: boolean;
  readonly #node: Node;
  #closed = false;

  /** Takes over the caller's use of the file or directory, and a place in the session that the caller has entered. */
  constructor(session: Session, node: Node, mutable: boolean) {
    this.session = session;
    this.#node = node;
    this.mutable = mutable;
  }

  get type(): "directory" | "regular-file" {
    return "directory" in this.#node ? "directory" : "regular-file";
  }

  get flags(): DescriptorFlags {
    if ("directory" in this.#node) return { read: true, mutateDirectory: this.mutable };
    return this.#node.flags;
  }

  /** The directory; fails with `not-directory` for a file. */
  get directory(): Directory {
    return "directory" in this.#node ? this.#node.directory : fail("not-directory");
  }

  /** The directory, to be changed; fails with `read-only` below a read-only grant. */
  get mutableDirectory(): Directory {
    const { directory } = this;
    return this.mutable ? directory : fail("read-only");
  }

  /** The file; fails with `bad-descriptor` for a directory. */
  get file(): OpenFile {
    return "file" in this.#node ? this.#node.file : fail("bad-descriptor");
  }

  get readableFile(): OpenFile {
    const { file } = this;
    return this.flags.read ? file : fail("bad-descriptor");
  }

  /** The file, to be written; `read-only` below a read-only grant, `bad-descriptor` where it was not opened for that. */
  get writableFile(): OpenFile {
    const { file } = this;
    if (!this.mutable) fail("read-only");
    return this.flags.write ? file : fail("bad-descriptor");
  }

  async stat(): Promise<BigIntStats> {
    if ("directory" in this.#node) {
      using directory = this.#node.directory.retain();
      return await directory.stat(".");
    }
    using file = this.#node.file.retain();
    return await file.handle.stat({ bigint: true });
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.session.leave();
    if ("directory" in this.#node) this.#node.directory[Symbol.dispose]();
    else this.#node.file[Symbol.dispose]();
  }
}
