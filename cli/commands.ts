import { callCommand } from "./call.ts";
import { checkCommand } from "./check.ts";
import type { MakeCommand } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { composeCommand } from "./compose.ts";
import { convertCommand } from "./convert.ts";
import { diffCommand } from "./diff.ts";
import { graphCommand } from "./graph.ts";
import { inspectCommand } from "./inspect.ts";
import { runCommandOf } from "./run.ts";
import { upCommand } from "./up.ts";

/** Every command, in the order of `tenon --help`. */
export const commands: readonly MakeCommand[] = [
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
