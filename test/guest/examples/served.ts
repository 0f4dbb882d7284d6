import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { startComposer } from "../../../composer/index.ts";
import { build } from "../../../operator/local/build.ts";
import { ArtifactCache } from "../../../operator/local/cache.ts";
import { load } from "../../../operator/local/load.ts";
import { makeRunnerConfig } from "../../../operator/local/runner-config.ts";
import type { RunnerConfig } from "../../../runner/config.ts";

/** A composition, built and given to a runner of its own. */
export interface Served {
  readonly url: string;
  /** What the guests logged so far, in order. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** A composition as a runner reads it; `remove` takes its files away. */
export interface Prepared {
  readonly config: RunnerConfig;
  remove(): Promise<void>;
}

/** Checks, composes and flattens what `path` declares, as local mode does. Remarks are failures. */
export async function prepare(path: string): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), "tenon-test-"));
  const composer = startComposer();
  try {
    const { compositions, remarks } = await load([path], { composer });
    if (remarks.length > 0) throw new Error(JSON.stringify(remarks, undefined, 2));
    const [composition] = compositions;
    const built = await build(composition!, { composer, cache: new ArtifactCache(folder), deadlines: true });
    if (built.artifact === undefined) throw new Error(JSON.stringify(built.remarks, undefined, 2));
    const at = { listen: "127.0.0.1:0", admin: "127.0.0.1:0", processes: 1 };
    const { config } = await makeRunnerConfig(composition!, { artifact: built.artifact.folder, ...at });
    return { config: config!, remove: () => rm(folder, { recursive: true, force: true }) };
  } finally {
    await composer.close();
  }
}

/** Serves what `path` declares with a runner process, as a pod would. Stop it in the end. */
export async function serve(path: string): Promise<Served> {
  const { config, remove } = await prepare(path);
  const file = join(config.artifact, "..", "config.json");
  await writeFile(file, JSON.stringify(config));
  const main = join(import.meta.dirname, "../../../runner/main.ts");
  const child = spawn(execPath, [main, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const port = await startOf(child, lines);
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await remove();
    },
  };
}

/** Collects the guests' lines; gives the port as soon as the runner says it. */
function startOf(child: ChildProcess, lines: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (text) => {
      const { port, instance, message } = JSON.parse(text);
      if (instance !== undefined) lines.push(message);
      else if (port !== undefined) resolve(port);
    });
    child.on("exit", (code) => reject(new Error(`The runner ended with code ${code}`)));
  });
}

/** Waits until `lines` has one that contains `text`: lines of another process come when they come. */
export async function logged(lines: readonly string[], text: string): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (lines.some((line) => line.includes(text))) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
