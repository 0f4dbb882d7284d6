import type { Clock } from "../../operator/clock.ts";

interface Timer {
  at: number;
  readonly run: () => void;
}

/**
 * Time that moves only when a test says so, and chance that is the same in every run. Timers fire in the order of their
 * times, those of the same time in the order in which they were set.
 */
export class FakeClock implements Clock {
  #now: number;
  #seed: number;
  /** Sorted by time. */
  readonly #timers: Timer[] = [];

  constructor(options: { readonly now?: number; readonly seed?: number } = {}) {
    this.#now = options.now ?? Date.UTC(2026, 0, 1);
    this.#seed = options.seed ?? 1;
  }

  now(): number {
    return this.#now;
  }

  /** Numbers of mulberry32: another seed gives another sequence. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(ms, 0), run };
    this.#timers.splice(this.#placeOf(timer.at), 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** Timers that are set: 0 where nothing is left behind. */
  get pending(): number {
    return this.#timers.length;
  }

  /** When the next timer fires, in milliseconds from now; undefined where none is set. */
  get nextIn(): number | undefined {
    const first = this.#timers[0];
    return first === undefined ? undefined : first.at - this.#now;
  }

  /** Moves time, and fires what is due; what promises then do has been done before the next timer fires, and at the end. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let first = this.#timers[0]; first !== undefined && first.at <= end; first = this.#timers[0]) {
      this.#now = Math.max(this.#now, first.at);
      this.#timers.shift();
      first.run();
      await settled();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** The machine's time is corrected: no timer fires earlier or later for it. `ms` may be negative. */
  step(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at += ms;
  }

  #placeOf(at: number): number {
    let [low, high] = [0, this.#timers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timers[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Once all that promises can do now has been done, and what the event loop has ready. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
