import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { isSealed, type Kind, kinds, seal, unseal } from "./content.ts";
import { Entries, type Entry, onDisk } from "./entries.ts";
import { StoreError } from "./error.ts";

/** What is being written; emptied at the start. */
const partial = "partial";
/** The time of the last use is written down no more often: it only orders what goes first after a restart. */
const touchMs = 10 * 60_000;

/** What bounds a store's files. */
export interface FilesOptions {
  readonly folder: string;
  /** Bytes of disk, counted in whole blocks. */
  readonly bytes: number;
  readonly clock: Clock;
  /** Says what must not go, each time when something has to. What it gives is asked at once, with no wait between. */
  readonly keeper: () => Promise<(entry: Entry) => boolean>;
}

/** Opens the folder and finds what is in it. Rejects with `StoreError` `unwritable`. */
export async function openFiles(options: FilesOptions): Promise<Files> {
  const { folder } = options;
  const found: Entry[] = [];
  try {
    await rm(join(folder, partial), { recursive: true, force: true });
    await makeFolders(folder);
    const probe = join(folder, partial, randomUUID());
    await writeFile(probe, "");
    await rm(probe);
    for (const kind of kinds) found.push(...(await list(folder, kind)));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  const entries = new Entries();
  for (const entry of found) entries.add(entry);
  return new Files(options, entries);
}

async function makeFolders(folder: string): Promise<void> {
  for (const name of [...kinds, partial]) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
}

async function list(folder: string, kind: Kind): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await readdir(join(folder, kind))) {
    // What is not ours is left alone.
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const { size, mtimeMs } = await stat(join(folder, kind, name));
    entries.push({ id: `${kind}/${name}`, size, usedAt: mtimeMs, verified: false });
  }
  return entries;
}

/**
 * Files by digest, bounded in bytes: what was used longest ago makes room. Each is written whole or not at all, whenever the
 * process ends; one whose content is not what its digest says is removed and counts as absent.
 */
export class Files {
  readonly #options: FilesOptions;
  readonly #entries: Entries;
  /** Changes happen one after the other, so that what makes room for one cannot take another that is being written. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: FilesOptions, entries: Entries) {
    this.#options = options;
    this.#entries = entries;
  }

  /** Bytes of disk, files, and how many of these are indexes of artifacts. */
  size(): { readonly bytes: number; readonly files: number; readonly artifacts: number } {
    return { bytes: this.#entries.bytes, files: this.#entries.count, artifacts: this.#entries.countOf("artifacts") };
  }

  /** Bytes of the file; undefined where there is none. */
  sizeOf(kind: Kind, hex: string): number | undefined {
    return this.#entries.get(`${kind}/${hex}`)?.size;
  }

  /** The content, where it is there and not damaged; changes nothing, and may be used by a `keeper`. */
  async peek(kind: Kind, hex: string): Promise<Buffer<ArrayBuffer> | undefined> {
    const entry = this.#entries.get(`${kind}/${hex}`);
    if (entry === undefined) return undefined;
    return unseal(kind, hex, await readFile(this.#pathOf(entry)).catch(() => Buffer.alloc(0)));
  }

  /** The content; undefined where it is absent or damaged. */
  async read(kind: Kind, hex: string): Promise<Buffer<ArrayBuffer> | undefined> {
    const entry = this.#entries.get(`${kind}/${hex}`);
    if (entry === undefined) return undefined;
    let content: Buffer<ArrayBuffer> | undefined;
    try {
      content = await readFile(this.#pathOf(entry));
    } catch (error) {
      // Too many open files, for one, is no damage.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return undefined;
    }
    const body = content === undefined ? undefined : unseal(kind, hex, content);
    if (body === undefined) {
      await this.remove(kind, hex);
      return undefined;
    }
    entry.verified = true;
    await this.#touch(entry);
    return body;
  }

  /** Where the content is, checked once by this process, to be streamed; undefined where it is absent or damaged. */
  async locate(kind: Kind, hex: string): Promise<{ readonly path: string; readonly size: number } | undefined> {
    const entry = this.#entries.get(`${kind}/${hex}`);
    if (entry === undefined) return undefined;
    if (!entry.verified && (await this.read(kind, hex)) === undefined) return undefined;
    const path = this.#pathOf(entry);
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size !== entry.size) {
      await this.remove(kind, hex);
      return undefined;
    }
    await this.#touch(entry);
    return { path, size };
  }

  /** Keeps the content under its digest, or under `hex` where the kind is sealed. Rejects with `StoreError`. */
  write(kind: Kind, hex: string, content: Uint8Array | string): Promise<void> {
    return this.#alone(async () => {
      const known = this.#entries.get(`${kind}/${hex}`);
      if (known?.verified === true && !isSealed(kind)) return this.#touch(known);
      const bytes = seal(kind, content);
      await this.#makeRoom(onDisk(bytes.byteLength) - (known === undefined ? 0 : onDisk(known.size)));
      await this.#put(`${kind}/${hex}`, bytes);
    });
  }

  async remove(kind: Kind, hex: string): Promise<void> {
    await this.#alone(() => this.#drop(`${kind}/${hex}`));
  }

  /** Removes whatever need not stay and was not used for this long; gives the bytes that this freed. */
  collect(idleMs: number): Promise<number> {
    return this.#alone(async () => {
      const before = this.#entries.bytes;
      const end = this.#options.clock.now() - idleMs;
      const keeps = await this.#options.keeper();
      await this.#dropAll([...this.#entries.values()].filter((entry) => entry.usedAt <= end && !keeps(entry)));
      return before - this.#entries.bytes;
    });
  }

  /** Settles when all changes that were asked for are done. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(change);
    this.#tail = result.catch(() => {});
    return result;
  }

  #pathOf({ id }: Entry): string {
    return join(this.#options.folder, id);
  }

  async #touch(entry: Entry): Promise<void> {
    const now = this.#options.clock.now();
    const stale = now - entry.usedAt >= touchMs;
    this.#entries.touch(entry, now);
    if (stale) await utimes(this.#pathOf(entry), now / 1000, now / 1000).catch(() => {});
  }

  async #drop(id: string): Promise<void> {
    this.#entries.remove(id);
    await rm(join(this.#options.folder, id), { force: true }).catch(() => {});
  }

  /** All are absent at once: nobody can begin to use one while others are being removed. */
  async #dropAll(victims: readonly Entry[]): Promise<void> {
    for (const { id } of victims) this.#entries.remove(id);
    for (const { id } of victims) await this.#drop(id);
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { bytes: limit } = this.#options;
    if (this.#entries.bytes + bytes <= limit) return;
    await this.#free(this.#entries.bytes + bytes - limit);
    if (this.#entries.bytes + bytes <= limit) return;
    const message = `Cannot keep ${bytes} bytes more, the artifacts of what runs leave no room in the store's: ${limit}`;
    throw new StoreError("full", message);
  }

  async #free(bytes: number): Promise<void> {
    const keeps = await this.#options.keeper();
    const victims: Entry[] = [];
    let freed = 0;
    // Keys are small, and save composing again: they go last.
    for (const last of [false, true]) {
      for (const entry of this.#entries.values()) {
        if (freed >= bytes) break;
        if (entry.id.startsWith("keys/") !== last || keeps(entry)) continue;
        victims.push(entry);
        freed += onDisk(entry.size);
      }
    }
    await this.#dropAll(victims);
  }

  async #put(id: string, bytes: Uint8Array): Promise<void> {
    const { folder, clock } = this.#options;
    const path = join(folder, partial, randomUUID());
    const write = async (): Promise<void> => {
      await writeFile(path, bytes, { mode: 0o600 });
      await rename(path, join(folder, id));
    };
    try {
      await write().catch(async (error: NodeJS.ErrnoException) => {
        // Somebody else took the folder away, or filled the disk: what nobody needs may make room.
        if (error.code === "ENOENT") await makeFolders(folder);
        else if (noRoom(error)) await this.#free(2 * onDisk(bytes.byteLength));
        else throw error;
        await write();
      });
    } catch (cause) {
      await rm(path, { force: true }).catch(() => {});
      if (!noRoom(cause as NodeJS.ErrnoException)) throw unwritable(folder, cause);
      throw new StoreError("disk-full", `Cannot write to the store, its disk has no room: ${folder}`, { cause });
    }
    this.#entries.add({ id, size: bytes.byteLength, usedAt: clock.now(), verified: true });
  }
}

function noRoom({ code }: NodeJS.ErrnoException): boolean {
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
}

function unwritable(folder: string, cause: unknown): StoreError {
  const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
  return new StoreError("unwritable", `Cannot use the folder of the store (${code}): ${folder}`, { cause });
}
