import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { execPath } from "node:process";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import type { ComposeWiring } from "../../../composer/protocol.ts";
import { systemClock } from "../../../operator/clock.ts";
import { type CallReport, type ComposerPool, startComposerPool } from "../../../operator/compose/pool.ts";
import { doubling, manyModules, padded, panics } from "../../support/composer/hostile.ts";
import { guest } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const MIB = 2 ** 20;
const alone: ComposeWiring = { instances: [{ name: "one", component: 0 }], edges: [], exports: [] };
const url = (path: string): string => new URL(`../../../${path}`, import.meta.url).href;
const example = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../examples/01-user-api/components/${name}.wasm`, import.meta.url));

const pools: ComposerPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function start({ workers = 2, memoryBytes = 256 * MIB, deadlineMs = 60_000 } = {}) {
  const reports: CallReport[] = [];
  const onCall = (report: CallReport): void => void reports.push(report);
  const pool = startComposerPool({ clock: systemClock, workers, memoryBytes, deadlineMs, onCall });
  pools.push(pool);
  return { pool, reports };
}

const make = async (pool: ComposerPool, bytes: Uint8Array): Promise<number> => {
  await pool.inspect(bytes);
  const { modules } = await pool.flatten(await pool.compose([bytes], alone), { deadlines: true });
  return modules.length;
};

describe("two workers of 256 MiB each", () => {
  test("inspect, compose and flatten real components beside each other", async () => {
    const { pool } = start();
    const names = ["hello-quickjs", "hosts", "echo-http", "cli"].map(guest);
    const examples = ["front", "user-database", "authentication", "logger"].map(example);
    const counts = await Promise.all([...names, ...examples].map((bytes) => make(pool, bytes)));
    for (const count of counts) expect(count).toBeGreaterThan(0);
    expect(pool.counts()).toEqual({ running: 0, waiting: 0, workers: 2 });
  });

  test("give the same bytes as one", async () => {
    const bytes = guest("echo");
    const [two, one] = [start().pool, start({ workers: 1 }).pool];
    const made = await Promise.all([
      two.compose([bytes], alone),
      two.compose([bytes], alone),
      one.compose([bytes], alone),
    ]);
    expect(new Set(made.map((each) => Buffer.from(each).toString("base64"))).size).toBe(1);
  });
});

describe("a poisoned component", () => {
  test("that cannot be flattened costs its own call: fifty others are made meanwhile", async () => {
    const { pool, reports } = start();
    const bomb = await doubling(24);
    const hung = expect(pool.flatten(bomb, { deadlines: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^(deadline|memory-limit)$/),
    });
    await Promise.all(Array.from({ length: 50 }, () => make(pool, guest("echo"))));
    await hung;
    expect(reports.filter(({ outcome }) => outcome === "ok")).toHaveLength(150);
  });

  test("leaves no memory behind: four in a row need that of one", () => {
    // A process of its own, as the highest mark of this one's memory is another test's.
    const script = `
      const { startComposerPool } = await import(${JSON.stringify(url("operator/compose/pool.ts"))});
      const { systemClock } = await import(${JSON.stringify(url("operator/clock.ts"))});
      const { doubling } = await import(${JSON.stringify(url("test/support/composer/hostile.ts"))});
      const pool = startComposerPool({ clock: systemClock, workers: 1, memoryBytes: ${256 * MIB}, deadlineMs: 60_000, poisons: 0 });
      const bomb = await doubling(24);
      const codes = [];
      for (let round = 0; round < 4; round++) await pool.flatten(bomb, { deadlines: true }).catch(({ code }) => codes.push(code));
      await pool.close();
      console.log(JSON.stringify({ codes, mebibytes: process.resourceUsage().maxRSS / 1024 }));`;
    const { stdout } = spawnSync(execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    const { codes, mebibytes } = JSON.parse(stdout);
    expect(codes).toEqual(Array(4).fill("memory-limit"));
    // Around 350 where each engine goes with its worker, more than 570 where they wait for the garbage collector.
    expect(mebibytes).toBeLessThan(480);
  });

  test("that aborts the engine costs its own call, and is not tried again", async () => {
    const { pool, reports } = start();
    const bad = await panics();
    const around = [make(pool, guest("hello")), make(pool, guest("edge-callee"))];
    const gone = { code: "aborted", message: expect.stringMatching(/panicked at/) };
    await expect(pool.compose([bad], alone)).rejects.toMatchObject(gone);
    await expect(pool.compose([bad], alone)).rejects.toMatchObject(gone);
    await Promise.all(around);
    const ends = reports.filter(({ outcome }) => outcome === "aborted").map(({ remembered }) => remembered);
    expect(ends).toEqual([false, true]);
    await expect(pool.inspect(bad)).resolves.toMatchObject({ format: 1 });
  });

  test("that needs more memory than there is costs its own call, and fits where there is more", async () => {
    const large = padded(12 * MIB);
    const { pool, reports } = start({ memoryBytes: 24 * MIB });
    await expect(pool.compose([large], alone)).rejects.toMatchObject({ code: "memory-limit" });
    await expect(pool.compose([large.slice()], alone)).rejects.toMatchObject({ code: "memory-limit" });
    expect(reports.map(({ remembered }) => remembered)).toEqual([false, true]);
    expect(await make(pool, guest("hello"))).toBeGreaterThan(0);
    await expect(start().pool.compose([large], alone)).resolves.toBeDefined();
  });

  test("with more than a thousand modules is refused as too large, one with a few less is not", async () => {
    const { pool } = start();
    await expect(pool.inspect(await manyModules(1001))).rejects.toMatchObject({
      code: expect.stringMatching(/^(too-large|invalid-component)$/),
      message: expect.stringMatching(/1000/),
    });
    await expect(pool.inspect(await manyModules(900))).resolves.toMatchObject({ size: { coreModules: 900 } });
  });
});
