/** A process for one run of a command, started by `runCommandProcess` only: it exits with the command's code. */
import { RunnerError } from "./error.ts";
import { makeLog } from "./log.ts";
import type { ToCommand } from "./messages.ts";
import { runCommand } from "./run-command.ts";
import { describeTrap } from "./traps.ts";

/** How the process ends after a trap of the guest: what a shell gives for an abort. */
const trapExitCode = 134;

process.once("message", ({ config }: ToCommand) => {
  const log = makeLog("json");
  runCommand(config, log).then(
    (end) => {
      if ("code" in end) process.exit(end.code);
      const { instance, function: name, message } = describeTrap(end.trap, config.composition);
      log.event("error", `The command trapped in ${name} of ${instance}: ${message}`);
      process.exit(trapExitCode);
    },
    (error: unknown) => {
      const text = error instanceof RunnerError ? error.message : String((error as Error)?.stack ?? error);
      log.event("critical", text);
      process.exit(1);
    },
  );
});
// Without its parent nobody waits for the result.
process.once("disconnect", () => process.exit(1));
