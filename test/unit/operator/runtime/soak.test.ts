import { expect, test } from "@jest/globals";
import { sleep } from "../../../../operator/clock.ts";
import { makeLog } from "../../../../operator/log.ts";
import { startController } from "../../../../operator/runtime/controller.ts";
import type { Result } from "../../../../operator/runtime/instruments.ts";
import { Queue } from "../../../../operator/runtime/queue.ts";
import { FakeClock } from "../../../support/clock.ts";

const second = 1_000;
const hour = 3_600_000;

/** An object that somebody wants: `applied` follows `generation` when a reconcile succeeds. */
interface Thing {
  generation: number;
  applied: number;
  poisoned: boolean;
}

test("24 hours of churn leave nothing behind, lose no change, and let nothing spin", async () => {
  const clock = new FakeClock();
  const things = new Map<string, Thing>();
  const running = new Set<string>();
  const runs = new Map<string, number>();
  const results: Record<Result, number> = { success: 0, requeue_after: 0, error: 0 };
  let [created, most] = [0, 0];
  const queue = new Queue({ clock });
  const stop = new AbortController();
  const controller = startController({
    name: "soak",
    concurrency: 10,
    queue,
    clock,
    log: makeLog(() => {}, { level: "error", now: () => clock.now() }),
    signal: stop.signal,
    instruments: {
      started: () => {},
      ran: (_, { result }) => {
        results[result] += 1;
      },
      timedOut: () => {},
    },
    reconcile: async (key, signal) => {
      expect(running.has(key)).toBe(false);
      running.add(key);
      runs.set(key, (runs.get(key) ?? 0) + 1);
      try {
        const thing = things.get(key);
        if (thing === undefined) return { kind: "done" };
        const { generation } = thing;
        await sleep(clock, 20 + clock.random() * 200, signal);
        if (thing.poisoned) throw new Error("poisoned");
        if (clock.random() < 0.05) return { kind: "retry", afterMs: clock.random() * second };
        thing.applied = generation;
        return clock.random() < 0.1 ? { kind: "after", ms: 600 * second } : { kind: "done" };
      } finally {
        running.delete(key);
      }
    },
  });

  const pick = (): [string, Thing] | undefined => [...things][Math.floor(clock.random() * things.size)];
  const end = clock.now() + 24 * hour;
  while (clock.now() < end) {
    const dice = clock.random();
    if (dice < 0.4) {
      const key = `ns/thing-${created++}`;
      things.set(key, { generation: 1, applied: 0, poisoned: clock.random() < 0.02 });
      queue.add(key);
    } else if (dice < 0.7) {
      const [key, thing] = pick() ?? [];
      if (thing !== undefined && key !== undefined) {
        thing.generation += 1;
        queue.forget(key);
        queue.add(key);
      }
    } else {
      const [key] = pick() ?? [];
      if (key !== undefined) {
        things.delete(key);
        queue.forget(key);
        queue.add(key);
      }
    }
    most = Math.max(most, queue.size);
    await clock.advance(clock.random() * 12 * second);
    if (things.size > 200) for (const key of [...things.keys()].slice(0, 100)) things.delete(key) && queue.add(key);
  }
  // An hour without news: what does not fail has been applied.
  await clock.advance(hour);
  for (const thing of things.values()) if (!thing.poisoned) expect(thing.applied).toBe(thing.generation);
  for (const key of things.keys()) queue.add(key);
  things.clear();
  await clock.advance(hour);

  expect(created).toBeGreaterThan(4_000);
  expect(results.error).toBeGreaterThan(100);
  expect(Object.values(results).reduce((sum, count) => sum + count)).toBe(
    [...runs.values()].reduce((sum, n) => sum + n),
  );
  expect(most).toBeLessThan(1_000);
  // A poisoned one in its longest backoff runs some 20 times an hour.
  expect(Math.max(...runs.values())).toBeLessThan(24 * 30);
  expect(queue.size).toBe(0);
  expect(queue.state()).toMatchObject({ depth: 0, running: 0 });
  expect(clock.pending).toBe(0);
  expect(await controller.drain(0)).toEqual([]);
}, 60_000);
