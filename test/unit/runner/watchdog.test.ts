import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startWatchdog, type Watchdog } from "../../../runner/watchdog.ts";

let watchdog: Watchdog;
let flag: Int32Array;
beforeAll(() => {
  watchdog = startWatchdog();
  flag = new Int32Array(watchdog.epoch.buffer);
});
afterAll(() => watchdog.close());

/** Blocks the thread as a looping guest does; says how often the flag was raised and taken down. */
function spin(until: number): number {
  let raised = 0;
  while (performance.now() < until) if (Atomics.exchange(flag, 0, 0) === 1) raised++;
  return raised;
}

describe("startWatchdog()", () => {
  test("raises the flag again and again once a deadline is past, while the thread is blocked", () => {
    const deadline = performance.now() + 100;
    watchdog.watch(deadline);
    expect(spin(deadline - 5)).toBe(0);
    let raised = 0;
    for (let until = deadline + 50; raised < 3 && until < deadline + 5000; until += 50) raised += spin(until);
    expect(raised).toBeGreaterThanOrEqual(3);
    watchdog.watch(Infinity);
  });

  test("leaves the flag alone while nothing is timed", () => {
    watchdog.watch(Infinity);
    spin(performance.now() + 50);
    expect(spin(performance.now() + 100)).toBe(0);
  });

  test("leaves the flag alone while deadlines are far", () => {
    watchdog.watch(performance.now() + 60_000);
    expect(spin(performance.now() + 100)).toBe(0);
    watchdog.watch(Infinity);
  });
});
