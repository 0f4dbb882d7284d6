import { argv, cwd, env, stderr, stdout } from "node:process";
import { commands } from "./commands.ts";
import { runCli } from "./program.ts";
import { makeTerminal } from "./terminal.ts";

// `tenon … | head` closes the pipe early: that is no failure of ours.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(commands, argv.slice(2), makeTerminal({ stdout, stderr, env, cwd: cwd() }));
