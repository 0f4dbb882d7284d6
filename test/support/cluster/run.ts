import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** What a program printed, and how it ended. */
export interface Ran {
  /** Null where a signal ended it, as after `timeoutMs`. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program with `input` on its stdin, for at most `timeoutMs` (two minutes). */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const { input = "", timeoutMs = 120_000, env = {} } = options;
  const child = spawn(program, [...args], { timeout: timeoutMs, env: { ...process.env, ...env } });
  // A program that reads none of it may end before all is written.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}
