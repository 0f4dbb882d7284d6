import type { Clock } from "../clock.ts";

/** Lets a few through at a time; the others wait in line, but never for longer than `holdMs` for each that is slow. */
export class Gate {
  #free: number;
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #waiting: (() => void)[] = [];

  /** Work that lasts longer than `holdMs` goes on, and its place is the next one's. */
  constructor(places: number, { clock, holdMs }: { readonly clock: Clock; readonly holdMs: number }) {
    this.#free = places;
    this.#clock = clock;
    this.#holdMs = holdMs;
  }

  /** Runs `work` when it is its turn; rejects as it does, or with the signal's reason where that is aborted before. */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    let holds = true;
    const leave = (): void => {
      if (!holds) return;
      holds = false;
      cancel();
      this.#leave();
    };
    const cancel = this.#clock.after(this.#holdMs, leave);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const index = this.#waiting.indexOf(resolve);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      reject(signal?.reason);
    };
    this.#waiting.push(resolve);
    signal?.addEventListener("abort", giveUp, { once: true });
    await promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
