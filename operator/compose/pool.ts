import { ComposerError, type ComposerErrorCode, type ComposerStage } from "../../composer/error.ts";
import { type Composer, type ComposerOptions, startComposer } from "../../composer/index.ts";
import type { Clock } from "../clock.ts";
import { type Content, isPoison, Poison, sizeOf } from "./poison.ts";

/** How a pool works. */
export interface PoolOptions {
  readonly clock: Clock;
  /** Worker threads at most. */
  readonly workers: number;
  /** Bytes of the engine's memory, of each worker. */
  readonly memoryBytes: number;
  /** Milliseconds that one call may take, without its time in the queue. */
  readonly deadlineMs: number;
  /** Bytes of all components of one call; the composer's own default where it is not given. */
  readonly inputBytes?: number;
  /** Told of every call that ran, and of every one that was answered from memory. */
  readonly onCall?: (report: CallReport) => void;
  /** Milliseconds after which a worker without work is ended; 60,000. */
  readonly idleMs?: number;
  /** Calls that broke a worker and are not tried again; 1,000. */
  readonly poisons?: number;
  /** Makes a worker's composer. */
  readonly start?: (options: ComposerOptions) => Composer;
}

/** How one call ended. */
export interface CallReport {
  readonly stage: ComposerStage;
  readonly outcome: "ok" | ComposerErrorCode;
  /** Milliseconds in the queue, and of work. */
  readonly waitedMs: number;
  readonly tookMs: number;
  /** The same call broke a worker before, and was not made. */
  readonly remembered: boolean;
}

/** A composer over several workers. */
export interface ComposerPool extends Composer {
  /** Calls that run, calls that wait, and workers that are alive. */
  counts(): { readonly running: number; readonly waiting: number; readonly workers: number };
}

/** An engine that has read this much is large, and its memory goes only with its worker. */
const recycleBytes = 8 * 2 ** 20;

interface Lane {
  composer: Composer | undefined;
  busy: boolean;
  stopIdle: (() => void) | undefined;
}

interface Job {
  readonly start: (lane: Lane) => void;
  readonly refuse: (error: ComposerError) => void;
}

/**
 * A `Composer` whose calls run beside each other, each in a worker of its own; those that find none free wait in line, so
 * that a call which takes all its time holds up nobody while another worker is free. Workers are started on demand. What
 * broke a worker is remembered, and answered with the same error at once.
 */
export function startComposerPool(options: PoolOptions): ComposerPool {
  const pool = new Pool(options);
  return {
    inspect: (bytes) =>
      pool.run("inspect", { about: "inspect", parts: [bytes] }, (composer) => composer.inspect(bytes)),
    compose(components, wiring) {
      const about = `compose ${JSON.stringify(wiring)}`;
      return pool.run("compose", { about, parts: components }, (composer) => composer.compose(components, wiring));
    },
    flatten(bytes, { deadlines }) {
      const content = { about: `flatten ${deadlines}`, parts: [bytes] };
      return pool.run("flatten", content, (composer) => composer.flatten(bytes, { deadlines }));
    },
    wacPackages: (source) => pool.run("wacPackages", undefined, (composer) => composer.wacPackages(source)),
    evaluateWac: (source, packages) =>
      pool.run("evaluateWac", undefined, (composer) => composer.evaluateWac(source, packages)),
    world: (sources, world) => pool.run("world", undefined, (composer) => composer.world(sources, world)),
    counts: () => pool.counts(),
    close: () => pool.close(),
  };
}

class Pool {
  readonly #options: PoolOptions;
  readonly #poison: Poison;
  readonly #lanes: readonly Lane[];
  readonly #queue: Job[] = [];
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#poison = new Poison(options.poisons ?? 1000, options.clock);
    this.#lanes = Array.from({ length: Math.max(1, options.workers) }, () => ({
      composer: undefined,
      busy: false,
      stopIdle: undefined,
    }));
  }

  async run<T>(
    stage: ComposerStage,
    content: Content | undefined,
    call: (composer: Composer) => Promise<T>,
  ): Promise<T> {
    const { clock, onCall } = this.#options;
    const asked = clock.now();
    this.#refuseKnown(stage, content);
    const lane = await this.#lane(stage);
    const begun = clock.now();
    const report = (outcome: CallReport["outcome"]): void =>
      onCall?.({ stage, outcome, waitedMs: begun - asked, tookMs: clock.now() - begun, remembered: false });
    try {
      // The same content may have broken a worker while this call stood in line.
      this.#refuseKnown(stage, content);
      if (this.#closed) throw closed(stage);
      lane.composer ??= this.#start();
      const result = await call(lane.composer);
      report("ok");
      return result;
    } catch (error) {
      if (!(error instanceof ComposerError) || error instanceof Remembered) throw error;
      if (content !== undefined) this.#poison.note(content, error);
      report(error.code);
      // A dead engine's memory would stay until the thread collects its garbage.
      if (isPoison(error.code)) await this.#end(lane);
      throw error;
    } finally {
      if (content !== undefined && sizeOf(content) > recycleBytes) await this.#end(lane);
      this.#free(lane);
    }
  }

  #refuseKnown(stage: ComposerStage, content: Content | undefined): void {
    const known = content === undefined ? undefined : this.#poison.find(content);
    if (known === undefined) return;
    this.#options.onCall?.({ stage, outcome: known.code, waitedMs: 0, tookMs: 0, remembered: true });
    throw new Remembered(known);
  }

  counts() {
    return {
      running: this.#lanes.filter(({ busy }) => busy).length,
      waiting: this.#queue.length,
      workers: this.#lanes.filter(({ composer }) => composer !== undefined).length,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#queue.splice(0)) refuse(closed("inspect"));
    await Promise.all(this.#lanes.map((lane) => this.#end(lane)));
  }

  #start(): Composer {
    const { memoryBytes, deadlineMs, inputBytes, start = startComposer } = this.#options;
    return start({ memoryBytes, deadlineMs, ...(inputBytes === undefined ? {} : { inputBytes }) });
  }

  /** A free lane, now or when it is this call's turn. */
  #lane(stage: ComposerStage): Promise<Lane> {
    if (this.#closed) return Promise.reject(closed(stage));
    // A worker that is alive comes before one that would have to be started.
    const free = this.#lanes.filter(({ busy }) => !busy);
    const lane = free.find(({ composer }) => composer !== undefined) ?? free[0];
    if (lane !== undefined) {
      this.#take(lane);
      return Promise.resolve(lane);
    }
    return new Promise((start, reject) => {
      this.#queue.push({ start, refuse: ({ code, message }) => reject(new ComposerError({ code, stage, message })) });
    });
  }

  #take(lane: Lane): void {
    lane.busy = true;
    lane.stopIdle?.();
    lane.stopIdle = undefined;
  }

  #free(lane: Lane): void {
    const next = this.#closed ? undefined : this.#queue.shift();
    if (next !== undefined) {
      next.start(lane);
      return;
    }
    lane.busy = false;
    if (this.#closed || lane.composer === undefined) return;
    const { clock, idleMs = 60_000 } = this.#options;
    lane.stopIdle = clock.after(idleMs, () => void this.#end(lane));
  }

  async #end(lane: Lane): Promise<void> {
    lane.stopIdle?.();
    lane.stopIdle = undefined;
    const { composer } = lane;
    lane.composer = undefined;
    await composer?.close();
  }
}

/** An answer from memory. */
class Remembered extends ComposerError {}

function closed(stage: ComposerStage): ComposerError {
  return new ComposerError({ code: "closed", stage, message: "the composer was closed" });
}
