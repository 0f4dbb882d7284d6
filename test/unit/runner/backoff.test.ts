import { describe, expect, test } from "@jest/globals";
import { Backoff } from "../../../runner/backoff.ts";

describe("next()", () => {
  test("doubles up to the cap", () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 1 });
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next(0))).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("starts anew, without a wait, after a healthy life", () => {
    const backoff = new Backoff({ firstMs: 100, healthyMs: 5000, random: () => 1 });
    backoff.next(0);
    backoff.next(4999);
    expect([backoff.next(5000), backoff.next(0)]).toEqual([0, 100]);
  });

  test("adds jitter of at most half", () => {
    const delays = [0, 0.5, 1].map((random) => new Backoff({ firstMs: 100, random: () => random }).next(0));
    expect(delays).toEqual([50, 75, 100]);
  });

  test("never overflows", () => {
    const backoff = new Backoff({ maxMs: 10_000, random: () => 1 });
    for (let i = 0; i < 2000; i++) backoff.next(0);
    expect(backoff.next(0)).toBe(10_000);
  });
});
