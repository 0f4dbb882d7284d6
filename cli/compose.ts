import { createHash, randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import type { LoadedComposition } from "../operator/local/load.ts";
import { type Cli, examples } from "./command.ts";
import { CliError, exitCodes } from "./error.ts";
import { withProgress } from "./terminal.ts";
import { count, formatBytes } from "./text.ts";
import { loadPaths, pickComposition, tell, withComposer } from "./workspace.ts";

interface Options {
  readonly output: string;
  readonly wiring?: "auto" | "explicit";
  readonly deps?: string;
  readonly composition?: string;
}

/** `tenon compose FILE -o OUT.wasm` */
export function composeCommand(cli: Cli): Command {
  return new Command("compose")
    .summary("fuse a composition into one standard component")
    .description(
      "Check a composition and fuse it into one component, which any component runtime can run. The same inputs give the same bytes.",
    )
    .argument("<path>", "a manifest, a compose.yaml, a .wac, or a folder with one")
    .requiredOption("-o, --output <file>", "where to write the component; - for standard output")
    .addOption(
      new Option("--wiring <how>", "connect what only one instance exports, or only what is connected by hand").choices(
        ["auto", "explicit"],
      ),
    )
    .option("--deps <folder>", "where the packages of a .wac are (default: deps beside it)")
    .option("--composition <name>", "which one, where there are several")
    .addHelpText(
      "after",
      examples(
        ["tenon compose compose.yaml -o api.wasm", "a compose file"],
        ["tenon compose app.wac --deps target -o app.wasm", "a WAC script"],
        ["tenon compose . -o - | wasm-tools component wit", "to another tool"],
      ),
    )
    .action(async (path: string, options: Options) => {
      await withComposer(async (composer) => {
        const { terminal } = cli;
        const workspace = await loadPaths([path], { composer, terminal, deps: options.deps });
        const picked = withWiring(pickComposition(workspace, cli, options.composition), options.wiring);
        const { compose } = await import("../operator/local/build.ts");
        const { bytes, remarks } = await withProgress(terminal, "Composing", () => compose(picked, { composer }));
        cli.exitCode = tell([...workspace.remarks, ...remarks], cli);
        if (bytes === undefined || cli.exitCode !== exitCodes.ok) {
          cli.exitCode ||= exitCodes.findings;
          return;
        }
        await write(bytes, options.output, cli, workspace.files);
        const digest = createHash("sha256").update(bytes).digest("hex");
        const what = `${formatBytes(bytes.byteLength)}, ${count(picked.spec.instances.length, "instance")}, sha256:${digest}`;
        if (options.output !== "-")
          terminal.err(`${terminal.style.err("green", "✓")} ${options.output}  ${terminal.style.err("dim", what)}\n`);
      });
    });
}

function withWiring(composition: LoadedComposition, wiring: Options["wiring"]): LoadedComposition {
  if (wiring === undefined) return composition;
  return { ...composition, spec: { ...composition.spec, wiring: wiring === "auto" ? "Auto" : "Explicit" } };
}

/** Writes the whole file or nothing: a component cut short is worse than none. */
async function write(bytes: Uint8Array, output: string, { terminal }: Cli, inputs: readonly string[]): Promise<void> {
  if (output === "-" && !terminal.showsText) return terminal.out(bytes);
  if (output === "-") {
    throw new CliError("usage", "Cannot show a component on a terminal: -o -", {
      hint: "Name a file after -o, or pipe it into another tool",
    });
  }
  const path = resolve(terminal.cwd, output);
  if (inputs.includes(path)) {
    throw new CliError("usage", `Cannot write over an input: ${output}`, { hint: "Name another file after -o" });
  }
  const part = join(dirname(path), `.${randomUUID()}.part`);
  try {
    await writeFile(part, bytes);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => {});
    const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
    throw new CliError("unreadable", `Cannot write the file (${code}): ${output}`, {
      cause,
      hint: "Name a file in a folder that can be written",
    });
  }
}
