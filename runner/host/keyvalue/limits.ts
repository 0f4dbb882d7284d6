import { HostError } from "../host.ts";

/** The variant `wasi:keyvalue/store.error`. */
export type StoreError =
  | { readonly tag: "no-such-store" | "access-denied" }
  | { readonly tag: "other"; readonly val: string };

/** Bytes of a key in UTF-8. */
export const keyBytesLimit = 1024;
/** Bytes of a value. */
export const valueBytesLimit = 4 * 1024 * 1024;
/** Entries of one batch. */
export const batchLimit = 1000;
/** Bytes of all values of one batch, read or written. */
export const batchBytesLimit = 16 * 1024 * 1024;

/** Throws `HostError` for a key that is too long. */
export function checkKey(key: string): void {
  const bytes = key.length > keyBytesLimit ? key.length : Buffer.byteLength(key);
  if (bytes > keyBytesLimit) refuse(`Cannot use a key of more than ${keyBytesLimit} bytes`);
}

/** Throws `HostError` for a value that is too large. */
export function checkValue(value: Uint8Array): void {
  if (value.length > valueBytesLimit) {
    refuse(`Cannot set a value of more than ${valueBytesLimit} bytes: ${value.length}`);
  }
}

/** Throws `HostError` for a batch of too many entries. */
export function checkBatch(entries: readonly unknown[]): void {
  if (entries.length > batchLimit) refuse(`Cannot use more than ${batchLimit} keys in one batch: ${entries.length}`);
}

/** Throws `HostError` for values that are too large together. */
export function checkBatchBytes(bytes: number): void {
  if (bytes > batchBytesLimit)
    refuse(`Cannot move more than ${batchBytesLimit} bytes of values in one batch: ${bytes}`);
}

function refuse(val: string): never {
  throw new HostError({ tag: "other", val } satisfies StoreError);
}
