import { type Command, Option } from "commander";
import type { Terminal } from "./terminal.ts";

/** What a command is made for: where it writes, and how the process will end. */
export interface Cli {
  readonly terminal: Terminal;
  /** Set by the command that ran; 0 at first. */
  exitCode: number;
}

/** Makes one command of the program. */
export type MakeCommand = (cli: Cli) => Command;

/** How a command answers. */
export type OutputFormat = "human" | "json" | "yaml";

/** `-o, --output`, the same for every command that has something for scripts. */
export function outputOption(): Option {
  return new Option("-o, --output <format>", "how to answer").choices(["human", "json", "yaml"]).default("human");
}

/** Writes an answer for scripts. */
export async function writeData(terminal: Terminal, format: "json" | "yaml", data: unknown): Promise<void> {
  if (format === "json") return terminal.out(`${JSON.stringify(data, null, 2)}\n`);
  const { stringify } = await import("yaml");
  terminal.out(stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }));
}

/** The chapter of examples at the end of a command's help. */
export function examples(...lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  $ ${command.padEnd(width)}  # ${what}`).join("\n")}`;
}
