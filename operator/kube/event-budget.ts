import type { Clock } from "../clock.ts";

const burst = 25;
const refillMs = 60_000;
const mostObjects = 5_000;

/**
 * How many Events an object may still cause: 25 at once, and one a minute on. Knows the 5000 objects that were the last to
 * cause one; an older one begins anew.
 */
export class EventBudget {
  readonly #clock: Clock;
  readonly #spent = new Map<string, { readonly tokens: number; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one; false where none is left. */
  take(object: string): boolean {
    const now = this.#clock.now();
    const { tokens, at } = this.#spent.get(object) ?? { tokens: burst, at: now };
    const left = Math.min(burst, tokens + Math.max(now - at, 0) / refillMs);
    if (left < 1) return false;
    this.#spent.delete(object);
    this.#spent.set(object, { tokens: left - 1, at: now });
    if (this.#spent.size > mostObjects) this.#spent.delete(this.#spent.keys().next().value!);
    return true;
  }
}
