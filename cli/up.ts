import { Command } from "commander";
import { startUp, type Up, type UpEvent } from "../operator/local/up.ts";
import { makeLog } from "../runner/log.ts";
import { type Cli, examples } from "./command.ts";
import { exitCodes } from "./error.ts";
import { collectPairs, parseCount, parseListen } from "./options.ts";
import { renderRemarks } from "./render/remarks.ts";
import { renderWiring } from "./render/wiring.ts";
import { exitForSignals, explainRunnerError } from "./running.ts";
import { count, printable } from "./text.ts";

interface Flags {
  readonly listen: string;
  readonly admin: string;
  readonly composition?: string;
  readonly volume?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
  readonly processes?: number;
  readonly watch: boolean;
  readonly log: "pretty" | "json";
}

/** Milliseconds that requests have to finish after Ctrl-C. */
const drainMs = 3000;

/** `tenon up PATH…`: composes, serves, shows the logs, and follows the files until it is interrupted. */
export function upCommand(cli: Cli): Command {
  return new Command("up")
    .summary("compose and serve, and follow the files")
    .description(
      "Compose and serve manifests or a compose.yaml, and show their logs. An edit is brought in without losing a request; a broken one is explained, and the last good revision goes on.",
    )
    .argument("<path...>", "manifests, compose.yaml, .wac, or folders of them")
    .option("--listen <address>", "where to serve", parseListen, "127.0.0.1:8080")
    .option(
      "--admin <address>",
      "where to serve /metrics and /status; port 0 takes a free one",
      parseListen,
      "127.0.0.1:0",
    )
    .option("--composition <name>", "which one, where the files declare several")
    .option("--volume <name=dir>", "the folder of a volume (repeatable)", collectPairs)
    .option("--config <name=file>", "the file of a ConfigMap or Secret (repeatable)", collectPairs)
    .option("--processes <number>", "worker processes; by default one a core", parseCount)
    .option("--no-watch", "do not follow the files")
    .option("--log <format>", "pretty or json", "pretty")
    .addHelpText(
      "after",
      examples(
        ["tenon up examples/01-user-api", "the manifests of a folder"],
        ["tenon up compose.yaml --listen 3000", "another port"],
        ["tenon up . --volume data=./data", "a folder for the volume `data`"],
      ),
    )
    .action((paths: string[], flags: Flags) => runUp(cli, paths, flags));
}

async function runUp(cli: Cli, paths: readonly string[], flags: Flags): Promise<void> {
  const { terminal } = cli;
  const format = flags.log === "json" ? "json" : "pretty";
  const log = makeLog(format, {
    sink: (text) => terminal.out(text),
    colour: terminal.style.out("red", "") !== "",
  });
  const begun = performance.now();
  let broken = false;
  let up: Up | undefined;
  const onEvent = (event: UpEvent) => {
    if (event.type === "remarks")
      terminal.err(renderRemarks(event.remarks, { style: terminal.style.err, cwd: terminal.cwd }));
    broken = tell(cli, event, broken);
  };
  try {
    up = await startUp({
      paths,
      listen: flags.listen,
      admin: flags.admin,
      composition: flags.composition,
      processes: flags.processes,
      volumes: flags.volume ?? {},
      configFiles: flags.config ?? {},
      watch: flags.watch,
      log,
      format,
      onEvent,
    });
  } catch (error) {
    throw explainRunnerError(error);
  }
  if (up === undefined) {
    cli.exitCode = exitCodes.findings;
    return;
  }
  showAddresses(cli, up, { watch: flags.watch, ms: performance.now() - begun });
  await exitForSignals((again) => up.stop(again ? 0 : drainMs));
}

/** Says what happened; gives whether the files are broken now. */
function tell({ terminal }: Cli, event: UpEvent, broken: boolean): boolean {
  const { err: style } = terminal.style;
  switch (event.type) {
    case "remarks":
      return event.remarks.some(({ severity }) => severity === "error");
    case "failed":
      terminal.err(`${style("red", "error")}: ${printable(event.message)}\n`);
      terminal.err(`${style("dim", "The last good revision goes on")}\n`);
      return true;
    case "unchanged":
      if (broken) terminal.err(`${style("green", "ok")} The files are well again, and what runs is what they say\n`);
      return false;
    case "serving": {
      const { revision, first, milliseconds } = event;
      const { wiring } = revision;
      if (!first) {
        terminal.err(
          `${style("green", "reloaded")} ${printable(revision.config.composition)} in ${Math.round(milliseconds)} ms\n`,
        );
        return false;
      }
      const parts = [count(wiring.instances.length, "instance"), count(wiring.edges.length, "connection")];
      terminal.err(
        `${style("green", "composed")} ${style("bold", printable(revision.config.composition))}: ${parts.join(", ")}\n\n`,
      );
      terminal.err(`${renderWiring(wiring, style)}\n`);
      return false;
    }
  }
}

function showAddresses(
  { terminal }: Cli,
  up: Up,
  { watch, ms }: { readonly watch: boolean; readonly ms: number },
): void {
  const { err: style } = terminal.style;
  const line = (name: string, value: string) => terminal.err(`  ${style("dim", name.padEnd(8))} ${value}\n`);
  line("serving", style(["cyan", "bold"], up.url));
  line("calls", `${up.url}/call/openapi.json`);
  line("status", `${up.adminUrl}/status, ${up.adminUrl}/metrics`);
  terminal.err(
    `\n${style("dim", `Ready after ${Math.round(ms)} ms.${watch ? " Edits are picked up." : ""} Ctrl-C stops.`)}\n\n`,
  );
}
