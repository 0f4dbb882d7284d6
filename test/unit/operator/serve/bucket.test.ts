import { describe, expect, test } from "@jest/globals";
import { makeBucket } from "../../../../operator/serve/bucket.ts";
import { FakeClock } from "../../../support/clock.ts";

describe("makeBucket()", () => {
  test("lets a burst through, and then what the rate allows", () => {
    const clock = new FakeClock();
    const bucket = makeBucket({ perSecond: 2, burst: 3 }, clock);
    const taken = (tries: number) => Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
    expect(taken(10)).toBe(3);
    clock.step(499);
    expect(taken(10)).toBe(0);
    clock.step(1);
    expect(taken(10)).toBe(1);
    clock.step(3_600_000);
    expect(taken(10)).toBe(3);
  });
  test("gives nothing for time that was set back, and goes on from there", () => {
    const clock = new FakeClock();
    const bucket = makeBucket({ perSecond: 1, burst: 1 }, clock);
    expect(bucket.take()).toBe(true);
    clock.step(-3_600_000);
    expect(bucket.take()).toBe(false);
    clock.step(1000);
    expect(bucket.take()).toBe(true);
  });
});
