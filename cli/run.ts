import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { LoadedComponent } from "../operator/local/sources.ts";
import type { Grants, RunnerConfig } from "../runner/config.ts";
import type { Wiring } from "../wiring/spec.ts";
import { type Cli, examples } from "./command.ts";
import { CliError } from "./error.ts";
import { collect, collectPairs, parseListen } from "./options.ts";
import { configurePath, exitForSignals, explainRunnerError, prepareSingle } from "./running.ts";
import { printable } from "./text.ts";

interface Flags {
  readonly env?: readonly string[];
  readonly dir?: readonly string[];
  readonly allow?: readonly string[];
  readonly listen: string;
  readonly composition?: string;
  readonly volume?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
}

const isCommand = (name: string): boolean => /^wasi:cli\/run@0\.2\./.test(name);
const isHandler = (name: string): boolean => /^wasi:http\/incoming-handler@0\.2\./.test(name);

/** How the process ends after a trap of the guest: what a shell gives for an abort. */
const trapExitCode = 134;

/** `tenon run PATH`: a command with its exit code, or an HTTP handler served; a component, or a composition with its grants. */
export function runCommandOf(cli: Cli): Command {
  return new Command("run")
    .summary("run a component or a composition")
    .description(
      "Run a component or a composition: a command (wasi:cli/run) with this terminal's input and output, or an HTTP handler, which is served. A component reaches nothing that is not given here; an instance of a composition what its manifest grants.",
    )
    .argument("<path>", "a component; or manifests, a compose.yaml, a .wac or a folder of them")
    .argument("[args...]", "arguments of a command, after --")
    .option("--env <name=value>", "a variable; NAME alone passes on this shell's (repeatable)", collect)
    .option("--dir <host::guest>", "a folder; HOST::GUEST::ro to read only (repeatable)", collect)
    .option("--allow <what>", "http: requests to public hosts (repeatable)", parseAllow)
    .option("--listen <address>", "where an HTTP component is served", parseListen, "127.0.0.1:8080")
    .option("--composition <name>", "which one, where the files declare several")
    .option("--volume <name=dir>", "the folder of a volume (repeatable)", collectPairs)
    .option("--config <name=file>", "the file of a ConfigMap or Secret (repeatable)", collectPairs)
    .addHelpText(
      "after",
      `\nThe exit code is the command's own; ${trapExitCode} after a trap.\n${examples(
        ["tenon run tool.wasm -- --help", "arguments of the command"],
        ["tenon run tool.wasm --dir .::/work", "this folder as /work"],
        ["tenon run site.wasm --listen 3000", "serve an HTTP component"],
        ["tenon run report.yaml -- 2026", "a composition, with its grants"],
      )}`,
    )
    .action((file: string, args: string[], flags: Flags) => run(cli, { file, args, flags }));
}

async function run(
  cli: Cli,
  { file, args, flags }: { readonly file: string; readonly args: readonly string[]; readonly flags: Flags },
): Promise<void> {
  if (!file.endsWith(".wasm")) return runPath(cli, { path: file, args, flags });
  const grants = await makeGrants(cli, flags, args);
  const single = await prepareSingle(cli, file, { grants, listen: flags.listen });
  if (single === undefined) return;
  // Bytes that are no component: building says why.
  if (single.component.table === undefined) await single.configure(null);
  const names = exportNames(single.component);
  if (names.some(isCommand)) return runOnce(cli, await single.configure(null));
  if (names.some(isHandler)) {
    return serve(cli, await single.configure(30_000));
  }
  throw new CliError("findings", `Cannot run ${file}: it exports neither wasi:cli/run nor wasi:http/incoming-handler`, {
    hint:
      names.length === 0
        ? "It exports nothing"
        : `It exports ${names.map(printable).join(", ")}; try tenon call ${file} FUNCTION`,
  });
}

/** Runs a composition with the grants of its manifest; the instance that exports the command gets ARGS too. */
async function runPath(
  cli: Cli,
  { path, args, flags }: { readonly path: string; readonly args: readonly string[]; readonly flags: Flags },
): Promise<void> {
  if (flags.env !== undefined || flags.dir !== undefined || flags.allow !== undefined) {
    const hint = "Write them into the grants of an instance of the Composition";
    throw new CliError("usage", "Cannot give a composition --env, --dir or --allow: they are for one component", {
      hint,
    });
  }
  const commandOf = ({ exports }: Wiring) => exports.find(({ name }) => isCommand(name));
  const found = await configurePath(cli, path, { ...flags, deadlines: (wiring) => commandOf(wiring) === undefined });
  if (found === undefined) return;
  const { config, wiring } = found;
  const command = commandOf(wiring);
  if (command !== undefined) {
    const { [command.instance]: granted = {} } = config.grants;
    const own: Grants = { ...granted, args: [...(granted.args ?? []), ...args], stdio: "Inherit" };
    return runOnce(cli, { ...config, grants: { ...config.grants, [command.instance]: own } });
  }
  if (wiring.exports.some(({ name }) => isHandler(name))) return serve(cli, config);
  throw new CliError("findings", `Cannot run ${path}: it exports neither wasi:cli/run nor wasi:http/incoming-handler`, {
    hint: `Try tenon call ${path} FUNCTION`,
  });
}

async function runOnce(cli: Cli, config: RunnerConfig): Promise<void> {
  const [{ runCommand }, { makeLog }] = await Promise.all([
    import("../runner/run-command.ts"),
    import("../runner/log.ts"),
  ]);
  const { terminal } = cli;
  const log = makeLog("pretty", { sink: (text) => terminal.err(text) });
  try {
    const end = await runCommand(config, log);
    if ("code" in end) {
      cli.exitCode = end.code;
    } else {
      terminal.err(`${terminal.style.err("red", "error")}: The component trapped: ${printable(end.trap.message)}\n`);
      cli.exitCode = trapExitCode;
    }
  } catch (error) {
    throw explainRunnerError(error);
  } finally {
    // A guest may have left it open, and the process would wait for what nobody reads.
    process.stdin.destroy();
  }
}

async function serve(cli: Cli, config: RunnerConfig): Promise<void> {
  const [{ Supervisor }, { makeLog }, { compileCacheOf }] = await Promise.all([
    import("../runner/supervisor.ts"),
    import("../runner/log.ts"),
    import("../operator/local/compile-cache.ts"),
  ]);
  const { terminal } = cli;
  const log = makeLog("pretty", { sink: (text) => terminal.err(text) });
  const supervisor = new Supervisor(config, {
    log,
    format: "pretty",
    compileCache: compileCacheOf,
  });
  const at = await supervisor.start().catch((error: unknown) => {
    throw explainRunnerError(error);
  });
  terminal.err(`${terminal.style.err("dim", "serving")} http://${at.host}:${at.port}\n`);
  await exitForSignals((again) => supervisor.stop(again ? 0 : 3000));
}

function exportNames({ table }: LoadedComponent): readonly string[] {
  return (table?.exports ?? []).map(({ name }) => name);
}

async function makeGrants({ terminal }: Cli, flags: Flags, args: readonly string[]): Promise<Grants> {
  const env = (flags.env ?? []).flatMap((text) => {
    const at = text.indexOf("=");
    if (at > 0) return [{ name: text.slice(0, at), value: text.slice(at + 1) }];
    const value = terminal.env[text];
    return value === undefined ? [] : [{ name: text, value }];
  });
  const filesystem = await Promise.all((flags.dir ?? []).map((text) => parseDir(text, terminal.cwd)));
  return {
    args,
    env,
    filesystem,
    stdio: "Inherit",
    ...(flags.allow?.includes("http") ? { http: { allowedHosts: ["*"] } } : {}),
  };
}

async function parseDir(text: string, cwd: string): Promise<NonNullable<Grants["filesystem"]>[number]> {
  const [host = "", guestPath = host, mode] = text.split("::");
  const path = resolve(cwd, host);
  if (host === "" || !(isAbsolute(guestPath) || guestPath === host) || (mode !== undefined && mode !== "ro")) {
    throw new CliError("usage", `Cannot read --dir: write HOST::GUEST or HOST::GUEST::ro, found: ${text}`);
  }
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CliError("usage", `Cannot give the folder of --dir, it does not exist: ${path}`);
  return { path, guestPath, readOnly: mode === "ro" };
}

function parseAllow(text: string, before: readonly string[] = []): readonly string[] {
  if (text === "sockets")
    throw new InvalidArgumentError("This version gives no component raw sockets; http is what there is.");
  if (text !== "http") throw new InvalidArgumentError(`Write http, found: ${text}.`);
  return [...before, text];
}
