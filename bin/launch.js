import { spawn } from "node:child_process";
import { constants } from "node:os";
import { exit } from "node:process";

/** Runs `node ARGS` in place of this process: its streams, the signals that ask it to end, and its exit code. */
export function launch(node, args, options = {}) {
  const child = spawn(node, args, { ...options, stdio: "inherit" });
  // A terminal sends Ctrl-C to the whole group, so the child may get it twice, which counts as one there
  // (cli/running.ts); anybody else sends it to this process only.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
