import { setTimeout as delay } from "node:timers/promises";
import { isPromise } from "node:util/types";
import { HostError, type HostInstance, type KeyPage, type KeyValueBackend } from "../host.ts";
import { checkKey, checkValue, type StoreError } from "./limits.ts";

/** What wasmtime's guests call the bucket that everybody has; here a grant must name it all the same. */
const defaultBucket = "default";

/** How long a call waits for a backend that others keep busy, and how often it asks. The thread does not wait. */
const [busyWaitMs, busyRetryMs] = [2000, 20];

type Answer<T> = T | Promise<T>;

/**
 * The resource `bucket`: one bucket of one backend, as far as the instance was granted it. Methods throw `HostError`
 * with a `StoreError`.
 */
export class Bucket {
  readonly #host: HostInstance;
  readonly #backend: KeyValueBackend;
  readonly #bucket: string;
  readonly #readOnly: boolean;
  /** Where the last numbered page ended: pages that are read in order cost one look-up each. */
  #page: { readonly number: bigint; readonly cursor: string } | undefined;

  constructor(
    host: HostInstance,
    grant: { readonly backend: string; readonly bucket: string; readonly access: string },
  ) {
    this.#host = host;
    this.#backend = host.services.backends.keyvalue(grant.backend);
    this.#bucket = grant.bucket;
    this.#readOnly = grant.access !== "ReadWrite";
  }

  get(key: string): Answer<Uint8Array | undefined> {
    checkKey(key);
    return this.#use(() => this.#backend.get(this.#bucket, key));
  }

  set(key: string, value: Uint8Array): Answer<void> {
    this.checkWritable();
    checkKey(key);
    checkValue(value);
    return this.#use(() => this.#backend.set(this.#bucket, key, value));
  }

  delete(key: string): Answer<void> {
    this.checkWritable();
    checkKey(key);
    return this.#use(() => this.#backend.delete(this.#bucket, key));
  }

  exists(key: string): Answer<boolean> {
    checkKey(key);
    return this.#use(() => this.#backend.exists(this.#bucket, key));
  }

  /** A page of keys after a key. */
  keys(cursor: string | undefined): Answer<KeyPage> {
    if (cursor !== undefined) checkKey(cursor);
    return this.#use(() => this.#backend.keys(this.#bucket, cursor));
  }

  /** A page of keys by its number, for the draft whose cursor is one. Out of order it walks there from the start. */
  async keysByNumber(number: bigint): Promise<{ readonly keys: readonly string[]; readonly cursor?: bigint }> {
    let at = 0n;
    let cursor: string | undefined;
    if (this.#page !== undefined && this.#page.number <= number) ({ number: at, cursor } = this.#page);
    let page = await this.keys(cursor);
    for (; at < number && page.cursor !== undefined; at++) page = await this.keys(page.cursor);
    if (at < number) return { keys: [] };
    if (page.cursor === undefined) return { keys: page.keys };
    this.#page = { number: number + 1n, cursor: page.cursor };
    return { keys: page.keys, cursor: number + 1n };
  }

  increment(key: string, delta: bigint): Answer<bigint> {
    this.checkWritable();
    checkKey(key);
    return this.#use(() => this.#backend.increment(this.#bucket, key, delta));
  }

  compareAndSwap(key: string, expected: Uint8Array | undefined, value: Uint8Array): Answer<boolean> {
    this.checkWritable();
    checkValue(value);
    return this.#use(() => this.#backend.compareAndSwap(this.#bucket, key, expected, value));
  }

  checkWritable(): void {
    if (this.#readOnly) throw new HostError({ tag: "access-denied" } satisfies StoreError);
  }

  /** Backends in this process answer at once, and so does this: the guest is not suspended. */
  #use<T>(act: () => Answer<T>): Answer<T> {
    const fail = (error: unknown): never => {
      throw new HostError(failure(this.#host, error));
    };
    try {
      const answer = act();
      return isPromise(answer) ? (answer as Promise<T>).catch(fail) : answer;
    } catch (error) {
      return isBusy(error) ? retry(act).catch(fail) : fail(error);
    }
  }
}

function isBusy(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === "busy";
}

async function retry<T>(act: () => Answer<T>): Promise<T> {
  const end = performance.now() + busyWaitMs;
  for (;;) {
    await delay(busyRetryMs);
    try {
      return await act();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
    }
  }
}

/**
 * Opens the bucket that a guest names: the bucket of a grant, or `BACKEND/BUCKET` where two backends have one of that
 * name; "" means `default`. What is not granted is `access-denied`, whether it exists or not.
 */
export function openBucket(host: HostInstance, identifier: string): Bucket {
  const name = identifier === "" ? defaultBucket : identifier;
  const grants = host.grants.keyvalue ?? [];
  const byBucket = grants.filter(({ bucket }) => bucket === name);
  const found =
    byBucket.length > 0 ? byBucket : grants.filter(({ backend, bucket }) => `${backend}/${bucket}` === name);
  if (found.length === 0) {
    tellDenied(host, name);
    throw new HostError({ tag: "access-denied" } satisfies StoreError);
  }
  if (found.length > 1) {
    const choices = found.map(({ backend, bucket }) => `${backend}/${bucket}`).join(", ");
    const val = `Cannot open bucket "${name}": several are granted, name one of ${choices}`;
    throw new HostError({ tag: "other", val } satisfies StoreError);
  }
  try {
    return new Bucket(host, found[0]!);
  } catch (error) {
    throw new HostError(failure(host, error));
  }
}

/**
 * What the guest is told of a backend's error: its message; of an unexpected one only that there was one. The log has
 * what an operator can act on, not what a guest can cause at will.
 */
function failure({ instance, services }: HostInstance, error: unknown): StoreError {
  const { name, code, message } = error as Readonly<Record<"name" | "code" | "message", unknown>>;
  const expected = name === "BackendError";
  if (!expected || code === "unavailable" || code === "busy") {
    services.log.write(instance, "error", `Key-value backend: ${message}`);
  }
  return { tag: "other", val: expected ? String(message) : "The key-value backend failed" };
}

/** Once for each name, and not for ever new ones: a guest can try as many as it likes. */
function tellDenied(host: HostInstance, name: string): void {
  const told = toldOf.get(host) ?? new Set();
  toldOf.set(host, told);
  if (told.has(name) || told.size >= toldLimit) return;
  told.add(name);
  const message = `Cannot open bucket "${name.slice(0, 255)}": no grant of this instance names it`;
  host.services.log.write(host.instance, "warn", message);
}
const toldOf = new WeakMap<HostInstance, Set<string>>();
const toldLimit = 16;
