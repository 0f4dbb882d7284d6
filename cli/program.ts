import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import type { Cli, MakeCommand } from "./command.ts";
import { type CliErrorCode, exitCodes } from "./error.ts";
import type { Terminal } from "./terminal.ts";

const footer = `
Exit codes:
  0   all is well
  1   something was found that must be mended
  2   the command line is wrong
  3   a file cannot be read or written
  70  a bug of Tenon's

NO_COLOR turns colours off. TENON_DEBUG=1 shows where an error came from.`;

/** The program `tenon` over the given commands. */
export function makeProgram(commands: readonly MakeCommand[], cli: Cli): Command {
  const { terminal } = cli;
  const program = new Command("tenon")
    .description(
      "Run composed WebAssembly components: type-checked wiring, one fused component, capabilities per instance.",
    )
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help")
    .addHelpText("after", footer)
    .showSuggestionAfterError()
    .enablePositionalOptions();
  for (const make of commands) program.addCommand(make(cli));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) => write(asMessage(terminal, text)),
    });
    command.configureHelp({ styleTitle: (title) => terminal.style.out("bold", title), sortSubcommands: false });
    command.helpOption("-h, --help", "show help");
  }
  return program;
}

/** Runs one command line, and returns how the process should end. It never throws and never prints a stack by itself. */
export async function runCli(
  commands: readonly MakeCommand[],
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const cli: Cli = { terminal, exitCode: exitCodes.ok };
  const program = makeProgram(commands, cli);
  try {
    await program.parseAsync(argv, { from: "user" });
    return cli.exitCode;
  } catch (error) {
    return explain(error as Error, terminal);
  }
}

function explain(error: Error & { readonly hint?: string }, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { err } = terminal.style;
  const debug = Boolean(terminal.env["TENON_DEBUG"]);
  const isKnown = error.name === "CliError" || error.name === "LocalError";
  if (debug) terminal.err(`${error.stack}\n`);
  if (isKnown) {
    terminal.err(`${err("red", "error")}: ${error.message}\n`);
    if (error.hint !== undefined) terminal.err(`${err("dim", "hint")}   ${error.hint}\n`);
    if (error.name === "LocalError") {
      return (error as Error & { code: string }).code === "cache" ? exitCodes.unreadable : exitCodes.usage;
    }
    return exitCodes[(error as Error & { code: CliErrorCode }).code];
  }
  if (error.name === "AbortError") return 130;
  terminal.err(`${err("red", "error")}: Tenon failed, which is a bug: ${error.message}\n`);
  if (!debug) terminal.err(`${err("dim", "hint")}   Run it again with TENON_DEBUG=1 and report what it prints\n`);
  return exitCodes.internal;
}

/** Commander's sentences start in lower case and may end with a suggestion on a line of its own. */
function asMessage(terminal: Terminal, text: string): string {
  const [first = "", ...rest] = text
    .replace(/^error: /, "")
    .trimEnd()
    .split("\n");
  const message = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, "");
  const lines = rest.map((line) => `${terminal.style.err("dim", "hint")}   ${line.replace(/^\(|\)$/g, "")}`);
  return `${[`${terminal.style.err("red", "error")}: ${message}`, ...lines].join("\n")}\n`;
}

/** The version of the package, from a checkout (`cli/`) or from a published one (`dist/cli/`). */
function readVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
    } catch {
      // The other place.
    }
  }
  return "unknown";
}
