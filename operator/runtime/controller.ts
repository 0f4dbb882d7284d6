import { inspect } from "node:util";
import { type Clock, sleep } from "../clock.ts";
import type { Log } from "../log.ts";
import { RuntimeError } from "./error.ts";
import type { Instruments, Result } from "./instruments.ts";
import type { Queue, Taken } from "./queue.ts";
import type { Next, Reconcile } from "./reconciler.ts";
import { makeSteady } from "./steady.ts";

/** What a controller is made of. */
export interface ControllerOptions {
  /** In logs and metrics: `composition`. */
  readonly name: string;
  readonly reconcile: Reconcile;
  /** Keys that are worked on at once. Those that failed the last time get at most half of these places. */
  readonly concurrency: number;
  /** Nobody else takes from it. Keys may be added before the start. */
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted: no key is taken any more. What runs goes on until `drain`. */
  readonly signal: AbortSignal;
  readonly instruments: Instruments;
  /** A reconcile that takes longer is told to stop by its signal: 10 minutes. */
  readonly timeoutMs?: number | undefined;
}

/** A running controller. */
export interface Controller {
  /**
   * Takes no key any more, and waits for what runs: up to `ms`, then the signals of what still runs are aborted, and it
   * gets one second to end. Gives the keys that did not. A leader that lost its lease drains with 0.
   */
  drain(ms: number): Promise<readonly string[]>;
  /** The key that runs for the longest time. */
  longestRunning(): { readonly key: string; readonly ms: number } | undefined;
}

/** What a reconcile gets after it was told to stop, before its place is given to another key. */
const graceMs = 1_000;
const maxErrorText = 1_000;
const maxStack = 4_000;

/**
 * Works on the keys of a queue until `signal` is aborted. A reconcile that throws is logged with its key and retried with
 * backoff. One that does not end even when it is told to is logged, and seen in `longestRunning`; its key does not run
 * again before it ends, its place is given to others.
 */
export function startController(options: ControllerOptions): Controller {
  return new QueueController(options);
}

class QueueController implements Controller {
  readonly #options: ControllerOptions;
  readonly #log: Log;
  readonly #time: () => number;
  /** What ends each run before its time. */
  readonly #runs = new Map<string, AbortController>();
  /** Runs that hold a place, and those of them whose key failed the last time. */
  #busy = 0;
  #failing = 0;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  #stopped = false;
  readonly #drains = new Set<AbortController>();

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#log = options.log.with({ controller: options.name });
    this.#time = makeSteady(options.clock);
    options.instruments.started(options.name, {
      concurrency: options.concurrency,
      read: () => options.queue.state(),
    });
    options.queue.onChange(() => this.#arm());
    if (options.signal.aborted) this.#stop();
    else options.signal.addEventListener("abort", () => this.#stop(), { once: true });
    this.#arm();
  }

  async drain(ms: number): Promise<readonly string[]> {
    this.#stop();
    await this.#settled(ms);
    for (const run of this.#runs.values()) run.abort(new RuntimeError("stopped", "Stop: the controller ends"));
    await this.#settled(graceMs);
    return [...this.#runs.keys()];
  }

  longestRunning(): { readonly key: string; readonly ms: number } | undefined {
    return this.#options.queue.state().longestRunning;
  }

  #stop(): void {
    this.#stopped = true;
    this.#options.queue.close();
    this.#arm();
  }

  /** Settles when nothing runs, or after `ms`. */
  async #settled(ms: number): Promise<void> {
    if (this.#runs.size === 0) return;
    const idle = new AbortController();
    this.#drains.add(idle);
    await sleep(this.#options.clock, ms, idle.signal).catch(() => {});
    this.#drains.delete(idle);
  }

  get #choice(): { readonly failing: boolean } {
    return { failing: this.#failing < Math.max(1, Math.floor(this.#options.concurrency / 2)) };
  }

  /**
   * Sets the timer for the next key. Keys are taken only from there: whoever wakes one is not in the middle of something,
   * and between the turns of a long queue the process hears its watches, probes and lease.
   */
  #arm(): void {
    const { queue, concurrency, clock } = this.#options;
    const wait = this.#stopped || this.#busy >= concurrency ? undefined : queue.nextIn(this.#choice);
    const at = wait === undefined ? undefined : this.#time() + wait;
    // One that is set and fires earlier does no harm, and is not put off by a stream of wakes.
    if (this.#timer !== undefined && at !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (wait === undefined || at === undefined) return;
    const cancel = clock.after(wait, () => {
      this.#timer = undefined;
      this.#take();
    });
    this.#timer = { at, cancel };
  }

  #take(): void {
    const { queue, concurrency } = this.#options;
    while (!this.#stopped && this.#busy < concurrency) {
      const taken = queue.take(this.#choice);
      if (taken === undefined) break;
      void this.#run(taken);
    }
    this.#arm();
  }

  async #run(taken: Taken): Promise<void> {
    const { key } = taken;
    const run = new AbortController();
    this.#runs.set(key, run);
    const release = this.#hold(taken);
    const cancelTimers = this.#watch(key, { run, release });
    const started = this.#time();
    const { next, threw } = await this.#reconcile(taken, run.signal);
    cancelTimers();
    this.#runs.delete(key);
    release();
    this.#options.queue.done(key, next);
    const times = { waitedMs: taken.waitedMs, tookMs: this.#time() - started };
    this.#options.instruments.ran(this.#options.name, { result: results[next.kind], threw, ...times });
    if (this.#runs.size === 0) for (const idle of this.#drains) idle.abort();
  }

  /** Takes a place; the function that it gives frees it, once. */
  #hold({ failures }: Taken): () => void {
    const failing = failures > 0 ? 1 : 0;
    this.#busy += 1;
    this.#failing += failing;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#busy -= 1;
      this.#failing -= failing;
    };
  }

  /** Tells a run to stop when its time is over; frees its place when it does not listen. */
  #watch(key: string, { run, release }: { readonly run: AbortController; readonly release: () => void }): () => void {
    const { clock, instruments, name, timeoutMs = 600_000 } = this.#options;
    let cancel = clock.after(timeoutMs, () => {
      const seconds = timeoutMs / 1000;
      instruments.timedOut(name);
      this.#log.warn("Stop a reconcile that takes too long", { key, seconds });
      cancel = clock.after(graceMs, () => {
        this.#log.error("Go on without a reconcile that does not stop: its key waits until it ends", { key });
        release();
        this.#arm();
      });
      run.abort(new RuntimeError("timed-out", `Stop: the reconcile took longer than ${seconds} s`));
    });
    return () => cancel();
  }

  async #reconcile(
    { key, failures }: Taken,
    signal: AbortSignal,
  ): Promise<{ readonly next: Next; readonly threw: boolean }> {
    try {
      return { next: await this.#options.reconcile(key, signal), threw: false };
    } catch (error) {
      const stopped = signal.reason instanceof RuntimeError && signal.reason.code === "stopped";
      // On the way out it is no failure, and whoever comes next looks at every key anyway.
      if (stopped) this.#log.debug("Stopped a reconcile", { key });
      else this.#log.error("Cannot reconcile, try again", { key, attempt: failures + 1, ...describe(error) });
      return { next: { kind: "retry" }, threw: !stopped };
    }
  }
}

const results: Readonly<Record<Next["kind"], Result>> = {
  done: "success",
  after: "requeue_after",
  retry: "error",
};

/** What was thrown, bounded, whatever it is. */
function describe(error: unknown): { readonly error: string; readonly stack?: string } {
  const { message, stack } = (typeof error === "object" && error !== null ? error : {}) as Partial<Error>;
  if (typeof message !== "string") return { error: inspect(error, { depth: 0 }).slice(0, maxErrorText) };
  const text = { error: message.slice(0, maxErrorText) };
  return typeof stack === "string" ? { ...text, stack: stack.slice(0, maxStack) } : text;
}
