import type { Clock } from "../clock.ts";
import { type BackoffOptions, backoffMs, defaultBackoff } from "./backoff.ts";
import { Heap, type HeapItem, isBefore } from "./heap.ts";
import type { Next } from "./reconciler.ts";
import { makeSteady } from "./steady.ts";

/** A key from its first wake until nothing has to be remembered of it. In a heap it waits, or rests. */
interface Entry extends HeapItem {
  readonly key: string;
  /** False: nothing has to run; it is only remembered that it ran lately. */
  wanted: boolean;
  /** Undefined: it does not run. */
  startedAt: number | undefined;
  /** When it was asked for while it ran. */
  again: number | undefined;
  /** In a row. */
  failures: number;
  /** `minIntervalMs` after its last start. */
  rested: number;
  /** It failed, and does not run before, whoever wakes it. */
  heldUntil: number;
}

/** A key to be worked on. */
export interface Taken {
  readonly key: string;
  /** How long it was due. */
  readonly waitedMs: number;
  /** How often it failed in a row. */
  readonly failures: number;
}

/** The numbers of a queue. */
export interface QueueState {
  /** Keys that are due and do not run. */
  readonly depth: number;
  readonly running: number;
  /** The times since all running keys were taken, together. */
  readonly unfinishedMs: number;
  /** The key that was taken first of those that run. */
  readonly longestRunning: { readonly key: string; readonly ms: number } | undefined;
  /** How often a key was woken that was not waiting. */
  readonly adds: number;
  /** How often a key was put back to run later. */
  readonly retries: number;
}

/** Which keys may be taken. */
export interface Choice {
  /** False: not those that failed the last time. */
  readonly failing: boolean;
}

/** A failing key that is woken all the time runs once in this time, or in its backoff where that is shorter. */
const failingIntervalMs = 1_000;
/** Whoever says "not before" has no say beyond this. */
const maxHoldMs = 3_600_000;
const never = Number.POSITIVE_INFINITY;
const always = Number.NEGATIVE_INFINITY;

/**
 * Keys that have to be worked on, in the order in which they become due. A key is there once: the earliest wake wins. One
 * that is woken while it runs runs again after. It never runs twice at once, and not more often than once in
 * `minIntervalMs`. A key that neither waits, runs nor ran just now leaves nothing behind. Sets no timers: whoever takes
 * keys asks `nextIn`, and is told by `onChange` when the answer may be another.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #time: () => number;
  readonly #backoff: BackoffOptions;
  readonly #minIntervalMs: number;
  readonly #entries = new Map<string, Entry>();
  /** In the order in which they were taken. */
  readonly #running = new Set<Entry>();
  readonly #fresh = new Heap<Entry>();
  /** Apart, so that others can be taken past them. */
  readonly #failing = new Heap<Entry>();
  #changed: () => void = () => {};
  #turns = 0;
  #adds = 0;
  #retries = 0;
  #closed = false;

  constructor(options: {
    readonly clock: Clock;
    readonly backoff?: BackoffOptions | undefined;
    readonly minIntervalMs?: number | undefined;
  }) {
    this.#clock = options.clock;
    this.#time = makeSteady(options.clock);
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#minIntervalMs = options.minIntervalMs ?? 50;
  }

  /** Calls `changed` when a key may be due earlier than was known. There is one listener: a later one replaces it. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  /** Wakes a key, after `afterMs` at the earliest. */
  add(key: string, afterMs = 0): void {
    if (this.#closed) return;
    const entry = this.#entries.get(key) ?? this.#create(key);
    const at = this.#time() + nonNegative(afterMs);
    if (entry.startedAt !== undefined) {
      if (entry.again === undefined) this.#adds += 1;
      entry.again = Math.min(entry.again ?? never, at);
      return;
    }
    if (!entry.wanted) this.#adds += 1;
    else if (earliest(entry, at) >= entry.at) return;
    this.#wait(entry, at);
    this.#changed();
  }

  /** The key that is due longest, if one is. It runs from now on, until `done`. */
  take({ failing }: Choice = { failing: true }): Taken | undefined {
    const now = this.#time();
    this.#sweep(now);
    const entry = earlier(this.#fresh.peek(), failing ? this.#failing.peek() : undefined);
    if (entry === undefined || entry.at > now) return undefined;
    this.#lift(entry);
    entry.wanted = false;
    entry.startedAt = now;
    this.#running.add(entry);
    return { key: entry.key, waitedMs: now - entry.at, failures: entry.failures };
  }

  /** Milliseconds until `take` is worth a call; undefined: not before something changes. */
  nextIn({ failing }: Choice = { failing: true }): number | undefined {
    const now = this.#time();
    this.#sweep(now);
    const entry = earlier(this.#fresh.peek(), failing ? this.#failing.peek() : undefined);
    return entry === undefined ? undefined : Math.max(entry.at - now, 0);
  }

  /** Ends the run of a key. It waits for what `next` says, or for what woke it meanwhile. */
  done(key: string, next: Next): void {
    const entry = this.#entries.get(key);
    if (entry?.startedAt === undefined) return;
    const now = this.#time();
    this.#running.delete(entry);
    entry.rested = entry.startedAt + this.#minIntervalMs;
    entry.startedAt = undefined;
    const later = this.#judge(entry, next, now);
    const at = Math.min(later, entry.again ?? never);
    entry.again = undefined;
    if (this.#closed) this.#entries.delete(key);
    else if (at < never) this.#wait(entry, at);
    else if (entry.rested > now) this.#rest(entry);
    else this.#entries.delete(key);
    this.#changed();
  }

  /** Forgets that a key failed, and that it was held back: for one whose spec has changed, or that is gone. Wakes nothing. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.failures === 0) return;
    const waits = entry.slot >= 0;
    if (waits) this.#failing.remove(entry);
    entry.failures = 0;
    entry.heldUntil = always;
    // Keeps its time: a failing key always waits, and may be the only one who knows that something is left to do.
    if (waits) this.#wait(entry, entry.at);
    this.#changed();
  }

  /** Drops all that waits; later wakes are ignored. Keys that run end with `done`. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) {
      entry.again = undefined;
      if (entry.startedAt !== undefined) continue;
      this.#lift(entry);
      this.#entries.delete(entry.key);
    }
    this.#changed();
  }

  /** Keys of which anything is remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** Numbers for metrics. Costs a look at every key. */
  state(): QueueState {
    const now = this.#time();
    const waiting = [...this.#fresh, ...this.#failing];
    const [first] = this.#running;
    return {
      depth: waiting.filter(({ wanted, at }) => wanted && at <= now).length,
      running: this.#running.size,
      unfinishedMs: [...this.#running].reduce((sum, { startedAt = now }) => sum + now - startedAt, 0),
      longestRunning: first && { key: first.key, ms: now - (first.startedAt ?? now) },
      adds: this.#adds,
      retries: this.#retries,
    };
  }

  /** When `next` wants the key again. Notes what it says about failures. */
  #judge(entry: Entry, next: Next, now: number): number {
    if (next.kind !== "done") this.#retries += 1;
    if (next.kind !== "retry") {
      entry.failures = 0;
      entry.heldUntil = always;
      return next.kind === "done" ? never : now + nonNegative(next.ms);
    }
    entry.failures += 1;
    const delay = backoffMs(entry.failures, this.#backoff, this.#clock.random());
    const hold = Math.min(nonNegative(next.afterMs ?? 0), maxHoldMs);
    entry.heldUntil = now + Math.max(hold, Math.min(delay, failingIntervalMs));
    return now + delay;
  }

  #create(key: string): Entry {
    const time = { startedAt: undefined, again: undefined, rested: always, heldUntil: always };
    const entry: Entry = { key, wanted: false, failures: 0, at: 0, turn: 0, slot: -1, ...time };
    this.#entries.set(key, entry);
    return entry;
  }

  #wait(entry: Entry, at: number): void {
    this.#lift(entry);
    entry.wanted = true;
    this.#push(entry, earliest(entry, at));
  }

  #rest(entry: Entry): void {
    this.#push(entry, entry.rested);
  }

  #push(entry: Entry, at: number): void {
    entry.at = at;
    entry.turn = this.#turns++;
    this.#heapOf(entry).push(entry);
  }

  #lift(entry: Entry): void {
    if (entry.slot >= 0) this.#heapOf(entry).remove(entry);
  }

  #heapOf({ failures }: Entry): Heap<Entry> {
    return failures > 0 ? this.#failing : this.#fresh;
  }

  /** Drops the keys that only rested, and have. */
  #sweep(now: number): void {
    for (let first = this.#fresh.peek(); first !== undefined && !first.wanted; first = this.#fresh.peek()) {
      if (first.at > now) return;
      this.#lift(first);
      this.#entries.delete(first.key);
    }
  }
}

function earliest({ rested, heldUntil }: Entry, at: number): number {
  return Math.max(at, rested, heldUntil);
}

function earlier(one: Entry | undefined, other: Entry | undefined): Entry | undefined {
  return one === undefined || (other !== undefined && isBefore(other, one)) ? other : one;
}

function nonNegative(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.max(ms, 0);
}
