import type { Clock } from "../clock.ts";
import { KubeError } from "./error.ts";
import { translateFailure } from "./translate.ts";

/** The parts of a request that bound it. */
export interface Bounded {
  /** Begins messages: `Cannot get Service "a"`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What ends a request before its answer is complete: its time, its caller, or the client that is closed. */
export class Bound implements Disposable {
  readonly #what: string;
  readonly #timeoutMs: number;
  readonly #controller = new AbortController();
  readonly #cancel: () => void;
  readonly #given: readonly AbortSignal[];
  #why: string | undefined;

  constructor({ what, timeoutMs, signal }: Bounded, clock: Clock, closed: AbortSignal) {
    this.#what = what;
    this.#timeoutMs = timeoutMs;
    this.#cancel = clock.after(timeoutMs, () => this.#abort(`no complete answer within ${this.#timeoutMs / 1000} s`));
    this.#given = signal === undefined ? [closed] : [signal, closed];
    for (const each of this.#given) {
      if (each.aborted) this.#giveUp();
      else each.addEventListener("abort", this.#giveUp);
    }
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Never resolves; rejects at the end. */
  get aborted(): Promise<never> {
    return new Promise<never>((_, reject) => {
      if (this.signal.aborted) reject(this.signal.reason);
      else this.signal.addEventListener("abort", () => reject(this.signal.reason), { once: true });
    });
  }

  /** The error to throw for one that a request ended with. */
  explain(error: unknown): KubeError {
    if (this.#why === undefined) return translateFailure(this.#what, error);
    return new KubeError("unavailable", `${this.#what}: ${this.#why}`, { cause: error });
  }

  [Symbol.dispose](): void {
    this.#cancel();
    for (const each of this.#given) each.removeEventListener("abort", this.#giveUp);
  }

  readonly #giveUp = (): void => this.#abort("the request was given up");

  #abort(why: string): void {
    this.#why ??= why;
    this.#controller.abort();
  }
}
