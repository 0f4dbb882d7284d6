import { spawn } from "node:child_process";
import { env } from "node:process";
import { GuestError } from "./error.ts";
import { root } from "./paths.ts";

/** How a tool of a build is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Lines of a failed tool's output that are shown. */
const shown = 30;

/** Runs a tool to its end and gives its standard output; a failure is a GuestError with the end of what it said. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    said += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise<number | string>((done, fail) => {
    child.on("error", fail).on("close", (exit, signal) => done(exit ?? signal ?? "unknown"));
  });
  if (code === 0) return output;
  const tail = said.trimEnd().split("\n").slice(-shown).join("\n");
  throw new GuestError("build-failed", `Cannot run ${command} ${args.join(" ")}: exit code ${code}\n${tail}`);
}
