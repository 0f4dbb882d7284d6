import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { sleep, systemClock, timestamp } from "../../../operator/clock.ts";
import { FakeClock } from "../../support/clock.ts";

describe("systemClock", () => {
  test("calls once after the time, and not where it was cancelled", async () => {
    const calls: string[] = [];
    const cancel = systemClock.after(1, () => calls.push("cancelled"));
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(5, () => {
        calls.push("called");
        resolve();
      });
    });
    expect(calls).toEqual(["called"]);
  });

  test("does not fire at once where the time is more than a timer can hold", async () => {
    let fired = false;
    const cancel = systemClock.after(2 ** 40, () => {
      fired = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel();
    expect(fired).toBe(false);
  });
});

describe("sleep()", () => {
  test("settles after its time, and leaves no listener behind", async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    let settled = 0;
    for (let index = 0; index < 50; index += 1) void sleep(clock, 100, signal).then(() => (settled += 1));
    await clock.advance(99);
    expect(settled).toBe(0);
    await clock.advance(1);
    expect(settled).toBe(50);
    expect(clock.pending).toBe(0);
  });

  test("rejects with the signal's reason, and sets no timer then", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const waiting = sleep(clock, 100, stop.signal);
    stop.abort(new RangeError("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(sleep(clock, 100, stop.signal)).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });
});

describe("timestamp()", () => {
  test("is in whole seconds, as the API server writes it", () => {
    expect(timestamp(Date.UTC(2026, 0, 31, 12, 0, 0, 999))).toBe("2026-01-31T12:00:00Z");
  });
});

describe("FakeClock", () => {
  test("fires timers in the order of their times, then of their making, and lets promises go on between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 30 }), async (times) => {
        const clock = new FakeClock({ now: 0 });
        const fired: [number, number][] = [];
        const settled: number[] = [];
        times.forEach((ms, index) => {
          clock.after(ms, () => {
            expect(settled).toHaveLength(fired.length);
            fired.push([clock.now(), index]);
            void Promise.resolve().then(() => settled.push(index));
          });
        });
        await clock.advance(20);
        expect(fired).toEqual(times.map((ms, index) => [ms, index]).sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!));
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test("fires what a timer sets within the same time, and keeps the rest", async () => {
    const clock = new FakeClock({ now: 0 });
    const fired: string[] = [];
    clock.after(10, () => {
      clock.after(5, () => fired.push("inside"));
      clock.after(50, () => fired.push("outside"));
    });
    await clock.advance(20);
    expect(fired).toEqual(["inside"]);
    expect(clock.nextIn).toBe(40);
  });

  test("fires no timer earlier or later when its time is corrected", async () => {
    const clock = new FakeClock({ now: 1_000_000 });
    let fired = 0;
    clock.after(100, () => (fired += 1));
    clock.step(-500_000);
    expect(clock.now()).toBe(500_000);
    await clock.advance(99);
    expect(fired).toBe(0);
    await clock.advance(1);
    expect(fired).toBe(1);
  });

  test("gives the same chance in every run, spread from 0 to 1", () => {
    const draw = (seed: number) => {
      const clock = new FakeClock({ seed });
      return Array.from({ length: 1_000 }, () => clock.random());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const mean = draw(7).reduce((sum, x) => sum + x) / 1_000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
    for (const x of draw(7)) expect(x >= 0 && x < 1).toBe(true);
  });
});
