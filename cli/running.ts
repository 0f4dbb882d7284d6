import type { LoadedComposition } from "../operator/local/load.ts";
import type { LoadedComponent } from "../operator/local/sources.ts";
import { defaultLimits, type Grants, type RunnerConfig } from "../runner/config.ts";
import type { Wiring } from "../wiring/spec.ts";
import type { Cli } from "./command.ts";
import { CliError, exitCodes } from "./error.ts";
import { loadPaths, pickComposition, tell, withComposer } from "./workspace.ts";

/** A terminal and the launcher (bin/launch.js) may both pass on one press of Ctrl-C: so close, two signals are one. */
const sameSignalMs = 200;

/**
 * Waits for SIGINT or SIGTERM, then for `stop`. A second signal asks to stop at once: `again` is true.
 */
export async function exitForSignals(stop: (again: boolean) => Promise<void>): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  let signals = 0;
  let last: { readonly name: string; readonly at: number } | undefined;
  const onSignal = (name: string) => {
    const at = performance.now();
    const same = last?.name === name && at - last.at < sameSignalMs;
    last = { name, at };
    if (same) return;
    signals++;
    if (signals <= 2) stop(signals > 1).then(stopped.resolve, stopped.reject);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    await stopped.promise;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

/** What a runner refuses is the user's to mend; anything else stays what it is. */
export function explainRunnerError(error: unknown): unknown {
  const { name, message } = error as Error;
  return name === "RunnerError" ? new CliError("findings", message, { cause: error }) : error;
}

/** One component that was read and can be built. */
export interface PreparedSingle {
  readonly component: LoadedComponent;
  /** Builds it, with deadlines where a time limit is given. */
  configure(requestTimeoutMs: number | null): Promise<RunnerConfig>;
}

/** Reads a component and says what is wrong with it; undefined where that is an error. */
export async function prepareSingle(
  cli: Cli,
  file: string,
  { grants, listen }: { readonly grants: Grants; readonly listen: string },
): Promise<PreparedSingle | undefined> {
  const { loadSingle, singleInstance } = await import("../operator/local/single.ts");
  const { terminal } = cli;
  const single = await withComposer((composer) => loadSingle(file, { composer, cwd: terminal.cwd }));
  if (single.component === undefined) {
    cli.exitCode = tell(single.remarks, cli);
    return undefined;
  }
  return {
    component: single.component,
    async configure(requestTimeoutMs) {
      const { artifact } = await buildOrThrow(cli, single.composition, requestTimeoutMs !== null);
      return {
        composition: single.composition.spec.name,
        artifact: artifact.folder,
        listen,
        admin: "127.0.0.1:0",
        call: false,
        isolation: "Instance",
        processes: 1,
        limits: { ...defaultLimits, requestTimeoutMs },
        grants: { [singleInstance]: grants },
        backends: {},
      };
    },
  };
}

/** How the files of a composition are run once. */
export interface PathOptions {
  readonly composition?: string | undefined;
  readonly volume?: Readonly<Record<string, string>> | undefined;
  readonly config?: Readonly<Record<string, string>> | undefined;
  readonly listen: string;
  /** Build deadlines into the guests, and keep the composition's time limit. */
  readonly deadlines: (wiring: Wiring) => boolean;
}

/** Loads, builds and configures a composition out of files; undefined where that is an error, which has been shown. */
export async function configurePath(
  cli: Cli,
  path: string,
  options: PathOptions,
): Promise<{ readonly config: RunnerConfig; readonly wiring: Wiring } | undefined> {
  const { makeRunnerConfig } = await import("../operator/local/runner-config.ts");
  const { check } = await import("../operator/local/check.ts");
  const workspace = await withComposer((composer) => loadPaths([path], { composer, terminal: cli.terminal }));
  cli.exitCode = tell(workspace.remarks, cli);
  if (cli.exitCode !== exitCodes.ok) return undefined;
  const composition = pickComposition(workspace, cli, options.composition);
  const deadlines = options.deadlines(check(composition).wiring);
  const { artifact, wiring } = await buildOrThrow(cli, composition, deadlines);
  const configured = await makeRunnerConfig(composition, {
    artifact: artifact.folder,
    listen: options.listen,
    admin: "127.0.0.1:0",
    volumes: options.volume ?? {},
    configFiles: options.config ?? {},
  });
  cli.exitCode = tell(configured.remarks, cli);
  if (configured.config === undefined) return undefined;
  const { limits } = configured.config;
  const config = { ...configured.config, limits: deadlines ? limits : { ...limits, requestTimeoutMs: null } };
  return { config, wiring };
}

/** Builds a composition; what is wrong is shown, and an error ends the command. */
export async function buildOrThrow(cli: Cli, composition: LoadedComposition, deadlines: boolean) {
  const [{ build }, { openCache }] = await Promise.all([
    import("../operator/local/build.ts"),
    import("../operator/local/cache.ts"),
  ]);
  const cache = await openCache(cli.terminal.env as NodeJS.ProcessEnv);
  const built = await withComposer((composer) => build(composition, { composer, cache, deadlines }));
  const code = tell(built.remarks, cli);
  if (built.artifact === undefined) {
    throw new CliError(code === exitCodes.unreadable ? "unreadable" : "findings", "Cannot build the composition");
  }
  return { artifact: built.artifact, wiring: built.wiring };
}
