import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Limits, RunnerConfig } from "../runner/config.ts";
import { makeArtifact, makeConfig } from "../test/guest/runner/process/artifact.ts";

const root = join(import.meta.dirname, "..");

/** A server process under measurement. */
export interface Server {
  readonly port: number;
  readonly process: ChildProcess;
  /** Milliseconds from the start of the process to the first 200. */
  readonly coldMs: number;
  stop(): Promise<void>;
}

/** Starts a server, and waits for the first 200 at `path`; asks every two milliseconds. */
export async function startServer(command: readonly string[], port: number, path = "/"): Promise<Server> {
  const started = performance.now();
  // A group of its own: jco's server is a child of its command, and stays when that is ended.
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let errors = "";
  child.stderr!.on("data", (chunk) => {
    errors = (errors + chunk).slice(-4096);
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  for (const end = started + 60_000; (await statusOf(port, path)) !== 200; ) {
    if (child.exitCode !== null || performance.now() > end)
      throw new Error(`Cannot start ${command.join(" ")}: ${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return {
    port,
    process: child,
    coldMs: performance.now() - started,
    async stop() {
      const group = -child.pid!;
      process.kill(group, "SIGTERM");
      const timer = setTimeout(() => process.kill(group, "SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
      child.stderr!.destroy();
    },
  };
}

/** The command that runs a built guest with our runner, its artifact made beforehand. */
export async function runnerCommand(
  guest: string,
  options: { readonly port: number; readonly config?: Partial<RunnerConfig>; readonly limits?: Partial<Limits> },
): Promise<string[]> {
  const artifact = await makeArtifact(guest);
  const config = makeConfig(
    artifact,
    { listen: `127.0.0.1:${options.port}`, ...options.config } as never,
    options.limits,
  );
  const file = join(mkdtempSync(join(tmpdir(), "tenon-bench-")), "config.json");
  writeFileSync(file, JSON.stringify(config));
  return [process.execPath, built(), "--config", file];
}

let main: string | undefined;

/** The runner as it is shipped: the sources of a checkout start slower, because Node strips their types first. */
function built(): string {
  if (main === undefined) {
    execFileSync(process.execPath, [join(root, "scripts/pack.ts")], { stdio: ["ignore", 2, 2] });
    main = join(root, "dist/runner/main.js");
  }
  return main;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A process and its descendants: resident bytes, and seconds of CPU so far. Linux only. */
export function measureTree(pid: number): { readonly rssBytes: number; readonly cpuSeconds: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const total = { rssBytes: Number(fields[21]) * 4096, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean)) {
    const below = measureTree(Number(child));
    total.rssBytes += below.rssBytes;
    total.cpuSeconds += below.cpuSeconds;
  }
  return total;
}

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", () => resolve(undefined));
    request.on("timeout", () => request.destroy());
  });
}
