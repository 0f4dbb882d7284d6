import { heldBytes } from "../host.ts";
import { Waitable } from "../streams.ts";
import type { ErrorCode } from "./error-code.ts";
import { IncomingResponse } from "./messages.ts";
import { bufferBytes } from "./outgoing-body.ts";

/** The resource `future-incoming-response`. */
export class FutureResponse extends Waitable {
  readonly #cancel: () => void;
  #result: IncomingResponse | ErrorCode | undefined;
  #taken = false;

  /** `cancel` is called when the guest drops the future before there is a response. */
  constructor(cancel: () => void = () => {}) {
    super();
    this.#cancel = cancel;
  }

  /** The body of a request that is on its way, then that of the response. */
  get [heldBytes](): number {
    return bufferBytes;
  }

  ready(): boolean {
    return this.#result !== undefined;
  }

  /** The first one counts. */
  settle(result: IncomingResponse | ErrorCode): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    this.wake();
  }

  /** What it came to, once `ready()`; "taken" the second time. */
  get(): IncomingResponse | ErrorCode | "taken" {
    if (this.#taken) return "taken";
    this.#taken = true;
    return this.#result!;
  }

  [Symbol.dispose](): void {
    if (this.#result === undefined) this.#cancel();
    else if (!this.#taken && this.#result instanceof IncomingResponse) this.#result[Symbol.dispose]();
  }
}
