import { rm } from "node:fs/promises";
import net from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunnerConfig } from "../../../../runner/config.ts";
import type { SupervisorOptions } from "../../../../runner/supervisor.ts";
import { makeArtifact, makeConfig } from "./artifact.ts";
import { eventually, request, startLoad, startRunner, type TestRunner } from "./runner.ts";

let hello: string;
let bad: string;
let runner: TestRunner;
beforeAll(async () => {
  [hello, bad] = await Promise.all([makeArtifact("hello"), makeArtifact("bad")]);
});
afterAll(() => Promise.all([hello, bad].map((folder) => rm(folder, { recursive: true }))));
afterEach(() => runner.stop());

async function start(config: RunnerConfig, options: Partial<SupervisorOptions> = {}): Promise<void> {
  runner = await startRunner(config, options);
}

describe("a worker that dies", () => {
  test("is replaced, and a request that comes in between is answered by the next one", async () => {
    await start(makeConfig(hello));
    const [pid] = runner.supervisor.pids;
    process.kill(pid!, "SIGKILL");
    expect(await runner.get("/")).toMatchObject({ status: 200, body: "hello" });
    expect(runner.supervisor.pids).not.toContain(pid);
    const status = await runner.status();
    expect(status.restarts).toBe(1);
    expect(status.lastRestart?.reason).toContain("SIGKILL");
  }, 30_000);

  test("leaves the others serving", async () => {
    await start(makeConfig(hello, { processes: 2 }));
    const load = startLoad(runner.port, "/", 4);
    await eventually(() => (load.statuses["200"] ?? 0) > 50);
    process.kill(runner.supervisor.pids[0]!, "SIGKILL");
    const before = load.statuses["200"]!;
    await eventually(() => load.statuses["200"]! > before + 50);
    await eventually(async () => (await runner.status()).workers.filter(({ state }) => state === "ready").length === 2);
    const statuses = await load.stop();
    // What was on the killed worker's connections is lost, at most one request each.
    const { 200: answered, ...lost } = statuses;
    expect(answered).toBeGreaterThan(100);
    expect(Object.values(lost).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4);
  }, 60_000);

  test("keeps what it had counted", async () => {
    await start(makeConfig(hello));
    for (let i = 0; i < 5; i++) await runner.get("/");
    expect(await runner.metric("tenon_requests_total")).toBe(5);
    process.kill(runner.supervisor.pids[0]!, "SIGKILL");
    await runner.get("/");
    expect(await runner.metric("tenon_requests_total")).toBe(6);
  }, 30_000);
});

describe("a worker that hangs", () => {
  test("is killed and replaced", async () => {
    await start(makeConfig(hello), { hangMs: 1500 });
    const [pid] = runner.supervisor.pids;
    process.kill(pid!, "SIGSTOP");
    expect(await runner.get("/")).toMatchObject({ status: 200 });
    expect(runner.supervisor.pids).not.toContain(pid);
    expect((await runner.status()).lastRestart?.reason).toContain("did not answer for 1500 ms");
  }, 30_000);

  test("is left alone where no limit is set", async () => {
    await start(makeConfig(hello), { hangMs: null });
    const [pid] = runner.supervisor.pids;
    process.kill(pid!, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2000));
    process.kill(pid!, "SIGCONT");
    expect(await runner.get("/")).toMatchObject({ status: 200 });
    expect(runner.supervisor.pids).toEqual([pid]);
  }, 30_000);
});

describe("reload()", () => {
  test("brings in new workers under load without losing a request", async () => {
    await start(makeConfig(hello, { processes: 2 }));
    const load = startLoad(runner.port, "/", 8);
    for (let i = 0; i < 3; i++) {
      const before = runner.supervisor.pids;
      const served = load.statuses["200"] ?? 0;
      await runner.supervisor.reload(makeConfig(hello, { processes: 2 }));
      expect(runner.supervisor.pids).not.toEqual(before);
      await eventually(() => (load.statuses["200"] ?? 0) > served + 50);
    }
    const statuses = await load.stop();
    expect(Object.keys(statuses)).toEqual(["200"]);
    expect((await runner.status()).restarts).toBe(0);
  }, 60_000);

  test("lets a long answer of the old revision end", async () => {
    await start(makeConfig(bad));
    const slow = runner.get("/sleep?ms=1500");
    await eventually(async () => (await runner.metric("tenon_inflight_requests")) === 1);
    await runner.supervisor.reload(makeConfig(hello));
    expect(await runner.get("/")).toMatchObject({ status: 200, body: "hello" });
    expect(await slow).toMatchObject({ status: 200, body: expect.stringContaining("slept") });
  }, 30_000);

  test("keeps the old revision where the new one cannot start", async () => {
    await start(makeConfig(hello));
    const { pids } = runner.supervisor;
    await expect(runner.supervisor.reload(makeConfig("/nowhere"))).rejects.toMatchObject({
      code: "artifact-unreadable",
    });
    expect(runner.supervisor.pids).toEqual(pids);
    expect(await runner.get("/")).toMatchObject({ status: 200 });
  }, 30_000);
});

describe("stop()", () => {
  test("answers what is in flight and takes nothing new", async () => {
    await start(makeConfig(bad));
    const slow = runner.get("/sleep?ms=1000");
    await eventually(async () => (await runner.metric("tenon_inflight_requests")) === 1);
    const stopped = runner.supervisor.stop(10_000);
    await eventually(async () => (await runner.get("/").catch(({ code }) => code)) === "ECONNREFUSED");
    expect((await runner.admin("/readyz")).status).toBe(503);
    expect(await slow).toMatchObject({ status: 200, headers: { connection: "close" } });
    await stopped;
    expect(runner.supervisor.pids).toEqual([]);
  }, 30_000);

  test("cuts what takes longer than the drain time", async () => {
    await start(makeConfig(bad));
    const slow = runner.get("/sleep?ms=20000").catch(({ code }) => code);
    await eventually(async () => (await runner.metric("tenon_inflight_requests")) === 1);
    await runner.supervisor.stop(200);
    expect(await slow).toBe("ECONNRESET");
  }, 30_000);
});

describe("start()", () => {
  test("rejects when the address is taken, and leaves no process", async () => {
    await start(makeConfig(hello));
    const second = startRunner(makeConfig(hello, { listen: `127.0.0.1:${runner.port}` }));
    await expect(second).rejects.toMatchObject({ code: "listen-failed", message: expect.stringContaining("port") });
  }, 30_000);

  test("answers a client that closes its half of the connection after the request", async () => {
    await start(makeConfig(hello));
    const socket = net.connect({ port: runner.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 200 OK[\s\S]*hello$/);
  }, 30_000);

  test("gives each of several workers its turn", async () => {
    await start(makeConfig(hello, { processes: 2 }));
    for (let i = 0; i < 20; i++) await request({ port: runner.port, path: "/" });
    const { workers } = await runner.status();
    expect(workers.map(({ state }) => state)).toEqual(["ready", "ready"]);
    expect(workers.every(({ requests }) => requests === 10)).toBe(true);
  }, 30_000);
});
