import type { QueueState } from "./queue.ts";

/** How a reconcile ended, in controller-runtime's words. `error`: it asked to be tried again with backoff, or threw. */
export type Result = "success" | "requeue_after" | "error";

/** One run of a reconcile. */
export interface Run {
  readonly result: Result;
  /** It threw, which none should. */
  readonly threw: boolean;
  /** From the time when the key was due. */
  readonly waitedMs: number;
  readonly tookMs: number;
}

/** Where controllers tell their numbers. */
export interface Instruments {
  /** A controller starts. `read` gives the state of its queue whenever it is asked. */
  started(controller: string, options: { readonly concurrency: number; readonly read: () => QueueState }): void;
  /** A reconcile ended. */
  ran(controller: string, run: Run): void;
  /** A reconcile was told to stop, as it took too long. */
  timedOut(controller: string): void;
}
