import { spawnSync } from "node:child_process";
import { execPath } from "node:process";
import { describe, expect, jest, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import type { ComposeWiring } from "../../../composer/protocol.ts";
import { doubling, padded, panics } from "../../support/composer/hostile.ts";
import { guest } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const MIB = 2 ** 20;
const alone: ComposeWiring = { instances: [{ name: "one", component: 0 }], edges: [], exports: [] };

describe("a composer's memory limit", () => {
  test("ends a call that needs more, and only that call", async () => {
    const composer = startComposer({ memoryBytes: 24 * MIB });
    const large = padded(12 * MIB);
    await expect(composer.compose([large], alone)).rejects.toMatchObject({
      code: "memory-limit",
      message: expect.stringContaining(`${24 * MIB}`),
    });
    await expect(composer.inspect(guest("hello"))).resolves.toMatchObject({ format: 1 });
    await composer.close();
  });

  test("leaves a call alone that fits", async () => {
    const composer = startComposer();
    await expect(composer.compose([padded(12 * MIB)], alone)).resolves.toBeDefined();
    await composer.close();
  });
});

describe("a composer's deadline", () => {
  test("ends a call that takes longer, and only that call", async () => {
    const composer = startComposer({ deadlineMs: 1 });
    await expect(composer.flatten(padded(8 * MIB), { deadlines: true })).rejects.toMatchObject({
      code: "deadline",
      stage: "flatten",
      message: expect.stringContaining("1 ms"),
    });
    await composer.close();
  });

  test("may be infinite", async () => {
    const composer = startComposer({ deadlineMs: Number.POSITIVE_INFINITY });
    await expect(composer.flatten(padded(8 * MIB), { deadlines: true })).resolves.toBeDefined();
    await composer.close();
  });

  test("gives the next call a new worker", async () => {
    const composer = startComposer({ deadlineMs: 2_000 });
    await expect(composer.flatten(await doubling(24), { deadlines: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^(deadline|memory-limit|unsupported-component)$/),
    });
    await expect(composer.inspect(guest("hello"))).resolves.toMatchObject({ format: 1 });
    await composer.close();
  });
});

describe("a composer's input limit", () => {
  test("counts all components of a call", async () => {
    const bytes = guest("hello");
    const composer = startComposer({ inputBytes: bytes.byteLength * 2 });
    await expect(composer.inspect(bytes)).resolves.toBeDefined();
    await expect(composer.compose([bytes, bytes, bytes], alone)).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringContaining(`${bytes.byteLength * 3}`),
    });
    await composer.close();
  });

  test("holds for scripts", async () => {
    const composer = startComposer();
    await expect(composer.wacPackages(" ".repeat(MIB + 1))).rejects.toMatchObject({ code: "too-large" });
    await composer.close();
  });
});

describe("an engine that panics", () => {
  test("costs one call, which says what it was", async () => {
    const composer = startComposer();
    const before = composer.inspect(guest("hello"));
    const broken = composer.compose([await panics()], alone);
    const after = composer.compose([guest("hello")], alone);
    await expect(broken).rejects.toMatchObject({
      code: "aborted",
      message: expect.stringMatching(/panicked at .*encoding/),
    });
    await expect(before).resolves.toBeDefined();
    await expect(after).resolves.toBeDefined();
    await composer.close();
  });
});

describe("close()", () => {
  test("rejects what runs and what waits, and every later call", async () => {
    const composer = startComposer();
    const calls = [composer.inspect(guest("echo")), composer.inspect(guest("hello"))];
    const settled = Promise.allSettled(calls);
    await composer.close();
    for (const result of await settled)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "closed" } });
    await expect(composer.inspect(guest("hello"))).rejects.toMatchObject({ code: "closed" });
  });

  test("may be called twice, and before any call", async () => {
    const composer = startComposer();
    await composer.close();
    await composer.close();
  });

  test("comes with an aborted signal", async () => {
    const controller = new AbortController();
    const composer = startComposer({ signal: controller.signal });
    await composer.inspect(guest("hello"));
    controller.abort();
    await expect(composer.inspect(guest("hello"))).rejects.toMatchObject({ code: "closed" });
    await expect(startComposer({ signal: AbortSignal.abort() }).inspect(guest("hello"))).rejects.toMatchObject({
      code: "closed",
    });
  });
});

test("an idle composer lets the process end", () => {
  const index = new URL("../../../composer/index.ts", import.meta.url);
  const script = `const { startComposer } = await import(${JSON.stringify(index.href)});
    await startComposer().inspect(new Uint8Array()).catch(({ code }) => console.log(code));`;
  const { stdout, status } = spawnSync(execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect([stdout.trim(), status]).toEqual(["not-a-component", 0]);
});
