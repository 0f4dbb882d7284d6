import { fork } from "node:child_process";
import type { RunnerConfig } from "./config.ts";
import { sibling } from "./entry.ts";
import type { ToCommand } from "./messages.ts";
import { workerEnvironment, workerFlags } from "./permissions.ts";

/**
 * Runs the composition's command once, in a process of its own under the same permissions as a worker; gives its exit code.
 * When the signal is aborted the process is killed, and the code is 143, as after SIGTERM.
 */
export function runCommandProcess(config: RunnerConfig, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(sibling(import.meta.url, "command"), {
      execArgv: workerFlags(config),
      env: workerEnvironment(process.env),
    });
    const end = (): boolean => child.kill("SIGKILL");
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("exit", (code) => resolve(signal.aborted ? 143 : (code ?? 1)));
    child.send({ config } satisfies ToCommand, () => {});
  });
}
