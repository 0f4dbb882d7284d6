import type { Reason } from "../../api/conditions.ts";
import type { Condition } from "../../api/status.ts";
import type { Next } from "../runtime/reconciler.ts";
import type { Finding, Findings } from "./conditions.ts";
import type { Outcome } from "./outcome.ts";

/** An event that tells of a transition of `Ready`. */
export interface Transition {
  readonly type: "Normal" | "Warning";
  readonly reason: Reason;
  readonly note: string;
}

/** What a run means for the resource and for the queue. */
export interface Settled {
  /** With `Ready` computed from all others, and `Reconciling` or `Stalled` where they are True. */
  readonly findings: Findings;
  /** Undefined where `Ready` is what it was. */
  readonly transition: Transition | undefined;
  readonly next: Next;
}

/** Pure: maps how a run ended to conditions, event and requeue. `achieved` is what `Ready` says where all steps were done. */
export function settle(
  outcome: Outcome,
  {
    found,
    achieved,
    old,
  }: { readonly found: Findings; readonly achieved: Finding; readonly old: readonly Condition[] },
): Settled {
  const ready =
    outcome.kind === "done" ? achieved : { status: "False" as const, reason: outcome.reason, message: outcome.message };
  const stalled = outcome.kind === "stalled" || (outcome.kind === "done" && isFinal(ready));
  const settled = ready.status === "True" || stalled || ready.reason === "Suspended";
  const findings = new Map<string, Finding>([["Ready", ready]]);
  if (stalled) findings.set("Stalled", { ...ready, status: "True" });
  else if (!settled) findings.set("Reconciling", { ...ready, status: "True" });
  for (const [type, finding] of found) findings.set(type, finding);
  return {
    findings,
    transition: transitionOf(old, ready, stalled || outcome.kind === "failed"),
    next: nextOf(outcome),
  };
}

/** A rollout that missed its deadline, or a run that failed for good: nothing goes on by itself. */
function isFinal({ status, reason }: Finding): boolean {
  return status === "False" && (reason === "ProgressDeadlineExceeded" || reason === "RunFailed");
}

function transitionOf(old: readonly Condition[], ready: Finding, bad: boolean): Transition | undefined {
  const before = old.find(({ type }) => type === "Ready");
  if (before?.status === ready.status && before.reason === ready.reason) return undefined;
  return { type: bad ? "Warning" : "Normal", reason: ready.reason, note: ready.message };
}

function nextOf(outcome: Outcome): Next {
  switch (outcome.kind) {
    case "done":
      return { kind: "done" };
    case "stalled":
      return outcome.afterMs === undefined ? { kind: "done" } : { kind: "after", ms: outcome.afterMs };
    case "waiting":
      return { kind: "after", ms: outcome.afterMs };
    case "failed":
      return { kind: "retry", afterMs: outcome.afterMs };
  }
}
