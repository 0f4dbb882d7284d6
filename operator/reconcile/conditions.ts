import type { Reason } from "../../api/conditions.ts";
import type { Condition } from "../../api/status.ts";

/** What is known about one aspect of a resource. */
export interface Finding {
  readonly status: Condition["status"];
  readonly reason: Reason;
  readonly message: string;
}

/** Findings by condition type, in the order in which they are shown. */
export type Findings = ReadonlyMap<string, Finding>;

/** The CRD's own bound is 32,768; nobody reads more than this. */
const maxMessage = 4096;

/**
 * The conditions of a status: those of `findings` and no others. `lastTransitionTime` moves only where the status flips, so
 * that the same findings give the same conditions.
 */
export function makeConditions(
  old: readonly Condition[] | undefined,
  findings: Findings,
  { generation, now }: { readonly generation: number; readonly now: string },
): Condition[] {
  return [...findings].map(([type, { status, reason, message }]) => {
    const before = old?.find((condition) => condition.type === type);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
      reason,
      message: bounded(message),
    };
  });
}

/** True. */
export function holds(message: string, reason: Reason = "Succeeded"): Finding {
  return { status: "True", reason, message };
}

/** Not looked at, as something before it did not succeed. */
export function notReached(waitsFor: string): Finding {
  return { status: "Unknown", reason: "InProgress", message: `Not looked at, waits for: ${waitsFor}` };
}

function bounded(message: string): string {
  return message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…`;
}
