import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import type { RunnerConfig } from "./config.ts";
import type { Receiver } from "./connections.ts";
import { sibling } from "./entry.ts";
import { RunnerError } from "./error.ts";
import type { FromWorker, LogFormat, ToWorker, WorkerInfo } from "./messages.ts";
import { workerEnvironment, workerFlags } from "./permissions.ts";
import { emptyStats, type Stats } from "./stats.ts";

const watchMs = 500;

/** How a worker process is started and watched. */
export interface WorkerOptions {
  readonly config: RunnerConfig;
  readonly log: LogFormat;
  /** Where Node keeps compiled sources, so that the next worker starts in half the time. */
  readonly compileCache?: string;
  /** A worker that is not ready after this is given up. */
  readonly startMs: number;
  /** A worker that says nothing for this long is killed; null: never. */
  readonly hangMs: number | null;
  /** Called once, when the process is gone. */
  readonly onExit: (worker: WorkerProcess) => void;
  /** A connection that it had been given and did not take. */
  readonly onReturn: (socket: Socket) => void;
  readonly onOpen: () => void;
}

/** One worker process, as the supervisor sees it. */
export class WorkerProcess implements Receiver {
  readonly startedAt = performance.now();
  /** Settles when it serves, or cannot: rejects with `RunnerError`. */
  readonly ready: Promise<WorkerInfo>;
  readonly exited: Promise<void>;
  state: "starting" | "ready" | "draining" | "gone" = "starting";
  /** What it last counted. */
  stats: Stats = emptyStats();
  /** Why it was killed, if it was. */
  killedFor: string | undefined;
  exit: string | undefined;
  readonly #child: ChildProcess;
  readonly #options: WorkerOptions;
  #heard = performance.now();
  #watched = performance.now();
  #handing: { readonly socket: Socket; readonly taken: () => void } | undefined;
  #reports: (() => void)[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#child = fork(sibling(import.meta.url, "worker"), {
      execArgv: workerFlags(options.config, options.compileCache),
      env: workerEnvironment(process.env, options.compileCache),
      // Its own group: a terminal's Ctrl-C goes to the supervisor, which drains.
      detached: true,
    });
    const ready = Promise.withResolvers<WorkerInfo>();
    const exited = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.ready.catch(() => {});
    this.exited = exited.promise;
    this.#send({ type: "start", config: options.config, log: options.log });
    this.#child.on("message", (message) => this.#receive(message as FromWorker, ready));
    const late = setTimeout(() => this.kill(`it was not ready after ${options.startMs} ms`), options.startMs);
    this.ready.then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
    const watch = setInterval(() => this.#watch(), watchMs);
    this.#child.once("exit", (code, signal) => {
      clearInterval(watch);
      this.#gone(signal === null ? `exit code ${code}` : `signal ${signal}`, ready);
      exited.resolve();
    });
    this.#child.once("error", (cause) => {
      ready.reject(new RunnerError("worker-failed", `Cannot start a worker process: ${cause.message}`, { cause }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get open(): boolean {
    return this.state === "ready" && this.#handing === undefined;
  }

  receive(socket: Socket, taken: () => void): void {
    this.#handing = { socket, taken };
    this.#child.send({ type: "connection" } satisfies ToWorker, socket, { keepOpen: true }, () => {});
  }

  /** Ends it gently: it answers what is in flight and exits. One that does not is killed a second after its time. */
  async drain(idleMs: number, drainMs: number): Promise<void> {
    if (this.state === "gone") return;
    this.state = "draining";
    this.#send({ type: "drain", idleMs, drainMs });
    const late = setTimeout(() => this.kill("it did not drain in time"), idleMs + drainMs + 1000);
    await this.exited;
    clearTimeout(late);
  }

  /** Ends it at once. */
  kill(reason: string): void {
    this.killedFor ??= reason;
    this.#child.kill("SIGKILL");
  }

  /** Fresh counts, or after `timeoutMs` the last known. */
  async report(timeoutMs: number): Promise<Stats> {
    if (this.state === "gone" || this.state === "starting") return this.stats;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#reports.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#send({ type: "report" });
    });
    return this.stats;
  }

  #send(message: ToWorker): void {
    // A channel that closed is followed by an exit, which says it better.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #receive(message: FromWorker, ready: PromiseWithResolvers<WorkerInfo>): void {
    this.#heard = performance.now();
    switch (message.type) {
      case "ready":
        this.state = "ready";
        ready.resolve(message.info);
        this.#options.onOpen();
        break;
      case "failed":
        ready.reject(new RunnerError(message.code, message.message));
        break;
      case "accepted": {
        const handed = this.#handing;
        this.#handing = undefined;
        handed?.taken();
        break;
      }
      case "alive":
        this.stats = message.stats;
        for (const done of this.#reports.splice(0)) done();
        break;
    }
  }

  #watch(): void {
    const { hangMs } = this.#options;
    // Where this process itself stood still, what the worker said meanwhile has not been read yet.
    const late = performance.now() - this.#watched > watchMs * 4;
    this.#watched = performance.now();
    if (late) this.#heard = this.#watched;
    if (this.state === "starting" || hangMs === null || performance.now() - this.#heard < hangMs) return;
    this.kill(`it did not answer for ${hangMs} ms`);
  }

  #gone(exit: string, ready: PromiseWithResolvers<WorkerInfo>): void {
    this.state = "gone";
    this.exit = this.killedFor === undefined ? exit : `${exit}: ${this.killedFor}`;
    ready.reject(new RunnerError("worker-failed", `Cannot start a worker: it ended with ${this.exit}`));
    const handed = this.#handing;
    this.#handing = undefined;
    for (const done of this.#reports.splice(0)) done();
    this.#options.onExit(this);
    if (handed !== undefined) this.#options.onReturn(handed.socket);
  }
}
