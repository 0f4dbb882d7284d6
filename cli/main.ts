import { argv, cwd, env, stderr, stdout } from "node:process";
import { callCommand } from "./call.ts";
import { checkCommand } from "./check.ts";
import type { MakeCommand } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { composeCommand } from "./compose.ts";
import { convertCommand } from "./convert.ts";
import { diffCommand } from "./diff.ts";
import { graphCommand } from "./graph.ts";
import { inspectCommand } from "./inspect.ts";
import { runCli } from "./program.ts";
import { runCommandOf } from "./run.ts";
import { makeTerminal } from "./terminal.ts";
import { upCommand } from "./up.ts";

/** Every command, in the order of `tenon --help`. */
const commands: readonly MakeCommand[] = [
  upCommand,
  runCommandOf,
  callCommand,
  checkCommand,
  composeCommand,
  graphCommand,
  inspectCommand,
  diffCommand,
  convertCommand,
  completionCommand,
];

// `tenon … | head` closes the pipe early: that is no failure of ours.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(commands, argv.slice(2), makeTerminal({ stdout, stderr, env, cwd: cwd() }));
