import { describe, expect, test } from "@jest/globals";
import { sleep } from "../../../../operator/clock.ts";
import { makeLog } from "../../../../operator/log.ts";
import { startController } from "../../../../operator/runtime/controller.ts";
import type { Run } from "../../../../operator/runtime/instruments.ts";
import { Queue } from "../../../../operator/runtime/queue.ts";
import type { Next } from "../../../../operator/runtime/reconciler.ts";
import { FakeClock } from "../../../support/clock.ts";

const done: Next = { kind: "done" };

interface Line {
  readonly level: string;
  readonly message: string;
  readonly key?: string;
  readonly [field: string]: unknown;
}

function start(
  reconcile: (key: string, signal: AbortSignal, clock: FakeClock) => Promise<Next>,
  options: { readonly concurrency?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
) {
  const clock = new FakeClock();
  const lines: Line[] = [];
  const runs: Run[] = [];
  let timeouts = 0;
  const queue = new Queue({ clock, backoff: { firstMs: 1_000, maxMs: 60_000 } });
  const stop = new AbortController();
  const controller = startController({
    name: "thing",
    reconcile: (key, signal) => reconcile(key, signal, clock),
    concurrency: options.concurrency ?? 2,
    queue,
    clock,
    log: makeLog((line) => lines.push(JSON.parse(line)), { level: "debug", now: () => clock.now() }),
    signal: options.signal ?? stop.signal,
    instruments: {
      started: () => {},
      ran: (_, run) => runs.push(run),
      timedOut: () => {
        timeouts += 1;
      },
    },
    timeoutMs: options.timeoutMs,
  });
  return { clock, queue, controller, lines, runs, stop, timeouts: () => timeouts };
}

/** Drains while the clock is turned. */
async function drain({ clock, controller }: ReturnType<typeof start>, ms: number): Promise<readonly string[]> {
  const drained = controller.drain(ms);
  await clock.advance(ms);
  await clock.advance(1_000);
  return drained;
}

describe("startController()", () => {
  test("reconciles what is added, before the start and after", async () => {
    const seen: string[] = [];
    const world = start(async (key) => {
      seen.push(key);
      return done;
    });
    world.queue.add("a");
    world.queue.add("b");
    await world.clock.advance(0);
    world.queue.add("c");
    await world.clock.advance(0);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(world.runs.map(({ result }) => result)).toEqual(["success", "success", "success"]);
    await world.clock.advance(100);
    expect(world.queue.size).toBe(0);
    expect(world.clock.pending).toBe(0);
  });

  test("does not reconcile in the middle of what wakes a key", async () => {
    const seen: string[] = [];
    const world = start(async (key) => {
      seen.push(key);
      return done;
    });
    world.queue.add("a");
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual([]);
    await world.clock.advance(0);
    expect(seen).toEqual(["a"]);
  });

  test.each([1, 2, 5])("runs at most %d at once, and as many when there is work", async (concurrency) => {
    let [now, most] = [0, 0];
    const world = start(
      async (_, signal, clock) => {
        now += 1;
        most = Math.max(most, now);
        await sleep(clock, 100, signal);
        now -= 1;
        return done;
      },
      { concurrency },
    );
    for (let index = 0; index < 20; index += 1) world.queue.add(`key-${index}`);
    await world.clock.advance(100 * Math.ceil(20 / concurrency));
    expect(most).toBe(concurrency);
    expect(world.runs).toHaveLength(20);
  });

  test("never runs a key twice at once, and runs it again where it was woken meanwhile", async () => {
    let [now, most, runs] = [0, 0, 0];
    const world = start(
      async (_, signal, clock) => {
        runs += 1;
        now += 1;
        most = Math.max(most, now);
        await sleep(clock, 100, signal);
        now -= 1;
        return done;
      },
      { concurrency: 4 },
    );
    for (let ms = 0; ms < 1_000; ms += 10) {
      world.queue.add("a");
      await world.clock.advance(10);
    }
    await world.clock.advance(1_000);
    expect(most).toBe(1);
    expect(runs).toBe(11);
  });

  test.each([
    ["an error", () => new TypeError("boom"), "boom"],
    ["text", () => "boom", "'boom'"],
    ["nothing", () => undefined, "undefined"],
    ["an object without a prototype", () => Object.create(null), "[Object: null prototype] {}"],
    ["a very long error", () => new Error("x".repeat(1e6)), "x".repeat(1_000)],
  ])("logs %s that was thrown with its key, and tries again with backoff", async (_, make, error) => {
    let runs = 0;
    const world = start(async () => {
      runs += 1;
      if (runs <= 2) throw make();
      return done;
    });
    world.queue.add("shop/cart");
    await world.clock.advance(0);
    expect(runs).toBe(1);
    await world.clock.advance(499);
    expect(runs).toBe(1);
    await world.clock.advance(10_000);
    expect(runs).toBe(3);
    const logged = world.lines.filter(({ level }) => level === "error");
    expect(logged).toHaveLength(2);
    expect(logged[1]).toMatchObject({ controller: "thing", key: "shop/cart", attempt: 2, error });
    expect(JSON.stringify(logged).length).toBeLessThan(20_000);
    expect(world.runs.map(({ result }) => result)).toEqual(["error", "error", "success"]);
    expect(world.queue.size).toBe(0);
  });

  test("tries again also where a reconcile throws before it is a promise", async () => {
    let runs = 0;
    const world = start(() => {
      runs += 1;
      throw new Error("at once");
    });
    world.queue.add("a");
    await world.clock.advance(5_000);
    expect(runs).toBeGreaterThan(1);
    expect(world.queue.state().running).toBe(0);
  });

  test("runs a key again after the time that it asks for", async () => {
    let runs = 0;
    const world = start(async () => {
      runs += 1;
      return { kind: "after", ms: 1_000 };
    });
    world.queue.add("a");
    await world.clock.advance(10_000);
    expect(runs).toBe(11);
    expect(world.runs[0]?.result).toBe("requeue_after");
  });

  test("keeps half of its places for keys that do not fail", async () => {
    const seen: string[] = [];
    const world = start(
      async (key, signal, clock) => {
        seen.push(key);
        if (!key.startsWith("bad")) return done;
        await sleep(clock, 10_000, signal);
        throw new Error("bad");
      },
      { concurrency: 4 },
    );
    for (let index = 0; index < 50; index += 1) world.queue.add(`bad-${index}`);
    // All of them have failed once, and are due again.
    await world.clock.advance(10_000 * 13 + 60_000);
    expect(world.queue.state().running).toBe(2);
    world.queue.add("good");
    await world.clock.advance(0);
    expect(seen.at(-1)).toBe("good");
  });

  test("lets a key that fails all the time hold up no other", async () => {
    const counts = new Map<string, number>();
    const world = start(
      async (key) => {
        counts.set(key, (counts.get(key) ?? 0) + 1);
        if (key === "poison") throw new Error("always");
        return done;
      },
      { concurrency: 1 },
    );
    for (let index = 0; index < 600; index += 1) {
      world.queue.add("poison");
      world.queue.add(`good-${index}`);
      await world.clock.advance(100);
    }
    expect([...counts.keys()].filter((key) => key.startsWith("good"))).toHaveLength(600);
    // Woken ten times a second for a minute: it runs once a second at most.
    expect(counts.get("poison")).toBeLessThanOrEqual(62);
  });

  describe("a reconcile that hangs", () => {
    test("is seen, and told to stop when its time is over", async () => {
      const world = start(
        async (_, signal, clock) => {
          await sleep(clock, 1e9, signal);
          return done;
        },
        { timeoutMs: 60_000 },
      );
      world.queue.add("slow");
      await world.clock.advance(59_000);
      expect(world.controller.longestRunning()).toEqual({ key: "slow", ms: 59_000 });
      await world.clock.advance(1_000);
      expect(world.controller.longestRunning()).toBeUndefined();
      expect(world.timeouts()).toBe(1);
      expect(world.lines.map(({ message }) => message)).toEqual([
        "Stop a reconcile that takes too long",
        "Cannot reconcile, try again",
      ]);
    });

    test("gives its place to others where it does not listen, and its key does not run twice", async () => {
      const hung: (() => void)[] = [];
      const seen: string[] = [];
      const world = start(
        async (key) => {
          seen.push(key);
          if (key === "hung") await new Promise<void>((resolve) => hung.push(resolve));
          return done;
        },
        { concurrency: 1, timeoutMs: 60_000 },
      );
      world.queue.add("hung");
      await world.clock.advance(0);
      world.queue.add("hung");
      world.queue.add("good");
      await world.clock.advance(60_999);
      expect(seen).toEqual(["hung"]);
      await world.clock.advance(1);
      expect(seen).toEqual(["hung", "good"]);
      expect(world.controller.longestRunning()?.key).toBe("hung");
      expect(world.lines.at(-1)).toMatchObject({ level: "error", key: "hung" });
      hung[0]?.();
      await world.clock.advance(100);
      expect(seen).toEqual(["hung", "good", "hung"]);
      expect(world.queue.state().running).toBe(1);
    });
  });

  describe("drain()", () => {
    test("waits for what runs, and takes nothing any more", async () => {
      const seen: string[] = [];
      const world = start(
        async (key, signal, clock) => {
          await sleep(clock, 1_000, signal);
          seen.push(key);
          return done;
        },
        { concurrency: 1 },
      );
      world.queue.add("a");
      world.queue.add("b");
      await world.clock.advance(10);
      const drained = world.controller.drain(5_000);
      world.queue.add("c");
      await world.clock.advance(990);
      expect(await drained).toEqual([]);
      await world.clock.advance(10_000);
      expect(seen).toEqual(["a"]);
      expect(world.clock.pending).toBe(0);
      expect(world.queue.size).toBe(0);
    });

    test("stops what does not end in time, and logs no failure for it", async () => {
      const world = start(async (_, signal, clock) => {
        await sleep(clock, 1e9, signal);
        return done;
      });
      world.queue.add("slow");
      await world.clock.advance(0);
      expect(await drain(world, 5_000)).toEqual([]);
      expect(world.lines.filter(({ level }) => level !== "debug")).toEqual([]);
      expect(world.clock.pending).toBe(0);
    });

    test("names what does not even stop then", async () => {
      const world = start(() => new Promise<Next>(() => {}));
      world.queue.add("deaf");
      await world.clock.advance(0);
      expect(await drain(world, 5_000)).toEqual(["deaf"]);
    });

    test("may be asked for twice at once, and when nothing runs", async () => {
      const world = start(async (_, signal, clock) => {
        await sleep(clock, 500, signal);
        return done;
      });
      world.queue.add("a");
      await world.clock.advance(0);
      const both = Promise.all([world.controller.drain(5_000), world.controller.drain(10_000)]);
      await world.clock.advance(500);
      expect(await both).toEqual([[], []]);
      expect(await world.controller.drain(5_000)).toEqual([]);
    });
  });

  test("takes no key once its signal is aborted, and lets what runs go on", async () => {
    const seen: string[] = [];
    const world = start(
      async (key, signal, clock) => {
        await sleep(clock, 1_000, signal);
        seen.push(key);
        return done;
      },
      { concurrency: 1 },
    );
    world.queue.add("a");
    world.queue.add("b");
    await world.clock.advance(10);
    world.stop.abort();
    await world.clock.advance(10_000);
    expect(seen).toEqual(["a"]);
  });

  test("does nothing where its signal is aborted before it starts", async () => {
    const world = start(async () => done, { signal: AbortSignal.abort() });
    world.queue.add("a");
    await world.clock.advance(1_000);
    expect(world.runs).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });
});
