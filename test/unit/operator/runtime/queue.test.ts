import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Queue } from "../../../../operator/runtime/queue.ts";
import { FakeClock } from "../../../support/clock.ts";

const done = { kind: "done" } as const;
const retry = { kind: "retry" } as const;

function make(options: { readonly minIntervalMs?: number; readonly firstMs?: number } = {}) {
  const clock = new FakeClock();
  const queue = new Queue({
    clock,
    minIntervalMs: options.minIntervalMs ?? 0,
    backoff: { firstMs: options.firstMs ?? 1_000, maxMs: 60_000 },
  });
  const takeAll = (): string[] => {
    const keys: string[] = [];
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) keys.push(taken.key);
    return keys;
  };
  return { clock, queue, takeAll };
}

describe("Queue", () => {
  test("gives keys in the order in which they came, each once", () => {
    const { queue, takeAll } = make();
    for (const key of ["b", "a", "b", "c", "a"]) queue.add(key);
    expect(takeAll()).toEqual(["b", "a", "c"]);
  });

  test("gives a delayed key when its time has come, before those that came later", async () => {
    const { clock, queue, takeAll } = make();
    queue.add("late", 1_000);
    expect(queue.nextIn()).toBe(1_000);
    expect(takeAll()).toEqual([]);
    await clock.advance(1_000);
    queue.add("now");
    expect(takeAll()).toEqual(["late", "now"]);
  });

  test.each([
    [5_000, 1_000],
    [1_000, 5_000],
  ])("keeps the earliest wake of %d and %d ms", (first, second) => {
    const { queue } = make();
    queue.add("a", first);
    queue.add("a", second);
    expect(queue.nextIn()).toBe(1_000);
    expect(queue.state().adds).toBe(1);
  });

  test("says how long a key was due, and how often it failed", async () => {
    const { clock, queue } = make();
    queue.add("a");
    await clock.advance(300);
    expect(queue.take()).toEqual({ key: "a", waitedMs: 300, failures: 0 });
    queue.done("a", retry);
    await clock.advance(60_000);
    expect(queue.take()).toMatchObject({ key: "a", failures: 1 });
  });

  test("runs a key that is woken while it runs again after, and not at once", () => {
    const { queue } = make();
    queue.add("a");
    queue.take();
    queue.add("a");
    queue.add("a");
    expect(queue.take()).toBeUndefined();
    queue.done("a", done);
    expect(queue.take()?.key).toBe("a");
    queue.done("a", done);
    expect(queue.take()).toBeUndefined();
  });

  test.each([
    [500, 2_000],
    [2_000, 500],
  ])("keeps the earliest of wakes while a key runs: %d and %d ms", (first, second) => {
    const { queue } = make();
    queue.add("a");
    queue.take();
    queue.add("a", first);
    queue.add("a", second);
    queue.done("a", done);
    expect(queue.nextIn()).toBe(500);
  });

  test("takes the earlier of a wake while it ran and of what the run asked for", async () => {
    const { clock, queue } = make();
    for (const [woken, asked] of [
      [500, 2_000],
      [2_000, 500],
    ] as const) {
      queue.add("a");
      queue.take();
      queue.add("a", woken);
      queue.done("a", { kind: "after", ms: asked });
      expect(queue.nextIn()).toBe(500);
      await clock.advance(500);
      queue.take();
      queue.done("a", done);
    }
    expect(queue.size).toBe(0);
  });

  test("does not run a key again within its interval, however often it is woken", async () => {
    const { clock, queue, takeAll } = make({ minIntervalMs: 50 });
    let runs = 0;
    for (let ms = 0; ms < 1_000; ms += 1) {
      queue.add("hot");
      for (const key of takeAll()) {
        runs += 1;
        queue.done(key, done);
      }
      await clock.advance(1);
    }
    expect(runs).toBe(20);
    await clock.advance(50);
    for (const key of takeAll()) queue.done(key, done);
    await clock.advance(50);
    expect(queue.nextIn()).toBeUndefined();
    expect(queue.size).toBe(0);
  });

  test("runs a key at once where its last run was longer ago than the interval", async () => {
    const { clock, queue } = make({ minIntervalMs: 50 });
    queue.add("a");
    queue.take();
    queue.done("a", done);
    expect(queue.size).toBe(1);
    await clock.advance(50);
    queue.add("a");
    expect(queue.nextIn()).toBe(0);
  });

  describe("a key that fails", () => {
    test("waits longer each time, and starts afresh after a success", async () => {
      const { clock, queue } = make();
      const waits: number[] = [];
      for (const next of [retry, retry, retry, done, retry]) {
        queue.add("a");
        await clock.advance(queue.nextIn()!);
        queue.take();
        queue.done("a", next);
        if (next === retry) waits.push(queue.nextIn()!);
        await clock.advance(queue.nextIn() ?? 0);
      }
      const bounds = [1_000, 2_000, 4_000, 1_000];
      waits.forEach((wait, index) => {
        expect(wait).toBeGreaterThanOrEqual(bounds[index]! / 2);
        expect(wait).toBeLessThanOrEqual(bounds[index]!);
      });
    });

    test("is never tried before afterMs, whoever wakes it", async () => {
      const { clock, queue } = make();
      queue.add("a");
      queue.take();
      queue.add("a");
      queue.done("a", { kind: "retry", afterMs: 30_000 });
      queue.add("a");
      expect(queue.nextIn()).toBe(30_000);
      await clock.advance(29_999);
      expect(queue.take()).toBeUndefined();
      await clock.advance(1);
      expect(queue.take()?.key).toBe("a");
    });

    test("is not held for longer than an hour", () => {
      const { queue } = make();
      queue.add("a");
      queue.take();
      queue.done("a", { kind: "retry", afterMs: 1e12 });
      queue.add("a");
      expect(queue.nextIn()).toBe(3_600_000);
    });

    test("runs at most once a second when it is woken all the time", async () => {
      const { clock, queue, takeAll } = make({ minIntervalMs: 50, firstMs: 10_000 });
      let runs = 0;
      for (let ms = 0; ms < 10_000; ms += 10) {
        queue.add("a");
        for (const key of takeAll()) {
          runs += 1;
          queue.done(key, retry);
        }
        await clock.advance(10);
      }
      expect(runs).toBe(10);
    });

    test("is tried at once when it is forgotten and woken", () => {
      const { queue } = make();
      queue.add("a");
      queue.take();
      queue.done("a", { kind: "retry", afterMs: 30_000 });
      queue.forget("a");
      expect(queue.nextIn()).toBe(30_000);
      queue.add("a");
      expect(queue.take()).toMatchObject({ key: "a", failures: 0 });
    });

    test("is left out where only others are wanted, and keeps its turn", async () => {
      const { clock, queue } = make();
      queue.add("bad");
      queue.take();
      queue.done("bad", retry);
      await clock.advance(60_000);
      queue.add("good");
      expect(queue.nextIn({ failing: false })).toBe(0);
      expect(queue.take({ failing: false })?.key).toBe("good");
      expect(queue.nextIn({ failing: false })).toBeUndefined();
      expect(queue.take({ failing: false })).toBeUndefined();
      queue.add("other");
      expect(queue.take()?.key).toBe("bad");
    });
  });

  test("is not stopped by a machine whose time is set back", async () => {
    const { clock, queue } = make();
    queue.add("a", 10_000);
    await clock.advance(4_000);
    clock.step(-3_600_000);
    // Nobody looked before, so the time that had passed is not known; no more than that is lost.
    expect(queue.nextIn()).toBe(10_000);
    await clock.advance(10_000);
    expect(queue.take()).toEqual({ key: "a", waitedMs: 0, failures: 0 });
  });

  test("takes times that are no times as now", () => {
    const { queue, takeAll } = make();
    queue.add("a", Number.NaN);
    queue.add("b", -5);
    expect(takeAll()).toEqual(["a", "b"]);
    queue.done("a", { kind: "after", ms: Number.NaN });
    queue.done("b", { kind: "after", ms: Number.POSITIVE_INFINITY });
    expect(takeAll()).toEqual(["a"]);
    expect(queue.size).toBe(1);
  });

  test("ignores the end of a run that it does not know", () => {
    const { queue } = make();
    queue.done("a", retry);
    queue.add("b");
    queue.done("b", done);
    expect(queue.take()?.key).toBe("b");
    expect(queue.size).toBe(1);
  });

  test("drops all when it is closed, and takes nothing any more", () => {
    const { queue } = make();
    queue.add("runs");
    queue.take();
    queue.add("runs");
    queue.add("waits");
    queue.close();
    queue.add("late");
    queue.done("runs", retry);
    expect(queue.take()).toBeUndefined();
    expect(queue.size).toBe(0);
  });

  test("tells who listens of every wake, but not of one that changes nothing", () => {
    const { queue } = make();
    let calls = 0;
    queue.onChange(() => {
      calls += 1;
    });
    queue.add("a", 100);
    queue.add("a", 200);
    expect(calls).toBe(1);
    queue.add("a");
    expect(calls).toBe(2);
  });

  test("counts for metrics", async () => {
    const { clock, queue } = make();
    for (const key of ["a", "b", "c"]) queue.add(key);
    queue.add("later", 60_000);
    queue.take();
    await clock.advance(100);
    queue.take();
    await clock.advance(50);
    expect(queue.state()).toEqual({
      depth: 1,
      running: 2,
      unfinishedMs: 200,
      longestRunning: { key: "a", ms: 150 },
      adds: 4,
      retries: 0,
    });
    queue.done("a", retry);
    queue.done("b", { kind: "after", ms: 1 });
    expect(queue.state()).toMatchObject({ running: 0, longestRunning: undefined, retries: 2 });
  });
});

type Step =
  | { readonly do: "add"; readonly key: number; readonly afterMs: number }
  | { readonly do: "take"; readonly failing: boolean }
  | { readonly do: "done"; readonly index: number; readonly next: "done" | "after" | "retry"; readonly ms: number }
  | { readonly do: "forget"; readonly key: number }
  | { readonly do: "pass"; readonly ms: number };

const ms = fc.nat(3_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key: fc.nat(5), afterMs: fc.oneof(fc.constant(0), ms) }),
  fc.record({ do: fc.constant("take" as const), failing: fc.boolean() }),
  fc.record({
    do: fc.constant("done" as const),
    index: fc.nat(5),
    next: fc.constantFrom("done" as const, "after" as const, "retry" as const),
    ms,
  }),
  fc.record({ do: fc.constant("forget" as const), key: fc.nat(5) }),
  fc.record({ do: fc.constant("pass" as const), ms }),
);

describe("Queue, whatever is done to it", () => {
  test("never runs a key twice at once nor within its interval, loses no wake, and leaves nothing behind", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const { clock, queue } = make({ minIntervalMs: 50, firstMs: 200 });
        const running: string[] = [];
        const lastStart = new Map<string, number>();
        /** Wakes that were not followed by a run yet. */
        const owed = new Set<string>();
        const take = (failing: boolean): boolean => {
          const taken = queue.take({ failing });
          if (taken === undefined) return false;
          expect(running).not.toContain(taken.key);
          expect(clock.now() - (lastStart.get(taken.key) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(50);
          lastStart.set(taken.key, clock.now());
          running.push(taken.key);
          owed.delete(taken.key);
          return true;
        };
        for (const one of steps) {
          if (one.do === "add") {
            queue.add(`${one.key}`, one.afterMs);
            owed.add(`${one.key}`);
          } else if (one.do === "take") take(one.failing);
          else if (one.do === "forget") queue.forget(`${one.key}`);
          else if (one.do === "pass") clock.step(one.ms);
          else {
            const [key] = running.splice(one.index % Math.max(running.length, 1), 1);
            if (key !== undefined)
              queue.done(key, one.next === "done" ? done : { kind: one.next, ms: one.ms, afterMs: one.ms });
          }
          expect(queue.state().running).toBe(running.length);
        }
        for (let rounds = 0; rounds < 1_000 && (running.length > 0 || queue.nextIn() !== undefined); rounds += 1) {
          for (const key of running.splice(0)) queue.done(key, done);
          clock.step(queue.nextIn() ?? 0);
          while (take(true));
        }
        expect([...owed]).toEqual([]);
        expect(queue.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
