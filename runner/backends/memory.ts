import type { KeyPage, KeyValueBackend } from "../host/host.ts";
import { BackendError } from "./error.ts";
import { addTo } from "./number.ts";

/** Bytes that one memory backend holds, if nothing else is said. */
export const memoryBackendBytes = 64 * 1024 * 1024;
/** What an entry costs besides its key and value: an estimate that bounds millions of empty ones. */
const entryBytes = 128;
const pageKeys = 1000;

/**
 * Keeps keys and values in the memory of this process: every process of a runner has its own, all of it is gone with the
 * process, and it is bounded in bytes. Its methods are atomic because they never wait.
 */
export class MemoryBackend implements KeyValueBackend {
  readonly #buckets = new Map<string, Bucket>();
  readonly #limit: number;
  #bytes = 0;

  constructor(options: { readonly bytes?: number } = {}) {
    this.#limit = options.bytes ?? memoryBackendBytes;
  }

  get(bucket: string, key: string): Uint8Array | undefined {
    return this.#buckets.get(bucket)?.values.get(key);
  }

  set(bucket: string, key: string, value: Uint8Array): void {
    const old = this.get(bucket, key);
    const added = costOf(key, value) - (old === undefined ? 0 : costOf(key, old));
    if (this.#bytes + added > this.#limit) {
      throw new BackendError("full", `Cannot set a key: the memory backend holds at most ${this.#limit} bytes`);
    }
    let entries = this.#buckets.get(bucket);
    if (entries === undefined) {
      entries = { values: new Map(), sorted: undefined };
      this.#buckets.set(bucket, entries);
    }
    if (old === undefined) entries.sorted = undefined;
    entries.values.set(key, value.slice());
    this.#bytes += added;
  }

  delete(bucket: string, key: string): void {
    const entries = this.#buckets.get(bucket);
    const old = entries?.values.get(key);
    if (entries === undefined || old === undefined) return;
    entries.values.delete(key);
    entries.sorted = undefined;
    this.#bytes -= costOf(key, old);
    if (entries.values.size === 0) this.#buckets.delete(bucket);
  }

  exists(bucket: string, key: string): boolean {
    return this.#buckets.get(bucket)?.values.has(key) ?? false;
  }

  keys(bucket: string, cursor: string | undefined): KeyPage {
    const entries = this.#buckets.get(bucket);
    if (entries === undefined) return { keys: [] };
    entries.sorted ??= [...entries.values.keys()].sort();
    const start = cursor === undefined ? 0 : firstAfter(entries.sorted, cursor);
    const keys = entries.sorted.slice(start, start + pageKeys);
    return start + pageKeys < entries.sorted.length ? { keys, cursor: keys.at(-1)! } : { keys };
  }

  increment(bucket: string, key: string, delta: bigint): bigint {
    const { bytes, sum } = addTo(this.get(bucket, key), delta);
    this.set(bucket, key, bytes);
    return sum;
  }

  compareAndSwap(bucket: string, key: string, expected: Uint8Array | undefined, value: Uint8Array): boolean {
    const current = this.get(bucket, key);
    if (current === undefined || expected === undefined) {
      if (current !== expected) return false;
    } else if (Buffer.compare(current, expected) !== 0) return false;
    this.set(bucket, key, value);
    return true;
  }

  close(): void {
    this.#buckets.clear();
    this.#bytes = 0;
  }
}

interface Bucket {
  readonly values: Map<string, Uint8Array>;
  /** The keys in order, made when they are listed and kept until one comes or goes. */
  sorted: readonly string[] | undefined;
}

function costOf(key: string, value: Uint8Array): number {
  return key.length * 2 + value.length + entryBytes;
}

/** The index of the first key after `cursor`, which may be gone by now. */
function firstAfter(sorted: readonly string[], cursor: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
}
