import { type ChildProcess, spawn } from "node:child_process";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

/** A command line of `tenon` that runs, and what it has written. */
export interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Waits until `out` and `err` together match; gives the match. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

/** Starts `tenon ARGS`, without colours. */
export function start(
  args: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: string } = {},
): Running {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, ...env } = process.env;
  const child = spawn(execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...env, NO_COLOR: "1", NODE_NO_WARNINGS: "1" },
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, out, err }));
  });
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    async until(pattern) {
      for (let i = 0; i < 1500; i++) {
        const found = pattern.exec(err + out);
        if (found !== null) return found;
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`Never wrote ${pattern}:\n${err}${out}`);
    },
  };
}

/** Runs `tenon ARGS` to its end. */
export function tenon(...args: readonly string[]): Running["ended"] {
  return start(args).ended;
}
