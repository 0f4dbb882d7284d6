import type { RunnerConfig } from "./config.ts";
import type { RunnerErrorCode } from "./error.ts";
import type { Stats } from "./stats.ts";

/** How a worker writes the lines of guests: for people at a terminal, or as JSON lines. */
export type LogFormat = "pretty" | "json";

/** What the supervisor tells a worker. A connection comes as `{type: "connection"}` with its handle. */
export type ToWorker =
  | { readonly type: "start"; readonly config: RunnerConfig; readonly log: LogFormat }
  | { readonly type: "connection" }
  /**
   * Answer what is in flight with `connection: close`, then exit. Idle connections are kept for `idleMs`, so that a
   * request that is on its way is still answered; after `drainMs` whatever is left is cut.
   */
  | { readonly type: "drain"; readonly idleMs: number; readonly drainMs: number }
  | { readonly type: "report" };

/** What the process of a command is told, once. */
export interface ToCommand {
  readonly config: RunnerConfig;
}

/** What a worker tells the supervisor. */
export type FromWorker =
  | { readonly type: "ready"; readonly info: WorkerInfo }
  | { readonly type: "failed"; readonly code: RunnerErrorCode; readonly message: string }
  /** The connection was taken; the supervisor may close its copy. */
  | { readonly type: "accepted" }
  /** Once a second, and when asked: the thread is alive, and this is what it has counted. */
  | { readonly type: "alive"; readonly stats: Stats };

/** What a worker found out about its composition; the same for every worker of one configuration. */
export interface WorkerInfo {
  readonly artifact: string;
  readonly instances: readonly { readonly name: string; readonly component: string; readonly digest: string }[];
  readonly edges: readonly EdgeInfo[];
  readonly exports: readonly string[];
  /** Why `isolation: Request` makes fresh instances instead of resetting them, or null. */
  readonly notResettable: string | null;
}

/** An edge as manifests name it, and the index of its two counts in `Stats.edges`. */
export interface EdgeInfo {
  readonly from: string;
  readonly to: string;
  readonly interface: string;
  readonly function: string;
}
