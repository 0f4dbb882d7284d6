import { type Clock, sleep } from "../clock.ts";
import type { Log, LogFields } from "../log.ts";
import { Backoff } from "./backoff.ts";
import type { Cache, Change, Listed } from "./cache.ts";
import type { KubeClient, Page, Selection, WatchEvent } from "./client.ts";
import { KubeError } from "./error.ts";
import { watchSlackMs } from "./limits.ts";
import { type Key, type KubeObject, keyOf } from "./object.ts";
import { type IndexFunction, Store } from "./store.ts";
import { trim } from "./trim.ts";

/** What a cache is made of. */
export interface CacheOptions<T extends KubeObject> {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the loop. */
  readonly signal: AbortSignal;
  /** Beside `ownerIndex`. A function must not throw. */
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What is kept of an object, for the sake of memory: all of it, where this is left out. Must not throw. */
  readonly keep?: (object: T) => T;
  /** More objects are refused: the cache says so, and stays what it was. */
  readonly maxObjects?: number;
}

const pageLimit = 500;
const leastPageLimit = 10;
const mostObjects = 250_000;
const backoff = { leastMs: 200, mostMs: 30_000 };
/** A watch that lived this long was no failure, even if it broke. */
const provenMs = 5_000;
/** How long a broken watch may stay broken before readiness notices. */
const toleratedMs = 60_000;

/**
 * Lists and then watches one kind until `signal` is aborted: through resets, versions that are too old, and servers that
 * fall silent, with a growing wait between attempts. Listeners have to be added before the caller next awaits something.
 */
export function startCache<T extends KubeObject>(
  client: KubeClient,
  selection: Selection,
  options: CacheOptions<T>,
): Cache<T> {
  const cache = new ListWatch<T>(client, selection, options);
  void cache.run();
  return cache;
}

class ListWatch<T extends KubeObject> implements Cache<T> {
  readonly #client: KubeClient;
  readonly #selection: Selection;
  readonly #options: CacheOptions<T>;
  readonly #log: Log;
  readonly #store: Store<T>;
  readonly #listeners: ((change: Change<T>) => void)[] = [];
  readonly #listListeners: ((list: Listed) => void)[] = [];
  readonly #synced = Promise.withResolvers<void>();
  readonly #backoff: Backoff;
  readonly #maxObjects: number;
  #isSynced = false;
  #limit = pageLimit;
  /** The watch that ended last told something. */
  #progressed = false;
  /** Where the next watch begins; undefined: list first. */
  #version: string | undefined;
  /** A list from the server's own cache may be older than what was seen: it is good enough only for the first one. */
  #listFrom: "0" | undefined = "0";
  /** While a watch is open: when it will have been silent for too long. */
  #silentAt: number | undefined;
  /** Since when no watch is open. */
  #brokenSince: number;

  constructor(client: KubeClient, selection: Selection, options: CacheOptions<T>) {
    this.#client = client;
    this.#selection = selection;
    this.#options = options;
    this.#log = options.log.with({ resource: selection.resource.plural, namespace: selection.namespace });
    this.#store = new Store(options.indexes);
    this.#maxObjects = options.maxObjects ?? mostObjects;
    this.#backoff = new Backoff(options.clock, backoff);
    this.#brokenSince = options.clock.now();
    this.#synced.promise.catch(() => undefined);
  }

  get(key: Key): T | undefined {
    return this.#store.get(key);
  }

  list(): readonly T[] {
    return this.#store.list();
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#store.byIndex(index, value);
  }

  onChange(listener: (change: Change<T>) => void): void {
    this.#listeners.push(listener);
  }

  onListed(listener: (list: Listed) => void): void {
    this.#listListeners.push(listener);
  }

  async synced(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return this.#synced.promise;
    signal.throwIfAborted();
    const given = Promise.withResolvers<never>();
    const giveUp = (): void => given.reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await Promise.race([this.#synced.promise, given.promise]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  healthy(): boolean {
    const now = this.#options.clock.now();
    if (!this.#isSynced) return false;
    return this.#silentAt === undefined ? now - this.#brokenSince <= toleratedMs : now <= this.#silentAt;
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      let waitMs = 0;
      this.#progressed = false;
      try {
        this.#version ??= await this.#listAll();
        const proven = await this.#watch(this.#version);
        if (!proven) waitMs = this.#nextWait();
      } catch (error) {
        waitMs = this.#judge(error);
      }
      if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => undefined);
    }
    this.#synced.reject(signal.reason);
  }

  /** All pages. The store changes once they are all here, so that a list that breaks deletes nothing. */
  async #listAll(): Promise<string> {
    const found = new Map<Key, T>();
    const resourceVersion = this.#listFrom;
    let next: string | undefined;
    for (;;) {
      const from = next === undefined ? { resourceVersion } : { next };
      const page = await this.#listPage(from);
      for (const item of page.items) {
        const object = this.#kept(item);
        found.set(keyOf(object), object);
      }
      if (found.size > this.#maxObjects) throw this.#tooMany();
      if (page.next !== undefined && page.items.length === 0)
        throw new KubeError(
          "unavailable",
          `Cannot list ${this.#selection.resource.plural}: an empty page has a next one`,
        );
      next = page.next;
      if (next !== undefined) continue;
      this.#listFrom = undefined;
      for (const change of this.#store.replaceAll(found)) this.#tell(change);
      this.#tellListed(page.resourceVersion);
      this.#log.info(this.#isSynced ? "Listed again" : "Listed", { objects: found.size });
      this.#isSynced = true;
      this.#synced.resolve();
      return page.resourceVersion;
    }
  }

  async #listPage(from: { readonly next: string } | { readonly resourceVersion: string | undefined }): Promise<Page> {
    try {
      const { signal } = this.#options;
      return await this.#client.list(this.#selection, { ...from, limit: this.#limit, signal });
    } catch (error) {
      if (error instanceof KubeError && error.code === "too-large") {
        // "0" is answered all at once, whatever the limit; in pages it may fit.
        if (this.#listFrom === undefined) this.#limit = Math.max(leastPageLimit, Math.floor(this.#limit / 2));
        this.#listFrom = undefined;
      }
      throw error;
    }
  }

  /** True where the watch ended as it should, and the next one may begin at once. */
  async #watch(resourceVersion: string): Promise<boolean> {
    const { clock, signal } = this.#options;
    // Spread, so that the watches of many kinds and replicas do not begin anew all at the same time.
    const timeoutSeconds = Math.floor(300 + 300 * clock.random());
    let openedAt: number | undefined;
    const hear = (): void => {
      openedAt ??= clock.now();
      this.#silentAt = clock.now() + timeoutSeconds * 1000 + watchSlackMs;
    };
    const wasProven = (): boolean => openedAt !== undefined && clock.now() - openedAt >= provenMs;
    const options = { resourceVersion, timeoutSeconds, onOpen: hear, signal };
    try {
      for await (const event of this.#client.watch(this.#selection, options)) {
        hear();
        this.#take(event);
      }
    } finally {
      if (openedAt !== undefined) this.#brokenSince = clock.now();
      this.#silentAt = undefined;
      if (wasProven()) this.#backoff.reset();
    }
    return wasProven();
  }

  #take(event: WatchEvent): void {
    this.#version = event.object.metadata.resourceVersion ?? this.#version;
    this.#progressed = true;
    if (event.type === "BOOKMARK") return;
    const object = this.#kept(event.object);
    this.#tell(event.type === "DELETED" ? this.#store.remove(object) : this.#store.put(object));
    if (this.#store.size > this.#maxObjects) throw this.#tooMany();
  }

  /** Says what went wrong; answers how long to wait. */
  #judge(error: unknown): number {
    if (this.#options.signal.aborted) return 0;
    const { code, message, retryAfterMs = 0 } = error instanceof KubeError ? error : unexpected(error);
    // What was watched cannot be continued: only a list helps.
    if (code === "expired" || code === "invalid" || code === "too-large") this.#version = undefined;
    const waitMs = Math.round(Math.max(this.#nextWait(), retryAfterMs));
    if (code === "expired") this.#log.info("The version is too old, listing again", { error: message, waitMs });
    else this.#log.warn("Cannot follow the server, trying again", { error: message, code, waitMs });
    return waitMs;
  }

  #nextWait(): number {
    // A list is dear: one that follows another soon is no progress, whatever was told between them.
    if (this.#progressed && this.#version !== undefined) this.#backoff.reset();
    return this.#backoff.next();
  }

  #kept(object: KubeObject): T {
    const trimmed = trim(object) as T;
    return this.#options.keep?.(trimmed) ?? trimmed;
  }

  #tell(change: Change<T> | undefined): void {
    if (change === undefined) return;
    for (const listener of this.#listeners) this.#call(() => listener(change), { key: keyOf(change.object) });
  }

  #tellListed(resourceVersion: string): void {
    const { namespace } = this.#selection;
    for (const listener of this.#listListeners) this.#call(() => listener({ namespace, resourceVersion }));
  }

  #call(listener: () => void, about: LogFields = {}): void {
    try {
      listener();
    } catch (error) {
      this.#log.error("A listener failed", { error: String(error), ...about });
    }
  }

  #tooMany(): KubeError {
    const { plural } = this.#selection.resource;
    return new KubeError("too-large", `Cannot keep ${plural}: there are more than ${this.#maxObjects}`);
  }
}

function unexpected(error: unknown): Partial<KubeError> & { readonly message: string } {
  return { message: String(error) };
}
