import { describe, expect, test } from "@jest/globals";
import { Backoff } from "../../../../operator/kube/backoff.ts";
import { FakeClock } from "../../../support/clock.ts";

describe("Backoff", () => {
  test("doubles up to its limit, each wait between the half and the whole", () => {
    const backoff = new Backoff(new FakeClock(), { leastMs: 200, mostMs: 30_000 });
    const waits = Array.from({ length: 2_000 }, () => backoff.next());
    waits.forEach((wait, index) => {
      const whole = Math.min(200 * 2 ** index, 30_000);
      expect(wait).toBeGreaterThanOrEqual(whole / 2);
      expect(wait).toBeLessThanOrEqual(whole);
    });
    expect(new Set(waits).size).toBeGreaterThan(1_000);
  });

  test("begins anew after a success", () => {
    const backoff = new Backoff(new FakeClock(), { leastMs: 200, mostMs: 30_000 });
    for (let index = 0; index < 10; index++) backoff.next();
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(200);
  });
});
