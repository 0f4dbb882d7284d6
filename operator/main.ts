/**
 * The operator: `main.ts FLAGS`; `--help` lists them. Waits for the Lease, then reconciles until SIGTERM or SIGINT, gives
 * what runs time to end, gives the Lease back and exits 0. Exits 2 when it is configured wrongly, and 1 when it cannot work
 * or lost the Lease: another process has it then, and there must not be two.
 */
import { hostname } from "node:os";
import { argv, env, exit, stderr, stdout } from "node:process";
import { systemClock } from "./clock.ts";
import type { OperatorConfig } from "./config.ts";
import { readConfig } from "./config-read.ts";
import { makeLog } from "./log.ts";
import { runOperator } from "./operator.ts";
import { readVersion } from "./version.ts";

const version = readVersion();
const asked = readConfig({ args: argv.slice(2), env, machine: { hostname: hostname() }, version });
switch (asked.kind) {
  case "print":
    stdout.write(`${asked.text.trimEnd()}\n`);
    break;
  case "refuse":
    stderr.write(`${asked.problems.join("\n")}\n`);
    exit(2);
    break;
  case "run":
    exit(await main(asked.config));
}

async function main(config: OperatorConfig): Promise<number> {
  const log = makeLog((line) => stdout.write(`${line}\n`), { level: config.logLevel, now: systemClock.now });
  const ending = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      log.info(`Received ${name}: finishing what is under way`);
      ending.abort();
    });
  }
  try {
    return await runOperator(config, { clock: systemClock, log, version, ending: ending.signal });
  } catch (error) {
    if (ending.signal.aborted) return 0;
    const { message, stack } = error as Error;
    log.error("Cannot go on", { error: message, stack });
    return 1;
  }
}
