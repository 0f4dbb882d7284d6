import { type Clock, sleep } from "../clock.ts";
import type { Log } from "../log.ts";
import { Backoff } from "./backoff.ts";
import type { KubeClient } from "./client.ts";
import { KubeError } from "./error.ts";
import { EventBudget } from "./event-budget.ts";
import { eventName, eventRef, type Happening, makeEvent, makeSeries } from "./event-object.ts";
import { resources } from "./object.ts";

/** Says what happened, as Events. Never throws, never waits, and remembers a bounded number of them. */
export interface EventRecorder {
  record(happening: Happening): void;
  /** Settles when all that was recorded is written or given up, at the latest after `ms`. Nothing is written after it. */
  stop(ms: number): Promise<void>;
}

/** What a recorder is made of. */
export interface RecorderOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** `reportingInstance`: the pod's name. */
  readonly instance: string;
}

/** The same, said again before so much quiet, is one Event that counts. */
const quietMs = 10 * 60_000;
/** The count is written this often at most. */
const pauseMs = 60_000;
const mostSeries = 2_000;
const mostWaiting = 1_000;
const mostTries = 3;
const retry = { leastMs: 500, mostMs: 10_000 };
const tellDropsMs = 60_000;

/** The same happening, again and again. */
interface Series {
  readonly happening: Happening;
  readonly firstAt: number;
  count: number;
  lastAt: number;
  /** The Event's. */
  name: string;
  isStored: boolean;
  writtenAt: number | undefined;
  isWaiting: boolean;
}

/** A recorder that sends one Event at a time, in the order in which they were recorded. */
export function startRecorder(client: KubeClient, options: RecorderOptions): EventRecorder {
  return new Recorder(client, options);
}

class Recorder implements EventRecorder {
  readonly #client: KubeClient;
  readonly #options: RecorderOptions;
  readonly #budget: EventBudget;
  /** By what makes two happenings the same; the one that happened last is at the end. */
  readonly #series = new Map<string, Series>();
  readonly #waiting: Series[] = [];
  readonly #stopped = new AbortController();
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #toldAt: number | undefined;

  constructor(client: KubeClient, options: RecorderOptions) {
    this.#client = client;
    this.#options = options;
    this.#budget = new EventBudget(options.clock);
  }

  record(happening: Happening): void {
    if (this.#stopped.signal.aborted) return;
    const series = this.#count(happening);
    const isWritten = series.writtenAt !== undefined && series.lastAt - series.writtenAt < pauseMs;
    if (series.isWaiting || isWritten) return;
    const { uid = "", namespace = "", name } = happening.regarding.metadata;
    if (this.#waiting.length >= mostWaiting || !this.#budget.take(`${uid} ${namespace}/${name}`)) {
      this.#drop();
      return;
    }
    series.isWaiting = true;
    this.#waiting.push(series);
    this.#sending ??= this.#sendAll();
  }

  async stop(ms: number): Promise<void> {
    const cancel = this.#options.clock.after(ms, () => this.#stopped.abort());
    await this.#sending;
    cancel();
    this.#stopped.abort();
    this.#series.clear();
  }

  #count(happening: Happening): Series {
    const now = this.#options.clock.now();
    const { regarding, type, reason, note } = happening;
    const { uid, namespace, name } = regarding.metadata;
    const key = JSON.stringify([uid, regarding.kind, namespace, name, type, reason, note]);
    for (const [oldest, { lastAt }] of this.#series) {
      if (now - lastAt < quietMs) break;
      this.#series.delete(oldest);
    }
    const known = this.#series.get(key);
    if (known === undefined && this.#series.size >= mostSeries) this.#series.delete(this.#series.keys().next().value!);
    const series = known ?? this.#begin(happening, now);
    series.count++;
    series.lastAt = now;
    this.#series.delete(key);
    this.#series.set(key, series);
    return series;
  }

  async #sendAll(): Promise<void> {
    for (let series = this.#waiting.shift(); series !== undefined; series = this.#waiting.shift()) {
      series.isWaiting = false;
      if (!this.#stopped.signal.aborted && !(await this.#trySend(series))) this.#drop();
    }
    this.#sending = undefined;
  }

  /** False where it was given up. */
  async #trySend(series: Series): Promise<boolean> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopped;
    const backoff = new Backoff(clock, retry);
    for (let tries = 1; ; tries++) {
      try {
        await this.#send(series);
        return true;
      } catch (error) {
        const { code, message, retryAfterMs = 0 } = error as Partial<KubeError>;
        log.debug("Cannot write an Event", { error: message, code, tries });
        const isPassing = code === "unavailable" || code === "throttled";
        if (!isPassing || tries === mostTries || signal.aborted) return false;
        await sleep(clock, Math.max(backoff.next(), Math.min(retryAfterMs, retry.mostMs)), signal).catch(
          () => undefined,
        );
      }
    }
  }

  async #send(series: Series): Promise<void> {
    const { signal } = this.#stopped;
    const { happening } = series;
    series.writtenAt = this.#options.clock.now();
    if (series.isStored) {
      try {
        await this.#client.mergePatch(eventRef(happening, series.name), makeSeries(series), { signal });
        return;
      } catch (error) {
        // The API server forgets Events after an hour.
        if (!(error instanceof KubeError && error.code === "not-found")) throw error;
        series.name = this.#nameFor(happening);
        series.isStored = false;
      }
    }
    const { namespace } = eventRef(happening, series.name);
    const event = makeEvent(happening, { ...series, instance: this.#options.instance });
    try {
      await this.#client.create(resources.events, event, { signal, ...(namespace === undefined ? {} : { namespace }) });
    } catch (error) {
      // No other has this name: it is ours, from a try whose answer was lost.
      if (!(error instanceof KubeError && error.code === "conflict")) throw error;
    }
    series.isStored = true;
  }

  #begin(happening: Happening, now: number): Series {
    const name = this.#nameFor(happening);
    const unwritten = { name, isStored: false, writtenAt: undefined, isWaiting: false };
    return { happening, firstAt: now, lastAt: now, count: 0, ...unwritten };
  }

  #nameFor(happening: Happening): string {
    const { clock } = this.#options;
    const chance = Math.floor(clock.random() * 2 ** 32);
    return eventName(happening, clock.now().toString(16) + chance.toString(16).padStart(8, "0"));
  }

  #drop(): void {
    const { clock, log } = this.#options;
    this.#dropped++;
    if (this.#toldAt !== undefined && clock.now() - this.#toldAt < tellDropsMs) return;
    log.warn("Left out Events", { count: this.#dropped });
    this.#toldAt = clock.now();
    this.#dropped = 0;
  }
}
