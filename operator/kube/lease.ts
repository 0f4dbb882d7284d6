import { type Clock, sleep } from "../clock.ts";
import type { Log } from "../log.ts";
import type { KubeClient } from "./client.ts";
import { LeaseRecord, type Outlook } from "./lease-record.ts";

/** What an election is about. */
export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** Of this process, and of no other ever: a pod's name and something random. */
  readonly identity: string;
  /** Others may take over when the holder has not renewed for this long. */
  readonly durationMs: number;
  /** The holder gives up when it could not renew for this long; less than `durationMs`. */
  readonly renewDeadlineMs: number;
  /** Between two attempts; less than `renewDeadlineMs`. */
  readonly retryMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the waiting; what is held is given back with `release` only. */
  readonly signal: AbortSignal;
}

/** The Lease is ours. */
export interface Leadership {
  /** Aborted when it no longer is, or may not be: at most `renewDeadlineMs` after the last renewal was begun. */
  readonly lost: AbortSignal;
  /** Stops renewing, and gives the Lease back, so that another need not wait. Never rejects. May be called twice. */
  release(): Promise<void>;
}

/**
 * Waits until the Lease is ours. Clocks of other machines play no part: a foreign Lease is valid for as long as it says,
 * counted from when we saw it change. Rejects when `signal` is aborted, and never otherwise.
 */
export async function acquireLease(client: KubeClient, options: LeaseOptions): Promise<Leadership> {
  const { clock, signal, retryMs, log, name: lease, identity } = options;
  const record = new LeaseRecord(client, options);
  try {
    for (;;) {
      signal.throwIfAborted();
      const leader = new Leader(record, options);
      if ((await leader.begin()) === "ours") {
        log.info("Became the leader", { lease, identity });
        return leader;
      }
      // Spread, so that standbys do not come all at once; but not past the moment at which the Lease is free.
      const waitMs = Math.min(retryMs * (1 + clock.random()), record.freeInMs() ?? Number.POSITIVE_INFINITY);
      await sleep(clock, Math.max(waitMs, retryMs / 10), signal);
    }
  } catch (error) {
    record.forget();
    throw error;
  }
}

/** Holds the Lease from one successful attempt on. */
class Leader implements Leadership {
  readonly #record: LeaseRecord;
  readonly #options: LeaseOptions;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  #disarm: () => void = () => undefined;
  #renewing: Promise<void> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(record: LeaseRecord, options: LeaseOptions) {
    this.#record = record;
    this.#options = options;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The first attempt; where it succeeds, renewing begins. */
  async begin(): Promise<Outlook> {
    const outlook = await this.#attempt(this.#options.signal);
    if (outlook === "ours") this.#renewing = this.#renew();
    return outlook;
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const { clock, log, retryMs, name } = this.#options;
    this.#stop.abort();
    await this.#renewing;
    this.#disarm();
    if (this.lost.aborted) return this.#record.forget();
    const freed = await bounded(clock, { ms: 2 * retryMs }, (signal) => this.#record.free(signal));
    log.info(freed ? "Gave the Lease back" : "Could not give the Lease back: it runs out", { lease: name });
  }

  async #renew(): Promise<void> {
    const { clock, retryMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(clock, retryMs, signal).catch(() => undefined);
      if (!signal.aborted && (await this.#attempt(signal)) === "foreign") this.#lose("another process has it");
    }
  }

  /** Takes or renews. The deadline counts from before the request: what the server stored can only be younger. */
  async #attempt(signal: AbortSignal): Promise<Outlook> {
    const { clock, renewDeadlineMs, retryMs } = this.#options;
    const disarm = clock.after(renewDeadlineMs, () => this.#lose("it could not be renewed in time"));
    // A request whose answer is lost must leave time for another one.
    const ms = Math.max(Math.min(retryMs, renewDeadlineMs), renewDeadlineMs / 2);
    const outlook = await bounded(clock, { ms, signal }, (each) => this.#record.take(each));
    if (outlook === "ours" && !this.lost.aborted) {
      this.#disarm();
      this.#disarm = disarm;
    } else {
      disarm();
    }
    return outlook;
  }

  #lose(why: string): void {
    if (this.lost.aborted) return;
    this.#options.log.error("Lost the Lease", { lease: this.#options.name, reason: why });
    this.#disarm();
    this.#stop.abort();
    this.#lost.abort();
  }
}

/** Runs with a signal that is aborted after `ms`, or with the one given. */
async function bounded<T>(
  clock: Clock,
  { ms, signal }: { readonly ms: number; readonly signal?: AbortSignal },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const cancel = clock.after(ms, abort);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  try {
    return await run(controller.signal);
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
  }
}
