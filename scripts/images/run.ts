import { spawnSync } from "node:child_process";
import { ImagesError } from "./error.ts";

/** Runs a command and gives what it prints; what it says on stderr goes to ours. Throws `ImagesError` where it fails. */
export function run(command: string, args: readonly string[], options: { readonly cwd?: string } = {}): string {
  const { status, signal, stdout, error } = spawnSync(command, args, {
    ...options,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  const why = error?.message ?? (signal === null ? `exit ${status}` : `signal ${signal}`);
  throw new ImagesError("command-failed", `Cannot run ${[command, ...args].join(" ")}: ${why}`, { cause: error });
}

/** True where the command is there and exits 0, whatever it prints. */
export function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore", timeout: 20_000 }).status === 0;
}
