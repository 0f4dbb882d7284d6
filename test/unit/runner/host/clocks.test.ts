import { hrtime } from "node:process";
import { describe, expect, test } from "@jest/globals";
import { clocksInterfaces, Timer } from "../../../../runner/host/clocks.ts";
import type { Pollable } from "../../../../runner/host/streams.ts";
import { bound, FakeGuest, hostInstance } from "./bound.ts";

const clocks = (name: string, guest = new FakeGuest()) =>
  bound(clocksInterfaces, `wasi:clocks/${name}`, hostInstance(), { guest });
/** Timers of this process that keep it alive or would fire. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("monotonic-clock", () => {
  test("never goes back, in nanoseconds", () => {
    const call = clocks("monotonic-clock");
    const times = Array.from({ length: 100 }, () => call("now") as bigint);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
    expect(call("resolution")).toBe(1n);
  });

  test("subscribe-duration() is ready when the time has passed, and not before", async () => {
    const guest = new FakeGuest();
    const call = clocks("monotonic-clock", guest);
    const start = hrtime.bigint();
    const pollable = guest.get<Pollable>(call("subscribe-duration", 30_000_000n));
    expect(pollable.ready()).toBe(false);
    await pollable.wait();
    expect(pollable.ready()).toBe(true);
    expect(hrtime.bigint() - start).toBeGreaterThanOrEqual(30_000_000n);
  });

  test("subscribe-instant() in the past and a duration of 0 are ready at once", () => {
    const guest = new FakeGuest();
    const call = clocks("monotonic-clock", guest);
    expect(guest.get<Pollable>(call("subscribe-instant", 0n)).ready()).toBe(true);
    expect(guest.get<Pollable>(call("subscribe-duration", 0n)).ready()).toBe(true);
  });

  test("a duration with the sign bit set is a long one, not one in the past", () => {
    const guest = new FakeGuest();
    expect(guest.get<Pollable>(clocks("monotonic-clock", guest)("subscribe-duration", -1n)).ready()).toBe(false);
  });
});

describe("Timer", () => {
  const never = 2n ** 64n;

  test("runs a timer of the process only while someone waits", () => {
    const before = timers();
    const timer = new Timer(never);
    expect(timers()).toBe(before);
    const [one, two] = [() => {}, () => {}];
    timer.watch(one);
    timer.watch(two);
    expect(timers()).toBe(before + 1);
    timer.unwatch(one);
    expect(timers()).toBe(before + 1);
    timer.unwatch(two);
    expect(timers()).toBe(before);
  });

  test("is cleared when its pollable is dropped", () => {
    const before = timers();
    const guest = new FakeGuest();
    const pollable = guest.get<Pollable & Disposable>(
      clocks("monotonic-clock", guest)("subscribe-duration", 3_600_000_000_000n),
    );
    void pollable.wait();
    expect(timers()).toBe(before + 1);
    pollable[Symbol.dispose]();
    expect(timers()).toBe(before);
  });

  test("wakes everyone who waits", async () => {
    const timer = new Timer(hrtime.bigint() + 5_000_000n);
    await Promise.all([timer.wait(), timer.wait(), timer.wait()]);
    expect(timer.ready()).toBe(true);
  });
});

describe("wall-clock", () => {
  test("tells the time in seconds and nanoseconds", () => {
    const guest = new FakeGuest();
    const before = Date.now();
    clocks("wall-clock", guest)("now", 16);
    const milliseconds = Number(guest.view().getBigUint64(16, true)) * 1000 + guest.view().getUint32(24, true) / 1e6;
    expect(milliseconds).toBeGreaterThanOrEqual(before);
    expect(milliseconds).toBeLessThanOrEqual(Date.now());
    clocks("wall-clock", guest)("resolution", 16);
    expect([guest.view().getBigUint64(16, true), guest.view().getUint32(24, true)]).toEqual([0n, 1_000_000]);
  });
});

test("timezone is UTC", () => {
  const call = clocks("timezone");
  const now = { seconds: 0n, nanoseconds: 0 };
  expect(call("utc-offset", now)).toBe(0);
  expect(call("display", now)).toEqual({ utcOffset: 0, name: "UTC", inDaylightSavingTime: false });
});
