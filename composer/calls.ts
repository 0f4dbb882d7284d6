import { Worker } from "node:worker_threads";
import { ComposerError, type ComposerErrorCode, type ComposerStage } from "./error.ts";
import type { Answer, Call, Results } from "./protocol.ts";

/** Sources run as they are; a published package holds JavaScript. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** A timer of more milliseconds than this would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Bounds of one composer. */
export interface CallLimits {
  /** Milliseconds that one call may take, without its time in the queue. */
  readonly deadlineMs: number;
  /** Bytes of the engine's linear memory. */
  readonly memoryBytes: number;
}

/**
 * Runs calls in a worker thread, one after the other. A call that hangs or breaks the worker costs that call: the next
 * one gets a new worker. An idle worker does not keep the process alive.
 */
export class Calls {
  readonly #limits: CallLimits;
  #tail: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;
  #cancel: ((code: ComposerErrorCode, message: string) => void) | undefined;
  #closed = false;

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Rejects with a `ComposerError` only. The call's bytes are read when its turn comes. */
  run<S extends ComposerStage>(call: Extract<Call, { stage: S }>): Promise<Results[S]> {
    const result = this.#tail.then(() => this.#one(call));
    this.#tail = result.catch(() => {});
    return result as Promise<Results[S]>;
  }

  /** Ends the worker; calls that wait or run reject with the code `closed`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.("closed", "the composer was closed");
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    await this.#tail;
  }

  async #one(call: Call): Promise<Results[ComposerStage]> {
    const { stage } = call;
    if (this.#closed) throw new ComposerError({ code: "closed", stage, message: "the composer was closed" });
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const answer = await this.#ask(worker, call);
    if ("result" in answer) return answer.result;
    throw new ComposerError({ ...answer.failure, stage });
  }

  #start(): Worker {
    const worker = new Worker(WORKER, {
      workerData: { memoryBytes: this.#limits.memoryBytes },
      env: {},
      // Those of the process may be none of a thread's, such as `--input-type`.
      execArgv: [],
      name: "composer",
    });
    worker.on("error", () => this.#lose(worker));
    worker.on("exit", () => this.#lose(worker));
    worker.unref();
    return worker;
  }

  #lose(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
  }

  #ask(worker: Worker, call: Call): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const fail = (code: ComposerErrorCode, message: string): void => resolve({ failure: { code, message } });
    const onError = (error: Error): void => fail("aborted", `the composer's thread failed: ${error.message}`);
    const onExit = (): void => fail("aborted", "the composer's thread ended");
    const { deadlineMs } = this.#limits;
    const timer = setTimeout(
      () => {
        this.#lose(worker);
        worker.terminate();
        fail("deadline", `the composer's deadline is over: ${deadlineMs} ms`);
      },
      Math.min(deadlineMs, LONGEST_TIMER),
    );
    this.#cancel = fail;
    worker.ref();
    worker.once("message", resolve).once("error", onError).once("exit", onExit);
    worker.postMessage(call);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#cancel = undefined;
      worker.off("message", resolve).off("error", onError).off("exit", onExit);
      worker.unref();
    });
  }
}
