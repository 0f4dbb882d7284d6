import type { Composer } from "../composer/index.ts";
import type { LoadedComposition, Workspace } from "../operator/local/load.ts";
import type { Remark } from "../operator/local/remark.ts";
import type { Cli } from "./command.ts";
import { CliError, exitCodes } from "./error.ts";
import { renderRemarks, summarize } from "./render/remarks.ts";
import { type Terminal, withProgress } from "./terminal.ts";

/** Runs with a composer, which is closed afterwards whatever happens. */
export async function withComposer<T>(use: (composer: Composer) => Promise<T>): Promise<T> {
  const { startComposer } = await import("../composer/index.ts");
  const composer = startComposer();
  try {
    return await use(composer);
  } finally {
    await composer.close();
  }
}

/** Loads what the paths of a command line declare. */
export async function loadPaths(
  paths: readonly string[],
  {
    composer,
    terminal,
    deps,
  }: { readonly composer: Composer; readonly terminal: Terminal; readonly deps?: string | undefined },
): Promise<Workspace> {
  const { load } = await import("../operator/local/load.ts");
  const { cwd } = terminal;
  return withProgress(terminal, "Reading components", () =>
    load(paths, { composer, cwd, ...(deps === undefined ? {} : { deps }) }),
  );
}

/** Picks the one composition, or the one with this name. */
export function pickComposition(
  { compositions, remarks }: Workspace,
  { terminal }: Cli,
  name?: string,
): LoadedComposition {
  const names = compositions.map(({ spec }) => spec.name);
  const matching = name === undefined ? compositions : compositions.filter(({ spec }) => spec.name === name);
  const [only, ...others] = matching;
  if (only !== undefined && others.length === 0) return only;
  if (compositions.length === 0) {
    const unreadable = remarks.some(({ code }) => code === "input");
    terminal.err(`${renderRemarks(remarks, { style: terminal.style.err, cwd: terminal.cwd })}\n`);
    throw new CliError(unreadable ? "unreadable" : "findings", `Cannot go on: ${summarize(remarks)}`);
  }
  const list = [...new Set(names)].join(", ");
  if (only === undefined)
    throw new CliError("usage", `Cannot find the composition: ${name}`, { hint: `Known here: ${list}` });
  throw new CliError("usage", `Cannot choose between ${names.length} compositions: ${list}`, {
    hint: "Name one with --composition NAME",
  });
}

/** Prints remarks to people, and says how the process should end for them. */
export function tell(remarks: readonly Remark[], { terminal }: Cli): number {
  if (remarks.length > 0) terminal.err(`${renderRemarks(remarks, { style: terminal.style.err, cwd: terminal.cwd })}\n`);
  return exitCodeFor(remarks);
}

/** 0 where nothing is an error, 3 where an input of the command line could not be read, else 1. */
export function exitCodeFor(remarks: readonly Remark[]): number {
  const errors = remarks.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return exitCodes.ok;
  return errors.some(({ code }) => code === "input") ? exitCodes.unreadable : exitCodes.findings;
}
