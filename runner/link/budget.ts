import { heldBytesOf, Trap } from "../host/host.ts";

/** Bytes that the host objects of one linked instance may hold together. */
export const hostObjectBytes = 64 * 1024 * 1024;
/** What the smallest host object costs, with its handle: an estimate. */
const objectBytes = 256;

/**
 * What the host objects in the handle tables of one linked instance hold. A guest can make them as fast as it can call:
 * beyond the limit it traps, as a request for memory would fail.
 */
export class Budget {
  readonly #limit: number;
  readonly #costs = new Map<object, number>();
  #bytes = 0;

  constructor(limit = hostObjectBytes) {
    this.#limit = limit;
  }

  /** Bytes that count by now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts an object that came into a table. */
  count(object: object): void {
    const cost = objectBytes + heldBytesOf(object);
    const more = cost - (this.#costs.get(object) ?? 0);
    if (more > 0 && this.#bytes + more > this.#limit)
      throw new Trap(`the host's objects of this instance hold more than ${this.#limit} bytes`);
    this.#costs.set(object, cost);
    this.#bytes += more;
  }

  /** Counts anew what an object holds; nothing happens for one that no table owns. */
  recount(object: object): void {
    if (this.#costs.has(object)) this.count(object);
  }

  /** The object has left the tables; nothing happens for one that was not counted. */
  release(object: object): void {
    const cost = this.#costs.get(object);
    if (cost === undefined) return;
    this.#costs.delete(object);
    this.#bytes -= cost;
  }
}
