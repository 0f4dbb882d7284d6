import { openComposition } from "./composition.ts";
import type { RunnerConfig } from "./config.ts";
import { RunnerError } from "./error.ts";
import { HostError, type Log, type Trap } from "./host/host.ts";
import { flushLines } from "./host/lines.ts";
import type { LinkedFunction } from "./link/linked.ts";

/** How a command ended: its exit code, or the trap that ended it. */
export type CommandEnd = { readonly code: number } | { readonly trap: Trap };

/** The name of a command's export, of any 0.2. */
export const commandExport = /^wasi:cli\/run@0\.2\.\d+$/;

/**
 * Runs the composition's `wasi:cli/run` once, in this process. 0 and 1 are the guest's ok and err; `exit-with-code` gives
 * its own. Throws `RunnerError` where it cannot start.
 */
export async function runCommand(config: RunnerConfig, log: Log): Promise<CommandEnd> {
  const composition = await openComposition(config, { log });
  try {
    const { functions } = composition.linker.instantiate();
    const run = functions.find((it) => it.name === "run" && commandExport.test(it.interface));
    if (run === undefined) {
      throw new RunnerError("bad-config", "Cannot run the composition as a command: it exports no wasi:cli/run@0.2");
    }
    return await callRun(run);
  } finally {
    flushLines(composition.services);
    await composition.close();
  }
}

async function callRun(run: LinkedFunction): Promise<CommandEnd> {
  try {
    await run.call();
    return { code: 0 };
  } catch (error) {
    if (error instanceof HostError) return { code: 1 };
    const { name, code } = error as Error & { code?: unknown };
    if (typeof code === "number") return { code };
    if (name === "Trap") return { trap: error as Trap };
    throw error;
  }
}
