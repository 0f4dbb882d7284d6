import { watch } from "chokidar";
import { type Composer, startComposer } from "../../composer/index.ts";
import type { RunnerConfig } from "../../runner/config.ts";
import type { RunnerLog } from "../../runner/log.ts";
import type { LogFormat } from "../../runner/messages.ts";
import { AdminServer } from "../../runner/serve/admin.ts";
import { Supervisor } from "../../runner/supervisor.ts";
import type { Wiring } from "../../wiring/spec.ts";
import { build } from "./build.ts";
import { type ArtifactCache, openCache } from "./cache.ts";
import { compileCacheOf } from "./compile-cache.ts";
import { LocalError } from "./error.ts";
import { type LoadedComposition, load, type Workspace } from "./load.ts";
import { isClean, makeError, type Remark } from "./remark.ts";
import { makeRunnerConfig, type RunOptions } from "./runner-config.ts";
import type { Tables } from "./sources.ts";

/** What to run and how. */
export interface UpOptions extends Omit<RunOptions, "artifact"> {
  readonly paths: readonly string[];
  /** Which composition, where the paths declare several. */
  readonly composition?: string | undefined;
  /** Look for changes of the files and bring them in. */
  readonly watch: boolean;
  readonly log: RunnerLog;
  readonly format: LogFormat;
  readonly onEvent: (event: UpEvent) => void;
}

/** What happens while a composition is up. */
export type UpEvent =
  /** A revision serves: the first one, or one that replaced another. */
  | { readonly type: "serving"; readonly revision: Revision; readonly first: boolean; readonly milliseconds: number }
  /** Files changed, and nothing of what runs is concerned. */
  | { readonly type: "unchanged" }
  /** What is wrong with the files, or not ideal. With errors nothing was started, and what ran before goes on. */
  | { readonly type: "remarks"; readonly remarks: readonly Remark[] }
  /** A revision could be built and not started; what ran before goes on. */
  | { readonly type: "failed"; readonly message: string };

/** One state of the files, built. */
export interface Revision {
  readonly composition: LoadedComposition;
  readonly wiring: Wiring;
  readonly config: RunnerConfig;
  readonly digest: string;
}

/** A composition that serves on this machine. */
export interface Up {
  readonly url: string;
  readonly adminUrl: string;
  /** Ends it: in-flight requests have `drainMs` to finish. */
  stop(drainMs: number): Promise<void>;
}

const quietMs = 100;

/**
 * Builds and serves a composition, and with `watch` follows its files: a good edit replaces the revision without losing a
 * request, a broken one is told and changes nothing. Gives undefined where the files are wrong; `onEvent` has said why.
 * Throws `LocalError`, `RunnerError` where the machine is the problem.
 */
export async function startUp(options: UpOptions): Promise<Up | undefined> {
  const composer = startComposer();
  const cache = await openCache();
  const builder = new Builder(composer, cache, options);
  const begun = performance.now();
  const first = await builder.build().catch(async (error: unknown) => {
    await composer.close();
    throw error;
  });
  if (first === undefined) {
    await composer.close();
    return undefined;
  }
  const supervisor = new Supervisor(first.config, {
    log: options.log,
    format: options.format,
    compileCache: compileCacheOf,
  });
  const admin = new AdminServer(supervisor);
  const [at, adminAt] = await bothOrNeither(supervisor, admin, first.config, composer);
  options.onEvent({ type: "serving", revision: first, first: true, milliseconds: performance.now() - begun });
  const follower = options.watch ? follow(builder, first, supervisor, options) : undefined;
  return {
    url: urlOf(at),
    adminUrl: urlOf(adminAt),
    async stop(drainMs) {
      await follower?.close();
      await supervisor.stop(drainMs);
      admin.close();
      await composer.close();
    },
  };
}

async function bothOrNeither(supervisor: Supervisor, admin: AdminServer, config: RunnerConfig, composer: Composer) {
  try {
    return await Promise.all([supervisor.start(), admin.listen(config.admin)]);
  } catch (error) {
    admin.close();
    await Promise.all([supervisor.stop(0), composer.close()]);
    throw error;
  }
}

/** Files to revisions. It remembers what it has read, so that an edit of one component inspects that one only. */
class Builder {
  /** What the last build looked at, whether it was good or not. */
  files: readonly string[] = [];
  readonly #composer: Composer;
  readonly #cache: ArtifactCache;
  readonly #options: UpOptions;
  readonly #tables: Tables = new Map();
  /** The composition that runs: a manifest that was emptied must not bring in another one in its place. */
  #running: string | undefined;

  constructor(composer: Composer, cache: ArtifactCache, options: UpOptions) {
    this.#composer = composer;
    this.#cache = cache;
    this.#options = options;
  }

  async build(): Promise<Revision | undefined> {
    const remarks: Remark[] = [];
    const revision = await this.#build(remarks);
    if (remarks.length > 0) this.#options.onEvent({ type: "remarks", remarks });
    return revision;
  }

  async #build(remarks: Remark[]): Promise<Revision | undefined> {
    const { paths, onEvent: _, ...options } = this.#options;
    const workspace = await load(paths, { composer: this.#composer, tables: this.#tables });
    this.files = [...workspace.files, ...Object.values(options.configFiles ?? {})];
    remarks.push(...workspace.remarks);
    const composition =
      this.#running === undefined
        ? choose(workspace, options.composition, remarks)
        : again(workspace, this.#running, remarks);
    if (composition === undefined || !isClean(workspace.remarks)) return undefined;
    const configured = await makeRunnerConfig(composition, { ...options, artifact: "" });
    const deadlines = configured.config?.limits.requestTimeoutMs !== null;
    const built = await build(composition, { composer: this.#composer, cache: this.#cache, deadlines });
    remarks.push(...built.remarks, ...configured.remarks);
    if (built.artifact === undefined || configured.config === undefined) return undefined;
    const config = { ...configured.config, artifact: built.artifact.folder };
    this.#running = composition.spec.name;
    return { composition, wiring: built.wiring, config, digest: built.artifact.digest };
  }
}

function choose(workspace: Workspace, name: string | undefined, remarks: Remark[]): LoadedComposition | undefined {
  const { compositions } = workspace;
  const names = compositions.map(({ spec }) => spec.name);
  if (name === undefined && compositions.length <= 1) return compositions[0];
  const found = name === undefined ? undefined : compositions.find(({ spec }) => spec.name === name);
  if (found === undefined && compositions.length > 0) {
    const message =
      name === undefined ? `Cannot choose one of ${names.length} compositions` : `Cannot find the composition: ${name}`;
    remarks.push(
      makeError("local", { file: "--composition" }, { message, hint: `Give --composition ${names.join(" or ")}` }),
    );
  }
  return found;
}

/** The composition that already runs, under its name. */
function again({ compositions }: Workspace, name: string, remarks: Remark[]): LoadedComposition | undefined {
  const found = compositions.find(({ spec }) => spec.name === name);
  if (found === undefined) {
    const message = `Cannot find the composition that runs: ${name}`;
    const hint = "Bring it back, or stop and start again to serve another one";
    remarks.push(makeError("local", { file: "the manifests" }, { message, hint }));
  }
  return found;
}

/** Rebuilds when files change: one build at a time, and one more if something changed meanwhile. */
function follow(builder: Builder, first: Revision, supervisor: Supervisor, options: UpOptions) {
  const watcher = watch([...builder.files], { ignoreInitial: true, atomic: true, followSymlinks: true, depth: 0 });
  let current = first;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let again = false;
  const bringIn = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      current = await replace(current, builder, supervisor, options);
      watcher.add([...builder.files]);
    } while (again);
    busy = false;
  };
  watcher.on("all", () => {
    clearTimeout(timer);
    // Editors and compilers write in several steps.
    timer = setTimeout(() => void bringIn(), quietMs);
  });
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

async function replace(
  current: Revision,
  builder: Builder,
  supervisor: Supervisor,
  { onEvent }: UpOptions,
): Promise<Revision> {
  const begun = performance.now();
  try {
    const revision = await builder.build();
    if (revision === undefined) return current;
    if (revision.digest === current.digest && sameConfig(revision.config, current.config)) {
      onEvent({ type: "unchanged" });
      return revision;
    }
    await supervisor.reload(revision.config);
    onEvent({ type: "serving", revision, first: false, milliseconds: performance.now() - begun });
    return revision;
  } catch (error) {
    const hint = error instanceof LocalError && error.hint !== undefined ? `. ${error.hint}` : "";
    onEvent({ type: "failed", message: `${(error as Error).message}${hint}` });
    return current;
  }
}

// Both were made by the same code in the same order.
function sameConfig(a: RunnerConfig, b: RunnerConfig): boolean {
  return JSON.stringify({ ...a, artifact: "" }) === JSON.stringify({ ...b, artifact: "" });
}

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}
