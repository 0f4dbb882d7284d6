/** The words that the main thread and the watchdog thread share. */
export const word = {
  /** 1 while the thread sleeps without an end: set it to 0 and notify to wake it. */
  sleeping: 0,
  /** 1 while any call is timed. */
  busy: 1,
  /** The earliest deadline, milliseconds modulo 2^32. */
  deadline: 2,
  closed: 3,
} as const;

/** What the thread is started with. `timeOrigin` is the main thread's: the clocks of two threads begin at different times. */
export interface WatchdogShared {
  readonly epoch: WebAssembly.Memory;
  readonly words: Int32Array;
  readonly timeOrigin: number;
  readonly tickMs: number;
}
