import type { Clock } from "../clock.ts";

/**
 * The clock's time, but it never goes back: where the machine's time is set back, it stands still until the next look and
 * goes on from there. What is measured with it is never negative, and what waits never waits for hours more.
 */
export function makeSteady(clock: Clock): () => number {
  let seen = clock.now();
  let offset = 0;
  return () => {
    const now = clock.now();
    if (now < seen) offset += seen - now;
    seen = now;
    return now + offset;
  };
}
