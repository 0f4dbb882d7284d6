/** One file of a store. */
export interface Entry {
  /** Its path below the store's folder: `blobs/<hex>`. */
  readonly id: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Milliseconds since 1970. */
  usedAt: number;
  /** Its content was held against its digest, or written, by this process. */
  verified: boolean;
}

/** A small file takes a block of the disk all the same: this bounds their number too. */
const block = 4096;

/** What a store has, in the order of its last use, and how many bytes of disk that takes. */
export class Entries {
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, number>();
  #bytes = 0;

  /** Of the disk, whole blocks, with what is reserved. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Those below this folder. */
  countOf(folder: string): number {
    return this.#counts.get(folder) ?? 0;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Adds it as the one that was used last; one of this name is replaced. */
  add(entry: Entry): void {
    this.remove(entry.id);
    this.#entries.set(entry.id, entry);
    this.#count(entry, 1);
  }

  remove(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#count(entry, -1);
    return entry;
  }

  /** Makes it the one that was used last. */
  touch(entry: Entry, now: number): void {
    if (this.#entries.get(entry.id) !== entry) return;
    this.#entries.delete(entry.id);
    this.#entries.set(entry.id, entry);
    entry.usedAt = now;
  }

  /** The one that was used longest ago comes first. */
  values(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  #count({ id, size }: Entry, by: 1 | -1): void {
    this.#bytes += by * onDisk(size);
    const folder = id.slice(0, id.indexOf("/"));
    this.#counts.set(folder, this.countOf(folder) + by);
  }
}

/** Bytes of disk that a file of this size takes. */
export function onDisk(size: number): number {
  return Math.max(1, Math.ceil(size / block)) * block;
}
