import type { Clock } from "../clock.ts";

/** Waits that double from `leastMs` up to `mostMs`, each shortened by chance to no less than its half. */
export class Backoff {
  readonly #clock: Clock;
  readonly #leastMs: number;
  readonly #mostMs: number;
  #failures = 0;

  constructor(clock: Clock, options: { readonly leastMs: number; readonly mostMs: number }) {
    this.#clock = clock;
    this.#leastMs = options.leastMs;
    this.#mostMs = options.mostMs;
  }

  /** How long to wait now, in milliseconds; the next answer is longer. */
  next(): number {
    const ms = Math.min(this.#leastMs * 2 ** Math.min(this.#failures++, 30), this.#mostMs);
    return ms * (0.5 + this.#clock.random() / 2);
  }

  /** It worked: the next wait is the least again. */
  reset(): void {
    this.#failures = 0;
  }
}
