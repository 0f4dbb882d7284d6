import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { commands } from "../../../cli/commands.ts";
import { exitCodes } from "../../../cli/error.ts";
import { makeProgram } from "../../../cli/program.ts";
import { makeTerminal } from "../../../cli/terminal.ts";

const root = join(import.meta.dirname, "../../..");
const text = readFileSync(join(root, "docs/cli.md"), "utf8");
const silent = { write: () => true };
const terminal = makeTerminal({ stdout: silent, stderr: silent, env: {}, cwd: root });
const program = makeProgram(commands, { terminal, exitCode: 0 });
const chapters = new Map(text.split(/^## /m).map((chapter) => [chapter.split("\n", 1)[0]!, chapter] as const));

test("docs/cli.md has a chapter for every command, in the order of the help", () => {
  const main = readFileSync(join(root, "cli/commands.ts"), "utf8");
  const made = main
    .split("const commands")[1]!
    .split("];")[0]!
    .match(/^ {2}\w+,$/gm)!;
  expect(made.length).toBe(commands.length);
  const wanted = program.commands.map((command) => `tenon ${command.name()}`);
  expect([...chapters.keys()].filter((title) => title.startsWith("tenon "))).toEqual(wanted);
});

test.each(program.commands.map((command) => [command.name(), command] as const))(
  "docs/cli.md has every option of tenon %s",
  (name, command) => {
    const flags = command.options.map(({ long }) => long!);
    expect(flags.filter((flag) => !chapters.get(`tenon ${name}`)!.includes(flag))).toEqual([]);
  },
);

test("docs/cli.md has every exit code", () => {
  const rows = [...chapters.get("Exit codes")!.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(expect.arrayContaining(Object.values(exitCodes)));
});
