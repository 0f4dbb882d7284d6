import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { LoadedComponent } from "../operator/local/sources.ts";
import type { Grants, RunnerConfig } from "../runner/config.ts";
import { type Cli, examples } from "./command.ts";
import { CliError } from "./error.ts";
import { collect, parseListen } from "./options.ts";
import { exitForSignals, explainRunnerError, prepareSingle } from "./running.ts";
import { printable } from "./text.ts";

interface Flags {
  readonly env?: readonly string[];
  readonly dir?: readonly string[];
  readonly allow?: readonly string[];
  readonly listen: string;
}

/** How the process ends after a trap of the guest: what a shell gives for an abort. */
const trapExitCode = 134;

/** `tenon run FILE`: a command component with its exit code, or an HTTP one served. */
export function runCommandOf(cli: Cli): Command {
  return new Command("run")
    .summary("run one component")
    .description(
      "Run one component: a command (wasi:cli/run) with this terminal's input and output, or an HTTP handler, which is served. It reaches nothing that is not given here.",
    )
    .argument("<file>", "a component")
    .argument("[args...]", "arguments of a command, after --")
    .option("--env <name=value>", "a variable; NAME alone passes on this shell's (repeatable)", collect)
    .option("--dir <host::guest>", "a folder; HOST::GUEST::ro to read only (repeatable)", collect)
    .option("--allow <what>", "http: requests to public hosts (repeatable)", parseAllow)
    .option("--listen <address>", "where an HTTP component is served", parseListen, "127.0.0.1:8080")
    .addHelpText(
      "after",
      `\nThe exit code is the command's own; ${trapExitCode} after a trap.\n${examples(
        ["tenon run tool.wasm -- --help", "arguments of the command"],
        ["tenon run tool.wasm --dir .::/work", "this folder as /work"],
        ["tenon run site.wasm --listen 3000", "serve an HTTP component"],
      )}`,
    )
    .action((file: string, args: string[], flags: Flags) => run(cli, { file, args, flags }));
}

async function run(
  cli: Cli,
  { file, args, flags }: { readonly file: string; readonly args: readonly string[]; readonly flags: Flags },
): Promise<void> {
  const grants = await makeGrants(cli, flags, args);
  const single = await prepareSingle(cli, file, { grants, listen: flags.listen });
  if (single === undefined) return;
  // Bytes that are no component: building says why.
  if (single.component.table === undefined) await single.configure(null);
  const names = exportNames(single.component);
  if (names.some((name) => /^wasi:cli\/run@0\.2\./.test(name))) return runOnce(cli, await single.configure(null));
  if (names.some((name) => /^wasi:http\/incoming-handler@0\.2\./.test(name))) {
    return serve(cli, await single.configure(30_000));
  }
  throw new CliError("findings", `Cannot run ${file}: it exports neither wasi:cli/run nor wasi:http/incoming-handler`, {
    hint:
      names.length === 0
        ? "It exports nothing"
        : `It exports ${names.map(printable).join(", ")}; try tenon call ${file} FUNCTION`,
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
  const [{ Supervisor }, { makeLog }, { openCache }, { compileCacheOf }] = await Promise.all([
    import("../runner/supervisor.ts"),
    import("../runner/log.ts"),
    import("../operator/local/cache.ts"),
    import("../operator/local/compile-cache.ts"),
  ]);
  const { terminal } = cli;
  const log = makeLog("pretty", { sink: (text) => terminal.err(text) });
  const supervisor = new Supervisor(config, {
    log,
    format: "pretty",
    compileCache: compileCacheOf(await openCache(terminal.env as NodeJS.ProcessEnv)),
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
