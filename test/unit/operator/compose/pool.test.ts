import { describe, expect, test } from "@jest/globals";
import { ComposerError } from "../../../../composer/error.ts";
import type { Composer } from "../../../../composer/index.ts";
import { type CallReport, type PoolOptions, startComposerPool } from "../../../../operator/compose/pool.ts";
import type { TypeTable } from "../../../../wiring/table.ts";
import { FakeClock, settled } from "../../../support/clock.ts";

const bytes = (text: string) => Buffer.from(text);

/** A pool whose workers do what the test says: each `inspect` waits until `end` is called with its text. */
function start(options: Partial<PoolOptions> = {}) {
  const clock = new FakeClock();
  const calls: { readonly worker: number; readonly text: string; end(code?: "aborted" | "invalid-component"): void }[] =
    [];
  const closed: number[] = [];
  const reports: CallReport[] = [];
  let workers = 0;
  const makeWorker = (): Composer => {
    const worker = workers++;
    return {
      inspect(content: Uint8Array) {
        const { promise, resolve, reject } = Promise.withResolvers<TypeTable>();
        const text = Buffer.from(content).toString();
        calls.push({
          worker,
          text,
          end(code) {
            if (code === undefined) resolve({ text } as unknown as TypeTable);
            else reject(new ComposerError({ code, stage: "inspect", message: `${text} is ${code}` }));
          },
        });
        return promise;
      },
      async close() {
        closed.push(worker);
        for (const call of calls) if (call.worker === worker) call.end();
      },
    } as unknown as Composer;
  };
  const pool = startComposerPool({
    clock,
    workers: 2,
    memoryBytes: 1,
    deadlineMs: 1,
    start: makeWorker,
    onCall: (report) => reports.push(report),
    ...options,
  });
  return { clock, pool, calls, closed, reports };
}

describe("startComposerPool()", () => {
  test("runs as many calls at once as it has workers, the others in the order in which they came", async () => {
    const { pool, calls } = start();
    const results = ["a", "b", "c", "d"].map((text) => pool.inspect(bytes(text)));
    await settled();
    expect(calls.map(({ worker, text }) => `${worker}${text}`)).toEqual(["0a", "1b"]);
    expect(pool.counts()).toEqual({ running: 2, waiting: 2, workers: 2 });
    calls[1]!.end();
    await settled();
    // The first call still runs: it holds up nobody.
    expect(calls.map(({ worker, text }) => `${worker}${text}`)).toEqual(["0a", "1b", "1c"]);
    for (const at of [2, 0]) calls[at]!.end();
    await settled();
    calls[3]!.end();
    expect(await Promise.all(results)).toMatchObject(["a", "b", "c", "d"].map((text) => ({ text })));
  });

  test("starts no worker before it is needed, and uses one that is alive first", async () => {
    const { pool, calls } = start();
    expect(pool.counts().workers).toBe(0);
    for (const text of ["a", "b", "c"]) {
      const result = pool.inspect(bytes(text));
      await settled();
      calls.at(-1)!.end();
      await result;
    }
    expect(calls.map(({ worker }) => worker)).toEqual([0, 0, 0]);
  });

  test("ends a worker that has nothing to do for a minute, and starts another one when it is needed", async () => {
    const { pool, calls, closed, clock } = start();
    const first = pool.inspect(bytes("a"));
    await settled();
    calls[0]!.end();
    await first;
    await clock.advance(59_999);
    expect(closed).toEqual([]);
    await clock.advance(1);
    expect(closed).toEqual([0]);
    expect([pool.counts().workers, clock.pending]).toEqual([0, 0]);
    const second = pool.inspect(bytes("b"));
    await settled();
    expect(calls[1]).toMatchObject({ worker: 1, text: "b" });
    await clock.advance(120_000);
    expect(closed).toEqual([0]);
    calls[1]!.end();
    await second;
  });

  test("answers from memory for what broke a worker, also what stood in line behind it", async () => {
    const { pool, calls, reports } = start({ workers: 1 });
    const first = pool.inspect(bytes("bad"));
    const second = pool.inspect(bytes("bad"));
    const other = pool.inspect(bytes("good"));
    await settled();
    calls[0]!.end("aborted");
    const gone = { name: "ComposerError", code: "aborted", stage: "inspect", message: "bad is aborted" };
    await expect(first).rejects.toMatchObject(gone);
    await expect(second).rejects.toMatchObject(gone);
    await settled();
    await expect(pool.inspect(bytes("bad"))).rejects.toMatchObject(gone);
    expect(calls.map(({ text }) => text)).toEqual(["bad", "good"]);
    calls[1]!.end();
    await other;
    expect(reports.map(({ outcome, remembered }) => [outcome, remembered])).toEqual([
      ["aborted", false],
      ["aborted", true],
      ["aborted", true],
      ["ok", false],
    ]);
  });

  test("tries again what only was no component", async () => {
    const { pool, calls } = start();
    for (const at of [0, 1]) {
      const result = pool.inspect(bytes("text"));
      await settled();
      calls[at]!.end("invalid-component");
      await expect(result).rejects.toMatchObject({ code: "invalid-component" });
    }
  });

  test("tells how long a call waited and took", async () => {
    const { pool, calls, reports, clock } = start({ workers: 1 });
    const results = [pool.inspect(bytes("a")), pool.inspect(bytes("b"))];
    await clock.advance(30);
    calls[0]!.end();
    await clock.advance(12);
    calls[1]!.end();
    await Promise.all(results);
    expect(reports).toEqual([
      { stage: "inspect", outcome: "ok", waitedMs: 0, tookMs: 30, remembered: false },
      { stage: "inspect", outcome: "ok", waitedMs: 30, tookMs: 12, remembered: false },
    ]);
  });

  test("close() refuses what waits and what comes, and ends all workers", async () => {
    const { pool, calls, closed, clock } = start({ workers: 1 });
    const running = pool.inspect(bytes("a"));
    const waiting = pool.inspect(bytes("b"));
    await settled();
    const refused = expect(waiting).rejects.toMatchObject({ code: "closed", stage: "inspect" });
    await pool.close();
    await refused;
    await running;
    await expect(pool.inspect(bytes("c"))).rejects.toMatchObject({ code: "closed" });
    expect(calls).toHaveLength(1);
    expect([closed, clock.pending]).toEqual([[0], 0]);
    await pool.close();
  });
});
