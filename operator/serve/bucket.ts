import type { Clock } from "../clock.ts";

/** How often something may happen. */
export interface Rate {
  readonly perSecond: number;
  /** At once, after it did not happen for a while. */
  readonly burst: number;
}

/** A token bucket: `take` is true while the rate holds. */
export function makeBucket({ perSecond, burst }: Rate, clock: Clock): { take(): boolean } {
  let [left, at] = [burst, clock.now()];
  return {
    take() {
      const now = clock.now();
      // Time that was set back is no time.
      left = Math.min(burst, left + (Math.max(now - at, 0) / 1000) * perSecond);
      at = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
