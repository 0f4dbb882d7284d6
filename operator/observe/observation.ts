import type { Reason } from "../../api/conditions.ts";

/** What is found about one aspect of a workload: the parts of a condition that an observer decides. */
export interface Observed {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: Reason;
  /** One sentence; the same for the same state, so that it does not make a status change. */
  readonly message: string;
}

/** What a workload is found to be. */
export interface Observation {
  /** Pods: all, those that serve, and those of the newest revision. */
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  /** The condition `Available`. */
  readonly available: Observed;
  /** The condition `Progressing`. */
  readonly progressing: Observed;
  /** All that was asked for is so: every pod is of the newest revision and serves, or the run succeeded. */
  readonly complete: boolean;
}

/** A condition of a workload. */
export interface WorkloadCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Characters of a foreign message. */
const maxForeign = 512;

/** The text of somebody else's condition, on one line, bounded, and without a final period. */
export function foreignText(text: string | undefined): string {
  const line = (text ?? "").replace(/\s+/g, " ").trim().replace(/\.$/, "");
  if (line === "") return "no reason given";
  return line.length > maxForeign ? `${line.slice(0, maxForeign)}…` : line;
}

/** `1 pod`, `3 pods`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** What is said of a workload that does not exist yet, or not any more. */
export function observeNothing(kind: string): Observation {
  const observed: Observed = { status: "False", reason: "InProgress", message: `Waits until there is a ${kind}` };
  return {
    replicas: 0,
    readyReplicas: 0,
    updatedReplicas: 0,
    available: observed,
    progressing: { ...observed, status: "True" },
    complete: false,
  };
}
