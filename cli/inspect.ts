import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { Command } from "commander";
import type { ComposerError } from "../composer/error.ts";
import type { Composer } from "../composer/index.ts";
import { findHosted } from "../runner/host/catalogue.ts";
import { interfaceOf, parseName } from "../wiring/match.ts";
import { type Item, isTypesOnly, type TypeTable } from "../wiring/table.ts";
import { type Cli, examples, type OutputFormat, outputOption, writeData } from "./command.ts";
import { CliError } from "./error.ts";
import { type Terminal, withProgress } from "./terminal.ts";
import { columns, count, formatBytes, printable } from "./text.ts";
import { readWit } from "./wit.ts";
import { withComposer } from "./workspace.ts";

/** A component or a world as a path of the command line; the digest of a world is that of its binary form. */
export interface InspectedFile {
  readonly file: string;
  readonly digest: string;
  readonly table: TypeTable;
}

const maxBytes = 256 * 1024 * 1024;

/**
 * Reads and inspects a component, a .wit file or a folder of WIT; `world` picks one of several. What is none of them is a
 * `CliError` of the code `unreadable`.
 */
export async function inspectFile(
  file: string,
  {
    composer,
    terminal,
    world,
  }: { readonly composer: Composer; readonly terminal: Terminal; readonly world?: string | undefined },
): Promise<InspectedFile> {
  const sources = await readWit(file, terminal.cwd);
  try {
    const bytes =
      sources === undefined ? await readComponent(file, terminal) : await composer.world(sources, { world });
    const table = await withProgress(terminal, `Inspecting ${file}`, () => composer.inspect(bytes));
    return { file, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, table };
  } catch (cause) {
    if ((cause as Error).name !== "ComposerError") throw cause;
    const { message, subject, position } = cause as ComposerError;
    const place = position === undefined ? "" : ` (${subject}:${position.line}:${position.column})`;
    throw new CliError("unreadable", `Cannot inspect ${file}: ${printable(`${message}${place}`)}`, {
      cause,
      ...(sources !== undefined && position === undefined
        ? { hint: "Name a world of the package with --world NAME" }
        : {}),
    });
  }
}

async function readComponent(file: string, terminal: Terminal): Promise<Uint8Array> {
  const { readBounded } = await import("../operator/local/read-file.ts");
  const read = await readBounded(resolve(terminal.cwd, file), maxBytes);
  if ("bytes" in read) return read.bytes;
  throw new CliError("unreadable", read.message, { hint: "Name the .wasm file of a component, or WIT" });
}

interface Options {
  readonly output: OutputFormat;
  readonly wit?: true;
  readonly world?: string;
}

/** `tenon inspect FILE` */
export function inspectCommand(cli: Cli): Command {
  return new Command("inspect")
    .summary("show what a component imports and exports")
    .description("Show a component's imports and exports, who can serve each import, its size and its digest.")
    .argument("<file>", "the .wasm file of a component, a .wit file or a folder of WIT")
    .option("--world <name>", "of WIT with several worlds, the one to show")
    .option("--wit", "print its world as WIT, and nothing else")
    .addOption(outputOption())
    .addHelpText(
      "after",
      examples(
        ["tenon inspect auth.wasm", "imports, exports, size, digest"],
        ["tenon inspect auth.wasm --wit", "its world as WIT"],
        ["tenon inspect auth.wasm -o json", "all of it, for scripts"],
      ),
    )
    .action(async (file: string, options: Options) => {
      const { terminal } = cli;
      const inspected = await withComposer((composer) =>
        inspectFile(file, { composer, terminal, world: options.world }),
      );
      const { printWorld } = await import("../wiring/world.ts");
      if (options.wit === true) terminal.out(printWorld(inspected.table));
      else if (options.output === "human") print(inspected, terminal);
      else await writeData(terminal, options.output, asData(inspected, printWorld(inspected.table)));
    });
}

/** Who can serve an import: the runner, the runner once it is granted, or only another instance. */
type Server = "runner" | "grant" | "instance" | "nobody needed";

function serverOf(table: TypeTable, item: Item): Server {
  if (isTypesOnly(table, item)) return "nobody needed";
  const name = item.kind === "resource" ? (table.resources[item.resource!]?.home[0] ?? item.name) : interfaceOf(item);
  const { base, version = "" } = parseName(name);
  const hosted = findHosted(base, version);
  return hosted === undefined ? "instance" : hosted.grant === "none" ? "runner" : "grant";
}

const serverTexts: { readonly [server in Server]: string } = {
  runner: "served by the runner",
  grant: "served by the runner, needs a grant",
  instance: "needs an instance that exports it",
  "nobody needed": "types only",
};

function print({ file, digest, table }: InspectedFile, terminal: Terminal): void {
  const style = terminal.style.out;
  const { bytes, coreModules, components } = table.size;
  const lines = [
    style("bold", printable(file)),
    `  ${style("dim", "digest")}  ${digest}`,
    `  ${style("dim", "size")}    ${formatBytes(bytes)}, ${count(coreModules, "core module")}, ${count(components, "inner component")}`,
    "",
    ...section(
      "imports",
      table.imports.map((item) => [label(item), serverTexts[serverOf(table, item)]]),
      style,
    ),
    "",
    ...section(
      "exports",
      table.exports.map((item) => [label(item), item.kind]),
      style,
    ),
  ];
  const { asyncLifts } = table.features;
  if (asyncLifts.length > 0)
    lines.push(
      "",
      `${style("yellow", "!")} Async functions (WASI 0.3) do not run yet: ${printable(asyncLifts.slice(0, 5).join(", "))}`,
    );
  terminal.out(`${lines.join("\n")}\n`);
}

function label(item: Item): string {
  return printable(item.implements === undefined ? item.name : `${item.name}: ${item.implements}`);
}

function section(title: string, rows: readonly (readonly string[])[], style: Terminal["style"]["out"]): string[] {
  const head = `  ${style("bold", title)} ${style("dim", String(rows.length))}`;
  const paint = (cell: string, column: number): string => {
    if (column === 0) return cell;
    return style(cell.startsWith("needs") ? "yellow" : "dim", cell);
  };
  return [head, ...columns(rows, paint).map((line) => `    ${line}`)];
}

function asData({ file, digest, table }: InspectedFile, wit: string): unknown {
  const entry = (item: Item) => {
    const { base, version } = parseName(interfaceOf(item));
    const hasInterface = item.kind === "instance" && base.includes("/");
    return {
      name: item.name,
      ...(hasInterface ? { interface: base } : {}),
      ...(version === undefined || version === "" ? {} : { version }),
      kind: item.kind === "instance" ? "instance" : item.kind === "func" ? "function" : "type",
    };
  };
  return {
    file,
    digest,
    size: table.size,
    imports: table.imports.map((item) => ({ ...entry(item), served: serverOf(table, item) })),
    exports: table.exports.map(entry),
    features: table.features,
    wit,
  };
}
