import type { Clock } from "../clock.ts";
import type { Key } from "../kube/object.ts";
import type { Outcome } from "./outcome.ts";

/** Since when a Composition waits without having said so. */
export class Patience {
  readonly #clock: Clock;
  readonly #since = new Map<Key, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Compositions that wait so. */
  get size(): number {
    return this.#since.size;
  }

  /** Milliseconds in which nothing is said yet. */
  left(key: Key, outcome: Outcome): number {
    if (outcome.kind !== "waiting" || outcome.quietMs === undefined) {
      this.end(key);
      return 0;
    }
    const now = this.#clock.now();
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return Math.max(0, since + outcome.quietMs - now);
  }

  /** Forgets the key: what it waited for came, or it is gone. */
  end(key: Key): void {
    this.#since.delete(key);
  }
}
