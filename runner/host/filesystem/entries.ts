import type { Dir, Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import type { Descriptor, Session } from "./descriptor.ts";
import { type Directory, decodeName } from "./directory.ts";
import { type FileType, typeOf } from "./stat.ts";

/** Entries that are read from the system at once. */
const bufferSize = 64;
const abandoned = new FinalizationRegistry<Dir>((listing) => void listing.close().catch(() => {}));

/** The record `directory-entry`. */
export interface DirectoryEntry {
  readonly type: FileType;
  readonly name: string;
}

/**
 * The resource `directory-entry-stream`: a listing that is read as it is asked for, in no order, without `.` and `..`.
 * A name that is not UTF-8 is `illegal-byte-sequence`; the listing goes on behind it.
 */
export class DirectoryEntryStream {
  readonly #session: Session;
  readonly #directory: Directory;
  readonly #listing: Dir;
  #closed = false;

  private constructor(session: Session, directory: Directory, listing: Dir) {
    this.#session = session;
    this.#directory = directory;
    this.#listing = listing;
    abandoned.register(this, listing, this);
  }

  /** `descriptor.read-directory`. */
  static async open({ session, directory }: Descriptor): Promise<DirectoryEntryStream> {
    session.enter();
    using held = directory.retain();
    try {
      // Node's types know only text encodings here.
      const listing = await opendir(held.at("."), { encoding: "buffer" as BufferEncoding, bufferSize });
      return new DirectoryEntryStream(session, held.retain(), listing);
    } catch (error) {
      session.leave();
      throw error;
    }
  }

  /** The next entry, undefined after the last. */
  async next(): Promise<DirectoryEntry | undefined> {
    const entry = (await this.#listing.read()) as Dirent<Buffer> | null;
    if (entry === null) return undefined;
    const name = decodeName(entry.name);
    const type = typeOf(entry);
    // Some file systems do not say the type in their listings.
    return { name, type: type === "unknown" ? typeOf(await this.#directory.stat(name)) : type };
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session.leave();
    this.#directory[Symbol.dispose]();
    abandoned.unregister(this);
    this.#listing.close().catch(() => {});
  }
}
