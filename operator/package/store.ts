import type { ArtifactIndex } from "../../runner/artifact.ts";
import type { Clock } from "../clock.ts";
import { type Artifact, artifactSize } from "../compose/artifact.ts";
import type { Log } from "../log.ts";
import type { Entry } from "./entries.ts";
import { type Files, openFiles } from "./files.ts";
import { Holds, readHolds } from "./holds.ts";

/** An artifact that is kept. */
export interface KeptArtifact {
  /** `sha256:…` of the index. */
  readonly digest: string;
  /** Bytes of the index and of all that it names, each counted once. */
  readonly size: number;
}

/** A file of the store, to be streamed: its content was checked. It may be removed meanwhile, which an open file survives. */
export interface KeptFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Where a store is, and how large it may be. */
export interface StoreOptions {
  readonly folder: string;
  /** Bytes of disk, counted in blocks of 4096. */
  readonly bytes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** A file of what these owners hold is lost or damaged: it has to be made again. */
  readonly onLost?: (owners: readonly string[]) => void;
}

/** What was read of an index. */
interface Known {
  readonly size: number;
  readonly blobs: readonly { readonly digest: string; readonly size: number }[];
}

/** A new artifact stays this long, whatever else needs room: its owner is about to hold it. */
const graceMs = 60_000;
/** Of keys in memory; the others are read from disk. */
const maxKeys = 10_000;

/** Opens the store in this folder, which is made where it does not exist. Rejects with `StoreError` `unwritable`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { folder, bytes, clock } = options;
  const owners = await readHolds(folder);
  let store: Store | undefined;
  const files = await openFiles({ folder, bytes, clock, keeper: async () => (await store?.keeper()) ?? (() => true) });
  const onError = (error: unknown): void =>
    options.log.warn("Cannot write down which artifacts are in use", { error: (error as Error).message });
  store = new Store(files, new Holds(owners, { folder, clock, onError }), options);
  return store;
}

/**
 * Artifacts by what they were made from, and what they are made from by its digest. What an owner holds stays; of the rest,
 * what was used longest ago makes room. All that is lost or damaged counts as absent, and is made again by who asks.
 */
export class Store {
  readonly #files: Files;
  readonly #holds: Holds;
  readonly #options: StoreOptions;
  /** Of artifacts that are held, or new. */
  readonly #known = new Map<string, Known>();
  readonly #keys = new Map<string, string>();
  /** Until when a new artifact stays. */
  readonly #fresh = new Map<string, { readonly until: number }>();
  /** Artifacts that are being written: two who made the same must not spoil it for each other. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(files: Files, holds: Holds, options: StoreOptions) {
    this.#files = files;
    this.#holds = holds;
    this.#options = options;
  }

  /** The artifact that was made from these inputs; undefined where it, or a part of it, is not there. */
  async find(key: string): Promise<KeptArtifact | undefined> {
    const digest = this.#keys.get(key) ?? (await this.#files.read("keys", key))?.toString("latin1");
    if (digest === undefined) return undefined;
    const known = await this.#learn(digest);
    if (known === undefined || !this.#isWhole(digest, known)) {
      this.#keys.delete(key);
      return undefined;
    }
    this.#noteKey(key, digest);
    this.#spare(digest);
    return { digest, size: known.size };
  }

  /** Keeps an artifact whole: it is found only when all of it is written. Rejects with `StoreError`. */
  async store(key: string, artifact: Artifact): Promise<void> {
    const { digest } = artifact;
    const writing = this.#writing.get(digest) ?? this.#write(artifact).finally(() => void this.#writing.delete(digest));
    this.#writing.set(digest, writing);
    await writing;
    await this.#files.write("keys", key, digest);
    this.#noteKey(key, digest);
  }

  /** Nothing of these is removed until the owner holds something else. Digests that are not there (yet) may be named. */
  hold(owner: string, digests: readonly string[]): void {
    if (!this.#holds.set(owner, digests)) return;
    for (const digest of this.#known.keys()) {
      if (!this.#holds.has(digest) && !this.#fresh.has(digest)) this.#known.delete(digest);
    }
  }

  /** The owner is gone, and what it held may go. */
  release(owner: string): void {
    this.hold(owner, []);
  }

  /** Releases every owner that is not one of these: those that went while nobody looked. */
  retain(owners: ReadonlySet<string>): void {
    for (const owner of this.#holds.owners()) if (!owners.has(owner)) this.release(owner);
  }

  /** How many owners hold anything. */
  owners(): number {
    return this.#holds.owners().length;
  }

  /** What the owner holds, as `sha256:…`. */
  held(owner: string): readonly string[] {
    return this.#holds.of(owner);
  }

  /** True for what the owner holds, and for a blob that the index of it names. */
  async mayServe(owner: string, artifact: string, blob?: string): Promise<boolean> {
    if (!this.#holds.of(owner).includes(artifact)) return false;
    if (blob === undefined) return true;
    return (await this.#learn(artifact))?.blobs.some(({ digest }) => digest === blob) === true;
  }

  /** True where the index and all blobs that it names are there. */
  async has(digest: string): Promise<boolean> {
    const known = await this.#learn(digest);
    return known !== undefined && this.#isWhole(digest, known);
  }

  /** The index of an artifact. Ask `mayServe` first. */
  index(digest: string): Promise<KeptFile | undefined> {
    return this.#locate("artifacts", digest);
  }

  /** A core module. Ask `mayServe` first. */
  blob(digest: string): Promise<KeptFile | undefined> {
    return this.#locate("blobs", digest);
  }

  /** The bytes of a component, checked. */
  component(digest: string): Promise<Uint8Array | undefined> {
    return this.#files.read("components", hexOf(digest));
  }

  /** Rejects with `StoreError`. */
  keepComponent(digest: string, bytes: Uint8Array): Promise<void> {
    return this.#files.write("components", hexOf(digest), bytes);
  }

  /** What was said about something that this hexadecimal sha256 names. */
  async note(hex: string): Promise<string | undefined> {
    return (await this.#files.read("tables", hex))?.toString("utf8");
  }

  /** Rejects with `StoreError`. */
  keepNote(hex: string, text: string): Promise<void> {
    return this.#files.write("tables", hex, text);
  }

  /** Removes what nobody holds and nobody used for this long; gives the bytes that this freed. */
  collect(idleMs: number): Promise<number> {
    return this.#files.collect(idleMs);
  }

  /** Bytes of disk in whole blocks, the number of files, and how many artifacts these are. */
  size(): { readonly bytes: number; readonly files: number; readonly artifacts: number } {
    return this.#files.size();
  }

  /** Settles when all is written. */
  async close(): Promise<void> {
    await this.#files.settled();
    await this.#holds.flush();
  }

  /** Says what must stay, as of the moment at which it is asked for the first time. */
  async keeper(): Promise<(entry: Entry) => boolean> {
    const tried = new Set<string>();
    const isUnknown = (digest: string): boolean =>
      !this.#known.has(digest) && !tried.has(digest) && this.#files.sizeOf("artifacts", hexOf(digest)) !== undefined;
    // Somebody may begin to hold one more while another one is being read.
    for (let next = this.#used().find(isUnknown); next !== undefined; next = this.#used().find(isUnknown)) {
      tried.add(next);
      await this.#peek(next);
    }
    let stays: ReadonlySet<string> | undefined;
    return ({ id }) => {
      stays ??= this.#stays();
      return stays.has(id);
    };
  }

  #used(): readonly string[] {
    this.#expire();
    return [...this.#holds.digests(), ...this.#fresh.keys()];
  }

  #stays(): ReadonlySet<string> {
    const stays = new Set<string>();
    for (const digest of this.#used()) {
      stays.add(`artifacts/${hexOf(digest)}`);
      for (const blob of this.#known.get(digest)?.blobs ?? []) stays.add(`blobs/${hexOf(blob.digest)}`);
    }
    for (const [key, digest] of this.#keys) if (stays.has(`artifacts/${hexOf(digest)}`)) stays.add(`keys/${key}`);
    return stays;
  }

  #isWhole(digest: string, { blobs }: Known): boolean {
    if (this.#files.sizeOf("artifacts", hexOf(digest)) === undefined) return false;
    return blobs.every((blob) => this.#files.sizeOf("blobs", hexOf(blob.digest)) === blob.size);
  }

  async #write({ index, text, digest, blobs }: Artifact): Promise<void> {
    this.#known.set(digest, { size: artifactSize(index, text), blobs: index.blobs });
    const mine = this.#spare(digest);
    try {
      for (const [blob, bytes] of blobs) await this.#files.write("blobs", hexOf(blob), bytes);
      await this.#files.write("artifacts", hexOf(digest), text);
    } catch (error) {
      // Unless somebody found it meanwhile, and is about to hold it.
      if (this.#fresh.get(digest) === mine) this.#fresh.delete(digest);
      throw error;
    }
  }

  #noteKey(key: string, digest: string): void {
    if (this.#keys.size >= maxKeys) this.#keys.clear();
    this.#keys.set(key, digest);
  }

  #spare(digest: string): { readonly until: number } {
    this.#expire();
    const mine = { until: this.#options.clock.now() + graceMs };
    this.#fresh.delete(digest);
    this.#fresh.set(digest, mine);
    return mine;
  }

  /** They are in the order of their times. */
  #expire(): void {
    const now = this.#options.clock.now();
    for (const [digest, { until }] of this.#fresh) {
      if (until > now) break;
      this.#fresh.delete(digest);
    }
  }

  async #learn(digest: string): Promise<Known | undefined> {
    const known = this.#known.get(digest);
    if (known !== undefined && this.#files.sizeOf("artifacts", hexOf(digest)) !== undefined) return known;
    const text = await this.#files.read("artifacts", hexOf(digest));
    return text === undefined ? undefined : this.#remember(digest, text);
  }

  async #peek(digest: string): Promise<Known | undefined> {
    const text = await this.#files.peek("artifacts", hexOf(digest));
    return text === undefined ? undefined : this.#remember(digest, text);
  }

  #remember(digest: string, text: Buffer): Known {
    const index = JSON.parse(text.toString("utf8")) as ArtifactIndex;
    const known = { size: artifactSize(index, text.toString("utf8")), blobs: index.blobs };
    this.#known.set(digest, known);
    return known;
  }

  async #locate(kind: "artifacts" | "blobs", digest: string): Promise<KeptFile | undefined> {
    const hex = hexOf(digest);
    const found = await this.#files.locate(kind, hex);
    if (found !== undefined) return found;
    const owners = this.#holds.owners().filter((owner) =>
      this.#holds.of(owner).some((artifact) => {
        return artifact === digest || this.#known.get(artifact)?.blobs.some((blob) => blob.digest === digest) === true;
      }),
    );
    if (owners.length > 0) this.#options.onLost?.(owners);
    return undefined;
  }
}

function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}
