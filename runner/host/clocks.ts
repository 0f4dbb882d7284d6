import { hrtime } from "node:process";
import { speaks } from "./catalogue.ts";
import { core, typed } from "./functions.ts";
import type { GuestContext, HostFunction, HostInterface } from "./host.ts";
import { Pollable, Waitable } from "./streams.ts";

const nanosecondsPerMillisecond = 1_000_000n;
/** The longest sleep that a Node timer takes; a longer wait is several of them. */
const longestSleepMs = 2 ** 31 - 1;

/** `wasi:clocks` 0.2. The clock is given to every guest; the time zone is always UTC. */
export const clocksInterfaces: readonly HostInterface[] = [
  define("monotonic-clock", (guest) => ({
    now: core(() => hrtime.bigint()),
    resolution: core(() => 1n),
    "subscribe-instant": core((when) => guest.add(timer(BigInt.asUintN(64, when)))),
    "subscribe-duration": core((duration) => guest.add(timer(hrtime.bigint() + BigInt.asUintN(64, duration)))),
  })),
  define("wall-clock", (guest) => ({
    now: core((out) => {
      const milliseconds = Date.now();
      writeDatetime(guest, out, BigInt(Math.floor(milliseconds / 1000)), (milliseconds % 1000) * 1_000_000);
    }),
    resolution: core((out) => writeDatetime(guest, out, 0n, 1_000_000)),
  })),
  define("timezone", () => ({
    display: typed(() => ({ utcOffset: 0, name: "UTC", inDaylightSavingTime: false })),
    "utc-offset": typed(() => 0),
  })),
];

function define(name: string, bind: (guest: GuestContext) => Record<string, HostFunction>): HostInterface {
  return { name: `wasi:clocks/${name}`, speaks: speaks(`wasi:clocks/${name}`), bind };
}

/** A `datetime` at `out`: u64 seconds, u32 nanoseconds. */
function writeDatetime(guest: GuestContext, out: number, seconds: bigint, nanoseconds: number): void {
  const view = guest.view();
  view.setBigUint64(out >>> 0, seconds, true);
  view.setUint32((out >>> 0) + 8, nanoseconds, true);
}

function timer(when: bigint): Pollable {
  const source = new Timer(when);
  return new Pollable(source, () => source.stop());
}

/**
 * Ready at an instant of the monotonic clock. A timer of the process runs only while someone waits, and keeps the
 * process alive only then: ten thousand pollables that nobody polls cost nothing.
 */
export class Timer extends Waitable {
  readonly #when: bigint;
  #watching = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(when: bigint) {
    super();
    this.#when = when;
  }

  ready(): boolean {
    return hrtime.bigint() >= this.#when;
  }

  override watch(wake: () => void): void {
    super.watch(wake);
    this.#watching++;
    this.#timer ??= this.#start();
  }

  override unwatch(wake: () => void): void {
    super.unwatch(wake);
    this.#watching = Math.max(0, this.#watching - 1);
    if (this.#watching === 0) this.stop();
  }

  override wake(): void {
    this.stop();
    super.wake();
  }

  /** Ends the timer; whoever waits is not woken. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watching = 0;
  }

  #start(): NodeJS.Timeout {
    const left = this.#when - hrtime.bigint();
    const milliseconds = left <= 0n ? 0 : Number((left + nanosecondsPerMillisecond - 1n) / nanosecondsPerMillisecond);
    return setTimeout(() => this.wake(), Math.min(milliseconds, longestSleepMs));
  }
}
