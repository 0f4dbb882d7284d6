import { Command } from "commander";
import type { Checked } from "../operator/local/check.ts";
import type { LoadedComposition } from "../operator/local/load.ts";
import type { Remark } from "../operator/local/remark.ts";
import { type Cli, examples, type OutputFormat, outputOption, writeData } from "./command.ts";
import { renderRemarks, summarize } from "./render/remarks.ts";
import { count, printable } from "./text.ts";
import { exitCodeFor, loadPaths, withComposer } from "./workspace.ts";

interface Options {
  readonly output: OutputFormat;
  readonly deps?: string;
}

/** `tenon check PATH…` */
export function checkCommand(cli: Cli): Command {
  return new Command("check")
    .summary("say everything that is wrong with compositions")
    .description(
      "Check manifests, compose files and WAC scripts: their fields, their wiring down to the record field, and whether a runner can run them. All findings at once, each with its line.",
    )
    .argument("<path...>", "manifests, compose.yaml, .wac, or folders of them")
    .addOption(outputOption())
    .option("--deps <folder>", "where the packages of a .wac are (default: deps beside it)")
    .addHelpText(
      "after",
      examples(
        ["tenon check .", "the manifests of this folder"],
        ["tenon check compose.yaml", "a compose file"],
        ["tenon check . -o json | jq '.remarks[].message'", "for scripts"],
      ),
    )
    .action(async (paths: string[], options: Options) => {
      await withComposer(async (composer) => {
        const workspace = await loadPaths(paths, { composer, terminal: cli.terminal, deps: options.deps });
        const { check } = await import("../operator/local/check.ts");
        const checked = workspace.compositions.map((composition) => ({ composition, ...check(composition) }));
        const remarks = [...workspace.remarks, ...checked.flatMap((one) => one.remarks)];
        cli.exitCode = exitCodeFor(remarks);
        if (options.output === "human") print(cli, remarks, checked);
        else await writeData(cli.terminal, options.output, asData(remarks, checked));
      });
    });
}

type One = Checked & { readonly composition: LoadedComposition };

function print({ terminal }: Cli, remarks: readonly Remark[], checked: readonly One[]): void {
  const { style, cwd } = { style: terminal.style.out, cwd: terminal.cwd };
  if (remarks.length > 0) terminal.out(`${renderRemarks(remarks, { style, cwd })}\n`);
  for (const { composition, valid, wiring } of checked) {
    const { name, instances } = composition.spec;
    const facts = [
      count(instances.length, "instance"),
      count(wiring.edges.length, "connection"),
      count(wiring.hostImports.length, "host import"),
      count(wiring.exports.length, "export"),
    ];
    if (valid)
      terminal.out(`${style("green", "✓")} ${style("bold", printable(name))}  ${style("dim", facts.join(", "))}\n`);
    else terminal.out(`${style("red", "✗")} ${style("bold", printable(name))}\n`);
  }
  const summary = summarize(remarks);
  if (summary !== "") terminal.out(`${checked.length > 0 ? "\n" : ""}${summary}\n`);
}

function asData(remarks: readonly Remark[], checked: readonly One[]): unknown {
  return {
    valid: exitCodeFor(remarks) === 0,
    remarks,
    compositions: checked.map(({ composition, valid, wiring }) => ({ name: composition.spec.name, valid, ...wiring })),
  };
}
