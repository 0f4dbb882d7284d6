import { Backoff } from "./backoff.ts";
import type { RunnerConfig } from "./config.ts";
import { Connections } from "./connections.ts";
import { RunnerError } from "./error.ts";
import type { RunnerLog } from "./log.ts";
import type { LogFormat, WorkerInfo } from "./messages.ts";
import { addCounts, addStats, emptyStats, type Stats } from "./stats.ts";
import { WorkerProcess } from "./worker-process.ts";

/** How a supervisor works, besides its configuration. */
export interface SupervisorOptions {
  readonly log: RunnerLog;
  readonly format: LogFormat;
  /** A worker that is silent for longer is replaced. By default 10 s, or 5 s more than a request may take. */
  readonly hangMs?: number | null;
  /** A worker that is not ready by then failed. By default 30 s. */
  readonly startMs?: number;
  readonly backoff?: Backoff;
  /**
   * The folder where Node may keep compiled sources; without it each worker compiles them anew. The workers write it, and
   * the next ones run what is there: workers that do not trust each other need folders of their own.
   */
  readonly compileCache?: (config: RunnerConfig) => string;
}

/** What a supervisor knows about itself and its workers, for `/status` and `/metrics`. */
export interface Snapshot {
  readonly config: RunnerConfig;
  readonly info: WorkerInfo;
  /** Counts of all workers, dead ones included. */
  readonly stats: Stats;
  readonly workers: readonly {
    readonly pid: number;
    readonly state: string;
    readonly uptimeSeconds: number;
    readonly requests: number;
  }[];
  readonly restarts: number;
  readonly lastRestart: { readonly time: string; readonly reason: string } | null;
}

/**
 * The parent of the worker processes: owns the listening socket, hands out connections in turn, replaces workers that die
 * or hang, and brings in a new configuration without losing a request. Usable inside any process.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #connections = new Connections(() => this.#workers);
  readonly #backoff: Backoff;
  readonly #past = emptyStats();
  readonly #all = new Set<WorkerProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #workers: WorkerProcess[] = [];
  #config: RunnerConfig;
  #info: WorkerInfo | undefined;
  #generation = 0;
  #restarts = 0;
  #lastRestart: Snapshot["lastRestart"] = null;
  #state: "new" | "running" | "stopping" = "new";
  #reloading: Promise<void> = Promise.resolve();

  constructor(config: RunnerConfig, options: SupervisorOptions) {
    this.#config = config;
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  /**
   * Starts the workers and listens; resolves when all of them are ready. Rejects with `RunnerError` when the composition
   * cannot run here or the address is taken; nothing is left running then.
   */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    this.#state = "running";
    const workers = this.#spawn(this.#config);
    try {
      const [address] = await Promise.all([
        this.#connections.listen(this.#config.listen),
        this.#install(this.#config, workers),
      ]);
      return address;
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /**
   * Starts workers of `config`, and when they are ready drains the old ones. Where they cannot start it rejects and the
   * old ones go on. `listen` and `admin` cannot change.
   */
  reload(config: RunnerConfig): Promise<void> {
    const next = this.#reloading.then(async () => {
      if (this.#state !== "running") throw new RunnerError("stopped", "Cannot reload: the runner is stopping");
      const workers = this.#spawn(config);
      const old = this.#workers;
      try {
        await this.#install(config, workers);
      } catch (error) {
        for (const worker of workers) worker.kill("its revision was given up");
        throw error;
      }
      // Nobody waits for the old ones: a long answer may take its time while the new revision serves.
      for (const worker of old) void worker.drain(Math.min(config.limits.drainMs, 5000), config.limits.drainMs);
    });
    this.#reloading = next.catch(() => {});
    return next;
  }

  /** Stops accepting and lets each worker finish what it has, for at most `drainMs`. Idle connections end after `idleMs`. */
  async stop(drainMs: number, idleMs = 0): Promise<void> {
    this.#state = "stopping";
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#connections.close();
    if (drainMs > 0) await this.#handOut();
    for (const worker of this.#all) {
      if (worker.state === "starting" || drainMs === 0) worker.kill("the runner stops");
    }
    await Promise.all([...this.#all].map((worker) => worker.drain(Math.min(idleMs, drainMs), drainMs)));
    this.#connections.destroy();
  }

  /** True while a worker can take a request and no stop has begun. */
  get ready(): boolean {
    return this.#state === "running" && this.#workers.some(isReady);
  }

  /** Process ids of the workers of the current revision. */
  get pids(): readonly number[] {
    return this.#workers.flatMap((worker) => (worker.state === "gone" ? [] : [worker.pid!]));
  }

  /**
   * Asks the workers for fresh counts; one that is busy is represented by its last ones. Undefined before the first revision
   * serves: there is nothing to tell.
   */
  async snapshot(): Promise<Snapshot | undefined> {
    if (this.#info === undefined) return undefined;
    const stats = emptyStats();
    const live = await Promise.all([...this.#all].map((worker) => worker.report(200)));
    addCounts(stats, this.#past);
    for (const counts of live) addStats(stats, counts);
    return {
      config: this.#config,
      info: this.#info,
      stats,
      workers: [...this.#all].map((worker) => ({
        pid: worker.pid ?? 0,
        state: worker.state,
        uptimeSeconds: Math.round((performance.now() - worker.startedAt) / 1000),
        requests: Object.values(worker.stats.requests).reduce((sum, count) => sum + count, 0),
      })),
      restarts: this.#restarts,
      lastRestart: this.#lastRestart,
    };
  }

  /** What was accepted is given to a worker before the workers are told to stop. */
  async #handOut(): Promise<void> {
    for (let i = 0; i < 100 && this.#connections.waiting > 0 && this.#workers.some(isReady); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #install(config: RunnerConfig, workers: WorkerProcess[]): Promise<void> {
    const infos = await Promise.all(workers.map((worker) => worker.ready));
    this.#generation++;
    this.#config = config;
    this.#info = infos[0]!;
    this.#workers = workers;
    this.#connections.pump();
    for (const worker of workers) if (worker.state === "gone") this.#replace(worker);
  }

  #spawn(config: RunnerConfig): WorkerProcess[] {
    return Array.from({ length: config.processes }, () => this.#worker(config));
  }

  #worker(config: RunnerConfig): WorkerProcess {
    const { requestTimeoutMs } = config.limits;
    const usual = requestTimeoutMs === null ? null : Math.max(10_000, requestTimeoutMs + 5000);
    const worker = new WorkerProcess({
      config,
      log: this.#options.format,
      ...(this.#options.compileCache === undefined ? {} : { compileCache: this.#options.compileCache(config) }),
      startMs: this.#options.startMs ?? 30_000,
      hangMs: this.#options.hangMs === undefined ? usual : this.#options.hangMs,
      onExit: (gone) => this.#exited(gone),
      onReturn: (socket) => this.#connections.return(socket),
      onOpen: () => this.#connections.pump(),
    });
    this.#all.add(worker);
    return worker;
  }

  #exited(worker: WorkerProcess): void {
    this.#all.delete(worker);
    addCounts(this.#past, worker.stats);
    this.#replace(worker);
  }

  #replace(worker: WorkerProcess): void {
    const index = this.#workers.indexOf(worker);
    if (index < 0 || this.#state !== "running") return;
    this.#restarts++;
    this.#lastRestart = { time: new Date().toISOString(), reason: worker.exit ?? "unknown" };
    const delay = this.#backoff.next(performance.now() - worker.startedAt);
    this.#options.log.event(
      "error",
      `A worker ended (${worker.exit}); the next one starts in ${Math.round(delay)} ms`,
      {
        pid: worker.pid ?? 0,
      },
    );
    const generation = this.#generation;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // A reload that came in between has brought its own workers.
      if (this.#state === "running" && generation === this.#generation)
        this.#workers[index] = this.#worker(this.#config);
    }, delay);
    this.#timers.add(timer);
  }
}

function isReady({ state }: WorkerProcess): boolean {
  return state === "ready";
}
