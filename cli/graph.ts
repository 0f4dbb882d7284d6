import { Command, Option } from "commander";
import { type Cli, examples } from "./command.ts";
import { renderDot } from "./render/dot.ts";
import { type Graph, makeGraph } from "./render/graph.ts";
import { renderMermaid } from "./render/mermaid.ts";
import { renderTree } from "./render/tree.ts";
import { loadPaths, pickComposition, tell, withComposer } from "./workspace.ts";

interface Options {
  readonly format: "terminal" | "mermaid" | "dot";
  readonly deps?: string;
  readonly composition?: string;
}

/** `tenon graph PATH` */
export function graphCommand(cli: Cli): Command {
  return new Command("graph")
    .summary("draw a composition")
    .description("Draw the instances of a composition, their connections, and what is left to the host.")
    .argument("<path>", "a manifest, a compose.yaml, a .wac, or a folder with one")
    .addOption(
      new Option("--format <format>", "what to draw with").choices(["terminal", "mermaid", "dot"]).default("terminal"),
    )
    .option("--deps <folder>", "where the packages of a .wac are (default: deps beside it)")
    .option("--composition <name>", "which one, where there are several")
    .addHelpText(
      "after",
      examples(
        ["tenon graph .", "on the terminal"],
        ["tenon graph . --format mermaid >> README.md", "for GitHub"],
        ["tenon graph . --format dot | dot -Tsvg > graph.svg", "with Graphviz"],
      ),
    )
    .action(async (path: string, options: Options) => {
      await withComposer(async (composer) => {
        const { terminal } = cli;
        const workspace = await loadPaths([path], { composer, terminal, deps: options.deps });
        const composition = pickComposition(workspace, cli, options.composition);
        const { check } = await import("../operator/local/check.ts");
        const { wiring, remarks } = check(composition, { run: false });
        cli.exitCode = tell([...workspace.remarks, ...remarks], cli);
        const graph = makeGraph(composition.spec.name, wiring, (name) => composition.components.get(name)?.table);
        terminal.out(draw(graph, options.format, cli));
      });
    });
}

function draw(graph: Graph, format: Options["format"], { terminal }: Cli): string {
  switch (format) {
    case "mermaid":
      return renderMermaid(graph);
    case "dot":
      return renderDot(graph);
    case "terminal":
      return renderTree(graph, terminal.style.out);
  }
}
