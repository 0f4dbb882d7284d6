import { HostError, heldBytes } from "../host.ts";
import type { Bucket } from "./bucket.ts";
import type { StoreError } from "./limits.ts";

/**
 * The resource `cas`: a key, and the value that it had when the handle was made. A swap succeeds while the key still
 * holds this value: by value, so a change and its undoing in between go unnoticed.
 */
export class Cas {
  readonly current: Uint8Array | undefined;
  readonly #bucket: Bucket;
  readonly #key: string;

  private constructor(bucket: Bucket, key: string, current: Uint8Array | undefined) {
    this.#bucket = bucket;
    this.#key = key;
    this.current = current;
  }

  get [heldBytes](): number {
    return this.current?.length ?? 0;
  }

  static async open(bucket: Bucket, key: string): Promise<Cas> {
    return new Cas(bucket, key, await bucket.get(key));
  }

  /** Throws `HostError` with the variant `cas-error`; one that failed carries a handle of the newest value. */
  async swap(value: Uint8Array): Promise<void> {
    if (await this.#compareAndSwap(value)) return;
    throw new HostError({ tag: "cas-failed", val: await asCasError(Cas.open(this.#bucket, this.#key)) });
  }

  #compareAndSwap(value: Uint8Array): Promise<boolean> {
    return asCasError(Promise.try(() => this.#bucket.compareAndSwap(this.#key, this.current, value)));
  }
}

/** The same answer, with a `StoreError` wrapped as the case `store-error`. */
async function asCasError<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError({ tag: "store-error", val: error.payload as StoreError });
  }
}
