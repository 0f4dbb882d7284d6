/**
 * The runner: `main.ts --config FILE`. Fetches the artifact where the configuration says from where, and serves one composition
 * until SIGTERM or SIGINT, then drains and exits 0. With `--command` it runs the composition's `wasi:cli/run` once instead and
 * exits with its code; 143 after a signal.
 * Exits 2 when it is called wrongly, 1 when the composition cannot run.
 */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import type { RunnerConfig, RunnerDocument } from "./config.ts";
import { readConfig } from "./config-read.ts";
import { readValues } from "./config-values.ts";
import { RunnerError } from "./error.ts";
import { makeLog } from "./log.ts";
import { Supervisor } from "./supervisor.ts";

const log = makeLog("json");

interface Called {
  readonly document: RunnerDocument;
  readonly command: boolean;
}

function configured(): Called {
  const { values } = parseArgs({
    options: { config: { type: "string" }, command: { type: "boolean", default: false } },
    strict: true,
  });
  if (values.config === undefined) throw new RunnerError("bad-config", "Cannot start the runner: give --config FILE");
  try {
    return { document: readConfig(readFileSync(values.config, "utf8")), command: values.command };
  } catch (cause) {
    if (cause instanceof RunnerError) throw cause;
    throw new RunnerError("bad-config", `Cannot read the configuration: ${(cause as Error).message}`, { cause });
  }
}

/** Reads the values that are in files, and makes the folders of databases. */
async function complete(document: RunnerDocument): Promise<RunnerConfig> {
  const config = await readValues(document);
  for (const { keyvalue } of Object.values(config.backends)) {
    if ("sqlite" in keyvalue) await mkdir(dirname(keyvalue.sqlite.path), { recursive: true });
  }
  return config;
}

async function fetch({ fetch: from, artifact }: RunnerConfig, signal: AbortSignal): Promise<void> {
  if (from === undefined) return;
  const { fetchArtifact } = await import("./artifact-fetch.ts");
  await fetchArtifact(from, { folder: artifact, signal, log });
}

async function run(config: RunnerConfig, ending: AbortSignal): Promise<number> {
  try {
    await fetch(config, ending);
  } catch (error) {
    if (ending.aborted) return 143;
    throw error;
  }
  const { runCommandProcess } = await import("./command-process.ts");
  return runCommandProcess(config, ending);
}

async function serve(config: RunnerConfig): Promise<void> {
  const compileCache = process.env["NODE_COMPILE_CACHE"];
  const supervisor = new Supervisor(config, {
    log,
    format: "json",
    ...(compileCache === undefined ? {} : { compileCache: () => compileCache }),
  });
  const fetching = new AbortController();
  // The worker is on its way before this process loads what only itself needs.
  const serving =
    config.fetch === undefined
      ? supervisor.start()
      : fetch(config, fetching.signal).then(() => {
          fetching.signal.throwIfAborted();
          return supervisor.start();
        });
  serving.catch(() => {});
  const { AdminServer } = await import("./serve/admin.ts");
  const admin = new AdminServer(supervisor, config.adminToken === undefined ? {} : { token: config.adminToken });
  const started = Promise.all([serving, admin.listen(config.admin)]);
  let ending = false;
  const end = async (signal: string, idleMs: number) => {
    if (ending) return;
    ending = true;
    log.event("info", `Received ${signal}: finishing what is in flight`);
    fetching.abort();
    await supervisor.stop(config.limits.drainMs, idleMs);
    admin.close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void end("SIGTERM", 1000));
  process.on("SIGINT", () => void end("SIGINT", 0));
  const [{ host, port }, adminAt] = await started.catch((error: unknown) => {
    // A signal while it starts ends the workers that it waits for: that is no failure.
    if (ending) return new Promise<never>(() => {});
    throw error;
  });
  log.event("info", `Serving ${config.composition} at ${host}:${port}, admin at ${adminAt.host}:${adminAt.port}`, {
    port,
    adminPort: adminAt.port,
  });
}

async function main({ document, command }: Called): Promise<void> {
  const config = await complete(document);
  if (!command) return serve(config);
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => ending.abort());
  process.exit(await run(config, ending.signal));
}

let called: Called;
try {
  called = configured();
} catch (error) {
  log.event("critical", (error as Error).message);
  process.exit(2);
}
main(called).catch((error: unknown) => {
  log.event("critical", error instanceof RunnerError ? error.message : String((error as Error)?.stack ?? error));
  process.exit(error instanceof RunnerError && error.code === "bad-config" ? 2 : 1);
});
