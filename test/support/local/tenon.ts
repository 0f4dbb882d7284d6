import { checkCommand } from "../../../cli/check.ts";
import type { MakeCommand } from "../../../cli/command.ts";
import { completionCommand } from "../../../cli/completion.ts";
import { composeCommand } from "../../../cli/compose.ts";
import { convertCommand } from "../../../cli/convert.ts";
import { diffCommand } from "../../../cli/diff.ts";
import { graphCommand } from "../../../cli/graph.ts";
import { inspectCommand } from "../../../cli/inspect.ts";
import { runCli } from "../../../cli/program.ts";
import { makeTerminal } from "../../../cli/terminal.ts";

/** What a command line printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The commands that need no runner. */
export const offlineCommands: readonly MakeCommand[] = [
  checkCommand,
  composeCommand,
  graphCommand,
  inspectCommand,
  diffCommand,
  convertCommand,
  completionCommand,
];

/** Runs a command line in this process, as if on a pipe. */
export async function tenon(
  argv: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly commands?: readonly MakeCommand[];
  } = {},
): Promise<Ran> {
  const { cwd = "/", env = {}, commands = offlineCommands } = options;
  const written = { out: "", err: "" };
  const sink = (name: keyof typeof written) => ({
    write(chunk: string | Uint8Array) {
      written[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
    },
  });
  const code = await runCli(commands, argv, makeTerminal({ stdout: sink("out"), stderr: sink("err"), env, cwd }));
  return { code, ...written };
}
