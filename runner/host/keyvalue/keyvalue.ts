import { findHosted } from "../catalogue.ts";
import { blocking, typed } from "../functions.ts";
import { HostError, type HostFunction, type HostInstance, type HostInterface } from "../host.ts";
import { Bucket, openBucket } from "./bucket.ts";
import { Cas } from "./cas.ts";
import { checkBatch, checkBatchBytes, checkKey, checkValue, type StoreError } from "./limits.ts";

/**
 * `wasi:keyvalue`, the drafts 0.2.0-draft and 0.2.0-draft2. They differ in the cursor of `list-keys` (a number, a text)
 * and in the sign of `increment`; `cas` came with the second. Nothing is reached without a grant; `ReadOnly` refuses
 * every change with `access-denied`.
 */
export const keyvalueInterfaces: readonly HostInterface[] = [
  define("store", "0.2.0-draft", (host) => ({
    ...bindStore(host),
    "[method]bucket.list-keys": blocking((bucket: Bucket, cursor: bigint | undefined) =>
      bucket.keysByNumber(cursor ?? 0n),
    ),
  })),
  define("store", "0.2.0-draft2", (host) => ({
    ...bindStore(host),
    "[method]bucket.list-keys": blocking((bucket: Bucket, cursor: string | undefined) => bucket.keys(cursor)),
  })),
  define("atomics", "0.2.0-draft", () => ({
    increment: blocking(async (bucket: Bucket, key: string, delta: bigint) =>
      unsigned(await bucket.increment(key, delta)),
    ),
  })),
  define("atomics", "0.2.0-draft2", () => ({
    increment: blocking((bucket: Bucket, key: string, delta: bigint) => bucket.increment(key, delta)),
    "[static]cas.new": blocking((bucket: Bucket, key: string) => Cas.open(bucket, key)),
    "[method]cas.current": typed((cas: Cas) => cas.current),
    swap: blocking((cas: Cas, value: Uint8Array) => cas.swap(value)),
  })),
  define("batch", "0.2.0-draft", bindBatch),
  define("batch", "0.2.0-draft2", bindBatch),
];

function define(
  name: string,
  draft: string,
  bind: (host: HostInstance) => Record<string, HostFunction>,
): HostInterface {
  const full = `wasi:keyvalue/${name}`;
  return {
    name: full,
    speaks: (version) => version === draft && findHosted(full, version) !== undefined,
    bind: (_guest, host) => bind(host),
    resources: { bucket: Bucket, cas: Cas },
  };
}

function bindStore(host: HostInstance): Record<string, HostFunction> {
  return {
    open: typed((identifier: string) => openBucket(host, identifier)),
    "[method]bucket.get": blocking((bucket: Bucket, key: string) => bucket.get(key)),
    "[method]bucket.set": blocking((bucket: Bucket, key: string, value: Uint8Array) => bucket.set(key, value)),
    "[method]bucket.delete": blocking((bucket: Bucket, key: string) => bucket.delete(key)),
    "[method]bucket.exists": blocking((bucket: Bucket, key: string) => bucket.exists(key)),
  };
}

/** A batch is checked before its first change, and is not atomic: the draft allows a part of it to be done. */
function bindBatch(): Record<string, HostFunction> {
  return {
    "get-many": blocking(async (bucket: Bucket, keys: readonly string[]) => {
      checkBatch(keys);
      const found: ([string, Uint8Array] | undefined)[] = [];
      let bytes = 0;
      for (const key of keys) {
        const value = await bucket.get(key);
        bytes += value?.length ?? 0;
        checkBatchBytes(bytes);
        found.push(value === undefined ? undefined : [key, value]);
      }
      return found;
    }),
    "set-many": blocking(async (bucket: Bucket, entries: readonly (readonly [string, Uint8Array])[]) => {
      bucket.checkWritable();
      checkBatch(entries);
      checkBatchBytes(entries.reduce((bytes, [, value]) => bytes + value.length, 0));
      for (const [key, value] of entries) {
        checkKey(key);
        checkValue(value);
      }
      for (const [key, value] of entries) await bucket.set(key, value);
    }),
    "delete-many": blocking(async (bucket: Bucket, keys: readonly string[]) => {
      bucket.checkWritable();
      checkBatch(keys);
      for (const key of keys) checkKey(key);
      for (const key of keys) await bucket.delete(key);
    }),
  };
}

function unsigned(value: bigint): bigint {
  if (value >= 0n) return value;
  const val = `Cannot answer with a negative number in this version of the interface: ${value}`;
  throw new HostError({ tag: "other", val } satisfies StoreError);
}
