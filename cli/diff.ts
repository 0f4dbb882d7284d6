import { Command } from "commander";
import type { Change } from "../wiring/diff.ts";
import { type Cli, examples, type OutputFormat, outputOption, writeData } from "./command.ts";
import { exitCodes } from "./error.ts";
import { inspectFile } from "./inspect.ts";
import type { Style } from "./terminal.ts";
import { count, printable } from "./text.ts";
import { withComposer } from "./workspace.ts";

/** `tenon diff OLD NEW` */
export function diffCommand(cli: Cli): Command {
  return new Command("diff")
    .summary("say what an upgrade of a component breaks")
    .description(
      "Compare two versions of a component. An export may grow and an import may shrink; anything else breaks somebody, and the command ends with 1.",
    )
    .argument("<old>", "the .wasm file of the old version")
    .argument("<new>", "the .wasm file of the new version")
    .addOption(outputOption())
    .addHelpText("after", examples(["tenon diff auth-1.4.wasm auth-1.5.wasm", "before you publish 1.5"]))
    .action(async (before: string, after: string, options: { readonly output: OutputFormat }) => {
      const { terminal } = cli;
      const [old, now] = await withComposer(
        async (composer) =>
          [await inspectFile(before, composer, terminal), await inspectFile(after, composer, terminal)] as const,
      );
      const { diffComponents } = await import("../wiring/diff.ts");
      const changes = diffComponents(old.table, now.table);
      const breaking = changes.filter((change) => change.breaking).length;
      if (breaking > 0) cli.exitCode = exitCodes.findings;
      if (options.output !== "human") {
        await writeData(terminal, options.output, {
          breaking: breaking > 0,
          old: old.digest,
          new: now.digest,
          changes,
        });
        return;
      }
      terminal.out(
        `${changes.map((change) => render(change, terminal.style.out)).join("")}${changes.length > 0 ? "\n" : ""}`,
      );
      terminal.out(`${conclude(changes, breaking)}\n`);
    });
}

function conclude(changes: readonly Change[], breaking: number): string {
  if (changes.length === 0) return "No difference in imports and exports";
  const rest = changes.length - breaking;
  if (breaking === 0) return `${count(rest, "change")}, none of them breaking`;
  return `${count(breaking, "breaking change")}${rest > 0 ? `, ${rest} other` : ""}`;
}

const marks = { added: "+", removed: "-", changed: "~", widened: "~" } as const;

function render({ side, name, kind, breaking, differences }: Change, style: Style): string {
  const mark = style(breaking ? "red" : "green", marks[kind]);
  const word = breaking ? style(["red", "bold"], "breaks") : style("green", "fits  ");
  const lines = [`${mark} ${word}  ${side} ${style("bold", printable(name))} ${style("dim", kind)}`];
  for (const { path, message, expected, found } of differences.slice(0, 20)) {
    lines.push(`      ${printable(path)}${path === "" ? "" : ": "}${printable(message)}`);
    if (expected !== undefined)
      lines.push(`        ${style("dim", "old")}  ${printable(side === "export" ? expected : (found ?? "nothing"))}`);
    if (found !== undefined)
      lines.push(`        ${style("dim", "new")}  ${printable(side === "export" ? found : (expected ?? "nothing"))}`);
  }
  if (differences.length > 20) lines.push(`      ${style("dim", `and ${differences.length - 20} more`)}`);
  return `${lines.join("\n")}\n`;
}
