import { rm } from "node:fs/promises";
import net from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Limits, RunnerConfig } from "../../../../runner/config.ts";
import { makeArtifact, makeConfig } from "./artifact.ts";
import { eventually, startLoad, startRunner, type TestRunner } from "./runner.ts";

let bad: string;
let echo: string;
let runner: TestRunner;
beforeAll(async () => {
  [bad, echo] = await Promise.all([makeArtifact("bad"), makeArtifact("echo-http")]);
});
afterAll(() => Promise.all([bad, echo].map((folder) => rm(folder, { recursive: true }))));
afterEach(() => runner.stop());

async function start(artifact: string, limits: Partial<Limits>, options: Partial<RunnerConfig> = {}): Promise<void> {
  const { limits: defaults, ...config } = makeConfig(artifact);
  runner = await startRunner({ ...config, ...options, limits: { ...defaults, ...limits } });
}

const rejected = (limit: string) => runner.metric(`tenon_limit_rejections_total{composition="test",limit="${limit}"}`);
const inflight = (count: number) => eventually(async () => (await runner.metric("tenon_inflight_requests")) === count);

describe("queue", () => {
  test("refuses with 503 and retry-after what finds no room, counts it, and names the limit", async () => {
    await start(bad, { concurrency: 1, queue: 1 });
    const held = [runner.get("/sleep?ms=1500"), runner.get("/sleep?ms=1")];
    await inflight(2);
    const refused = await runner.get("/sleep?ms=1");
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(refused.body).toContain("limit queue");
    expect(await rejected("queue")).toBe(1);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  }, 30_000);

  test("lets as many wait as it has room for", async () => {
    await start(bad, { concurrency: 1, queue: 64 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => runner.get("/sleep?ms=1")));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await rejected("queue")).toBe(0);
  }, 30_000);
});

describe("concurrency", () => {
  test("bounds the pool of instances", async () => {
    await start(bad, { concurrency: 3 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => runner.get("/sleep?ms=100")));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await runner.metric("tenon_pooled_instances")).toBe(3);
  }, 30_000);

  test("grows the pool to what is asked for at once", async () => {
    await start(bad, { concurrency: 16 });
    await Promise.all(Array.from({ length: 9 }, () => runner.get("/sleep?ms=500")));
    expect(await runner.metric("tenon_pooled_instances")).toBe(9);
  }, 30_000);
});

describe("requestTimeoutMs", () => {
  test.each(["/loop", "/loop-after-sleep", "/sleep?ms=30000"])(
    "ends %s with 504 and the next request is answered",
    async (path) => {
      await start(bad, { requestTimeoutMs: 300 });
      const begun = performance.now();
      const late = await runner.get(path);
      expect(late.status).toBe(504);
      expect(late.body).toContain("300 ms");
      expect(performance.now() - begun).toBeGreaterThanOrEqual(300);
      expect(await rejected("requestTimeout")).toBe(1);
      expect(await runner.get("/sleep?ms=1")).toMatchObject({ status: 200 });
      expect((await runner.status()).restarts).toBe(0);
    },
    30_000,
  );

  test("64 suspended requests survive guests that loop before and after they wait", async () => {
    await start(bad, { concurrency: 70, requestTimeoutMs: 4000 });
    // They begin, wait, and loop to their deadline while the others are suspended, whose own deadline comes later.
    const looping = [runner.get("/loop-after-sleep?ms=2500"), runner.get("/loop-after-sleep?ms=2500")];
    await inflight(2);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const asleep = Array.from({ length: 64 }, () => runner.get("/sleep?ms=2500"));
    await inflight(66);
    expect((await Promise.all(looping)).map(({ status }) => status)).toEqual([504, 504]);
    const statuses = (await Promise.all(asleep)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    // One that loops from its first step on holds the thread to its deadline, and then the next is answered.
    expect((await runner.get("/loop")).status).toBe(504);
    expect(await runner.get("/sleep?ms=1")).toMatchObject({ status: 200 });
    expect((await runner.status()).restarts).toBe(0);
  }, 60_000);

  test("null lets a request take its time", async () => {
    await start(bad, { requestTimeoutMs: null });
    expect(await runner.get("/sleep?ms=1500")).toMatchObject({ status: 200 });
    expect(await rejected("requestTimeout")).toBe(0);
  }, 30_000);
});

describe("memoryBytes", () => {
  test("refuses a guest memory above the limit, and the guest goes on", async () => {
    await start(bad, { memoryBytes: 8 * 1024 * 1024 });
    expect((await runner.get("/grow?mb=64")).body).toContain("refused");
    expect(await runner.metric("tenon_instance_memory_bytes")).toBeLessThanOrEqual(8 * 1024 * 1024);
  }, 30_000);

  test("lets it grow below the limit", async () => {
    await start(bad, { memoryBytes: 256 * 1024 * 1024 });
    expect((await runner.get("/grow?mb=64")).body).toContain("grown");
  }, 30_000);
});

describe("bodyBytes", () => {
  test("refuses an announced body with 413, counts it, and names the limit", async () => {
    await start(echo, { bodyBytes: 1000 });
    const refused = await runner.get("/", { method: "POST", body: "x".repeat(1001) });
    expect(refused.status).toBe(413);
    expect(refused.body).toContain("limit body");
    expect(await rejected("body")).toBe(1);
  }, 30_000);

  test("takes one that fits", async () => {
    await start(echo, { bodyBytes: 1000 });
    const answer = await runner.get("/", { method: "POST", body: "x".repeat(1000) });
    expect(answer).toMatchObject({ status: 200, body: "x".repeat(1000) });
  }, 30_000);
});

describe("headerBytes", () => {
  test("refuses longer headers with 431, and counts it", async () => {
    await start(echo, { headerBytes: 4096 });
    expect((await runner.get("/", { headers: { "x-long": "x".repeat(5000) } })).status).toBe(431);
    expect(await rejected("headers")).toBe(1);
  }, 30_000);

  test("takes those that fit", async () => {
    await start(echo, { headerBytes: 16 * 1024 });
    expect((await runner.get("/", { headers: { "x-long": "x".repeat(5000) } })).status).toBe(200);
  }, 30_000);

  test("cuts off a client that never ends its headers", async () => {
    await start(echo, {});
    const socket = net.connect(runner.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 408/);
  }, 60_000);
});

describe("maxRequests", () => {
  test("replaces instances without a client noticing", async () => {
    await start(echo, { maxRequests: 3 });
    const load = startLoad(runner.port, "/", 4);
    await eventually(() => (load.statuses["200"] ?? 0) > 100);
    expect(Object.keys(await load.stop())).toEqual(["200"]);
  }, 30_000);
});

describe("a trap", () => {
  test("is a 500 with the request's id, counted and kept as the instance's last trap", async () => {
    await start(bad, {});
    const answer = await runner.get("/panic", { headers: { "x-request-id": "abc-1" } });
    expect(answer).toMatchObject({ status: 500, headers: { "x-request-id": "abc-1" } });
    const { instances } = await runner.status();
    expect(instances).toMatchObject([{ name: "app", state: "Degraded", traps: 1, lastTrap: { requestId: "abc-1" } }]);
    expect(await runner.metric('tenon_instance_traps_total{composition="test",instance="app"}')).toBe(1);
    expect(await runner.get("/sleep?ms=1")).toMatchObject({ status: 200 });
  }, 30_000);

  test("makes an instance Failing when nothing succeeds any more, and not for good", async () => {
    await start(bad, {});
    for (let i = 0; i < 3; i++) await runner.get("/trap");
    expect((await runner.status()).instances[0]?.state).toBe("Failing");
    await runner.get("/sleep?ms=1");
    expect((await runner.status()).instances[0]?.state).toBe("Degraded");
  }, 30_000);

  test("is never seen by requests with isolation Request either", async () => {
    await start(bad, {}, { isolation: "Request" });
    await runner.get("/trap");
    expect(await runner.get("/sleep?ms=1")).toMatchObject({ status: 200 });
  }, 30_000);
});
