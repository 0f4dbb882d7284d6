/** Delays between attempts: doubled each time up to a cap, with jitter, and back to nothing after a healthy time. */
export class Backoff {
  readonly #first: number;
  readonly #max: number;
  readonly #healthy: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(
    options: {
      readonly firstMs?: number;
      readonly maxMs?: number;
      readonly healthyMs?: number;
      readonly random?: () => number;
    } = {},
  ) {
    this.#first = options.firstMs ?? 100;
    this.#max = options.maxMs ?? 10_000;
    this.#healthy = options.healthyMs ?? 10_000;
    this.#random = options.random ?? Math.random;
  }

  /** Milliseconds to wait after something died that had lived for `livedMs`: 0 after a healthy life. */
  next(livedMs: number): number {
    if (livedMs >= this.#healthy) {
      this.#failures = 0;
      return 0;
    }
    const delay = Math.min(this.#first * 2 ** this.#failures, this.#max);
    this.#failures = Math.min(this.#failures + 1, 30);
    return delay / 2 + (this.#random() * delay) / 2;
  }
}
