import { Command } from "commander";
import type { RunnerConfig } from "../runner/config.ts";
import { type Cli, examples } from "./command.ts";
import { CliError, exitCodes } from "./error.ts";
import { collectPairs } from "./options.ts";
import { configurePath, explainRunnerError, prepareSingle } from "./running.ts";
import { printable } from "./text.ts";

interface Flags {
  readonly args?: string;
  readonly composition?: string;
  readonly volume?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
}

/** What to call. */
interface Target {
  readonly interface: string;
  readonly function: string;
  readonly args: unknown;
}

/** `tenon call URL|PATH INTERFACE.FUNCTION ARGS…`: one call, of a running composition or of one that is made for it. */
export function callCommand(cli: Cli): Command {
  return new Command("call")
    .summary("call a function of a composition")
    .description(
      "Call an exported function with JSON: of a composition that runs at a URL, or of files, which are composed for this one call. Prints the result as JSON; a `result` that is an error ends with 1.",
    )
    .argument("<url|path>", "where a composition is served, or manifests, a compose.yaml, a .wac or a component")
    .argument("<function>", "INTERFACE.FUNCTION, or FUNCTION where there is only one of that name")
    .argument("[args...]", "arguments in order, each JSON; what is no JSON is a string")
    .option("--args <json>", "all arguments as one document: an object by name, or an array")
    .option("--composition <name>", "which one, where the files declare several")
    .option("--volume <name=dir>", "the folder of a volume (repeatable)", collectPairs)
    .option("--config <name=file>", "the file of a ConfigMap or Secret (repeatable)", collectPairs)
    .addHelpText(
      "after",
      examples(
        ["tenon call compose.yaml example:http/auth.authenticate ada-token ada", "composed for this call"],
        ["tenon call http://localhost:8080 example:http/auth.authenticate ada-token ada", "a running one"],
        [`tenon call math.wasm add --args '{"a": 1, "b": 2}'`, "arguments by name"],
      ),
    )
    .action(async (where: string, name: string, words: string[], flags: Flags) => {
      const target = parseTarget(name, words, flags);
      const result = /^https?:\/\//.test(where)
        ? await callUrl(where, target)
        : await callPath(cli, where, { target, flags });
      if (result === undefined) return;
      cli.terminal.out(`${JSON.stringify(result, null, 2)}\n`);
      if (isErr(result)) cli.exitCode = exitCodes.findings;
    });
}

function parseTarget(name: string, words: readonly string[], { args }: Flags): Target {
  const dot = name.lastIndexOf(".");
  const target = { interface: dot < 0 ? "-" : name.slice(0, dot), function: name.slice(dot + 1) };
  if (args === undefined) return { ...target, args: words.map(parseWord) };
  if (words.length > 0) throw new CliError("usage", "Cannot take arguments twice: give them in order, or with --args");
  try {
    return { ...target, args: JSON.parse(args) };
  } catch (cause) {
    throw new CliError("usage", `Cannot read --args as JSON: ${(cause as Error).message}`, { cause });
  }
}

function parseWord(word: string): unknown {
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}

async function callUrl(base: string, target: Target): Promise<unknown> {
  const path = `call/${encodeURIComponent(target.interface)}/${encodeURIComponent(target.function)}`;
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(target.args),
    });
  } catch (error) {
    const { message } = ((error as Error).cause ?? error) as Error;
    throw new CliError("unreadable", `Cannot reach ${url.origin}: ${message}`, { cause: error });
  }
  const text = await response.text();
  try {
    const json = JSON.parse(text);
    if (response.ok) return json;
    if (typeof json.error?.message === "string") throw new CliError("findings", printable(json.error.message));
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError("findings", `Cannot call the function: ${url.origin} answered ${response.status}, and no JSON`);
}

async function callPath(
  cli: Cli,
  path: string,
  { target, flags }: { readonly target: Target; readonly flags: Flags },
): Promise<unknown> {
  const config = path.endsWith(".wasm")
    ? await configureFile(cli, path)
    : (await configurePath(cli, path, { ...flags, listen: "127.0.0.1:0", deadlines: () => false }))?.config;
  if (config === undefined) return undefined;
  const [{ callOnce }, { makeLog }] = await Promise.all([import("../runner/call-once.ts"), import("../runner/log.ts")]);
  const { terminal } = cli;
  const log = makeLog("pretty", { sink: (text) => terminal.err(text), colour: terminal.style.err("red", "") !== "" });
  try {
    return await callOnce(config, target, log);
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "CallError") throw new CliError("findings", printable(message), { cause: error });
    if (name === "Trap") throw new CliError("findings", `The call trapped: ${printable(message)}`, { cause: error });
    throw explainRunnerError(error);
  }
}

async function configureFile(cli: Cli, path: string): Promise<RunnerConfig | undefined> {
  const single = await prepareSingle(cli, path, { grants: {}, listen: "127.0.0.1:0" });
  return single?.configure(null);
}

function isErr(result: unknown): boolean {
  return typeof result === "object" && result !== null && Object.keys(result).join() === "err";
}
