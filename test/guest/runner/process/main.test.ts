import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { makeArtifact, makeConfig } from "./artifact.ts";
import { eventually, request } from "./runner.ts";

const main = fileURLToPath(new URL("../../../../runner/main.ts", import.meta.url));
let artifact: string;
let folder: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  artifact = await makeArtifact("bad");
  folder = await mkdtemp(join(tmpdir(), "tenon-main-"));
}, 60_000);
afterAll(() => Promise.all([artifact, folder].map((path) => rm(path, { recursive: true }))));
afterEach(() => {
  child?.kill("SIGKILL");
});

/** Starts the runner with a configuration file; gives its lines and how it ended. */
function start(...args: readonly string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const started = spawn(execPath, [main, ...args], { env: { ...env, NODE_NO_WARNINGS: "1" } });
  child = started;
  let out = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const ended = new Promise<number | null>((resolve) => started.on("close", resolve));
  const lines = () =>
    out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  return { ended, lines, child: started };
}

async function serve() {
  const path = join(folder, "config.json");
  await writeFile(path, JSON.stringify(makeConfig(artifact)));
  const runner = start("--config", path);
  const { port, adminPort } = await eventually(() => runner.lines().find((line) => line.port !== undefined));
  return { ...runner, port: port as number, adminPort: adminPort as number };
}

describe("runner/main", () => {
  test("answers what is in flight after SIGTERM, then exits 0", async () => {
    const runner = await serve();
    const slow = request({ port: runner.port, path: "/sleep?ms=1500" });
    await eventually(async () =>
      (await request({ port: runner.adminPort, path: "/metrics" })).body.includes(
        'tenon_inflight_requests{composition="test"} 1',
      ),
    );
    runner.child.kill("SIGTERM");
    expect(await slow).toMatchObject({ status: 200 });
    expect(await runner.ended).toBe(0);
  }, 30_000);

  test("exits 0 after SIGINT, at once where nothing is in flight", async () => {
    const runner = await serve();
    runner.child.kill("SIGINT");
    expect(await runner.ended).toBe(0);
  }, 30_000);

  test("leaves no worker behind when it is killed", async () => {
    const runner = await serve();
    const { workers } = JSON.parse((await request({ port: runner.adminPort, path: "/status" })).body);
    runner.child.kill("SIGKILL");
    await runner.ended;
    await eventually(() => {
      try {
        process.kill(workers[0].pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  }, 30_000);

  test("exits 2 with a sentence where its configuration cannot be read", async () => {
    for (const args of [[], ["--config", join(folder, "none.json")]]) {
      const runner = start(...args);
      expect(await runner.ended).toBe(2);
      expect(runner.lines()).toMatchObject([{ level: "critical", message: expect.stringMatching(/^Cannot /) }]);
    }
  }, 30_000);

  test("exits 1 and names the file of a damaged artifact", async () => {
    const damaged = await makeArtifact("bad");
    const index = JSON.parse(await readFile(join(damaged, "index.json"), "utf8"));
    const hex = index.blobs[0].digest.slice("sha256:".length);
    await writeFile(join(damaged, "blobs", hex), Buffer.alloc(index.blobs[0].size));
    const path = join(folder, "damaged.json");
    await writeFile(path, JSON.stringify(makeConfig(damaged)));
    const runner = start("--config", path);
    expect(await runner.ended).toBe(1);
    expect(runner.lines().at(-1)).toMatchObject({ level: "critical", message: expect.stringContaining(hex) });
    await rm(damaged, { recursive: true });
  }, 60_000);
});
