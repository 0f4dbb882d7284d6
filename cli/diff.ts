import { Command } from "commander";
import type { Composer } from "../composer/index.ts";
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
      "Compare two versions of a component or of a world. An export may grow and an import may shrink; anything else breaks somebody, and the command ends with 1.",
    )
    .argument("<old>", "the old version: a .wasm file, a .wit file or a folder of WIT")
    .argument("<new>", "the new version")
    .option("--world <name>", "of WIT with several worlds, the one to compare")
    .addOption(outputOption())
    .addHelpText("after", examples(["tenon diff auth-1.4.wasm auth-1.5.wasm", "before you publish 1.5"]))
    .action(
      async (before: string, after: string, options: { readonly output: OutputFormat; readonly world?: string }) => {
        const { terminal } = cli;
        const from = (composer: Composer) => ({ composer, terminal, world: options.world });
        const [old, now] = await withComposer(
          async (composer) =>
            [await inspectFile(before, from(composer)), await inspectFile(after, from(composer))] as const,
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
      },
    );
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
