/**
 * The runner: `main.ts --config FILE`. Serves one composition until SIGTERM or SIGINT, then drains and exits 0.
 * Exits 2 when it is called wrongly, 1 when the composition cannot run.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { RunnerConfig } from "./config.ts";
import { readConfig } from "./config-read.ts";
import { RunnerError } from "./error.ts";
import { makeLog } from "./log.ts";
import { Supervisor } from "./supervisor.ts";

const log = makeLog("json");

function configured(): RunnerConfig {
  const { values } = parseArgs({ options: { config: { type: "string" } }, strict: true });
  if (values.config === undefined) throw new RunnerError("bad-config", "Cannot start the runner: give --config FILE");
  try {
    return readConfig(readFileSync(values.config, "utf8"));
  } catch (cause) {
    if (cause instanceof RunnerError) throw cause;
    throw new RunnerError("bad-config", `Cannot read the configuration: ${(cause as Error).message}`, { cause });
  }
}

async function main(config: RunnerConfig): Promise<void> {
  const compileCache = process.env["NODE_COMPILE_CACHE"];
  const supervisor = new Supervisor(config, {
    log,
    format: "json",
    ...(compileCache === undefined ? {} : { compileCache: () => compileCache }),
  });
  // The worker is on its way before this process loads what only itself needs.
  const serving = supervisor.start();
  serving.catch(() => {});
  const { AdminServer } = await import("./serve/admin.ts");
  const admin = new AdminServer(supervisor, config.adminToken === undefined ? {} : { token: config.adminToken });
  const started = Promise.all([serving, admin.listen(config.admin)]);
  let ending = false;
  const end = async (signal: string, idleMs: number) => {
    if (ending) return;
    ending = true;
    log.event("info", `Received ${signal}: finishing what is in flight`);
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

let config: RunnerConfig;
try {
  config = configured();
} catch (error) {
  log.event("critical", (error as Error).message);
  process.exit(2);
}
main(config).catch((error: unknown) => {
  log.event("critical", error instanceof RunnerError ? error.message : String((error as Error)?.stack ?? error));
  process.exit(1);
});
