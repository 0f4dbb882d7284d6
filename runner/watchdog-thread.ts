import { workerData } from "node:worker_threads";
import { type WatchdogShared, word } from "./watchdog-words.ts";

const { epoch, words, timeOrigin, tickMs } = workerData as WatchdogShared;
const flag = new Int32Array(epoch.buffer);
const offset = performance.timeOrigin - timeOrigin;

while (Atomics.load(words, word.closed) === 0) {
  if (Atomics.load(words, word.busy) === 0) {
    Atomics.store(words, word.sleeping, 1);
    if (Atomics.load(words, word.busy) === 0) Atomics.wait(words, word.sleeping, 1);
    Atomics.store(words, word.sleeping, 0);
    continue;
  }
  // Modulo 2^32, so that a process may live longer than 24 days.
  const left = (Atomics.load(words, word.deadline) - Math.floor(offset + performance.now())) | 0;
  if (left < 0) Atomics.store(flag, 0, 1);
  Atomics.wait(words, word.closed, 0, left < 0 ? tickMs : left + 1);
}
