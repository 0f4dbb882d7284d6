import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { backoffMs, defaultBackoff } from "../../../../operator/runtime/backoff.ts";

const options = { firstMs: 100, maxMs: 10_000 };

describe("backoffMs()", () => {
  test("doubles from the first wait to the longest", () => {
    const most = [1, 2, 3, 4, 8, 50, 1e9].map((failures) => backoffMs(failures, options, 1));
    expect(most).toEqual([100, 200, 400, 800, 10_000, 10_000, 10_000]);
  });

  test("spreads waits over the upper half", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, x) => {
          const [least, wait, most] = [0, x, 1].map((random) => backoffMs(n, defaultBackoff, random));
          expect(least).toBe(most! / 2);
          expect(wait).toBeGreaterThanOrEqual(least!);
          expect(wait).toBeLessThanOrEqual(most!);
          expect(most).toBeLessThanOrEqual(defaultBackoff.maxMs);
        },
      ),
    );
  });
});
