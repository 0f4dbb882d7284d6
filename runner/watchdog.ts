import { Worker } from "node:worker_threads";
import { sibling } from "./entry.ts";
import { type WatchdogShared, word } from "./watchdog-words.ts";

/** Raises the flag that the checks in guest code read, from a thread of its own: the main one may be inside a loop. */
export interface Watchdog {
  /** The first i32 is the flag. Given to the linker, which imports it into every module. */
  readonly epoch: WebAssembly.Memory;
  /** The earliest deadline of all running calls on the clock of `performance.now()`, Infinity for none. Cheap. */
  watch(deadline: number): void;
  /** Ends the thread. */
  close(): Promise<void>;
}

/**
 * Starts the watchdog. While nothing is timed the thread sleeps; it wakes at the earliest deadline, and then raises the
 * flag every `tickMs` for as long as a call is over its time. One shot would not do: any guest's check takes the flag down.
 */
export function startWatchdog(options: { readonly tickMs?: number } = {}): Watchdog {
  const epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Int32Array(new SharedArrayBuffer(4 * 8));
  const shared: WatchdogShared = {
    epoch,
    words,
    timeOrigin: performance.timeOrigin,
    tickMs: options.tickMs ?? 10,
  };
  const thread = new Worker(sibling(import.meta.url, "watchdog-thread"), {
    workerData: shared,
    execArgv: [],
    stdin: false,
  });
  thread.unref();
  const watch = (deadline: number) => {
    if (deadline === Infinity) {
      Atomics.store(words, word.busy, 0);
      return;
    }
    Atomics.store(words, word.deadline, Math.ceil(deadline) | 0);
    Atomics.store(words, word.busy, 1);
    // Sequentially consistent with the thread's own store and load: one of the two sees the other.
    if (Atomics.load(words, word.sleeping) === 1) {
      Atomics.store(words, word.sleeping, 0);
      Atomics.notify(words, word.sleeping);
    }
  };
  return {
    epoch,
    watch,
    async close() {
      Atomics.store(words, word.closed, 1);
      Atomics.notify(words, word.closed);
      Atomics.store(words, word.sleeping, 0);
      Atomics.notify(words, word.sleeping);
      await thread.terminate();
    },
  };
}
