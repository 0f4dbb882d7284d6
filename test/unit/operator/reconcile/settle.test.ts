import { describe, expect, test } from "@jest/globals";
import type { Condition } from "../../../../api/status.ts";
import { type Finding, holds, makeConditions } from "../../../../operator/reconcile/conditions.ts";
import { done, type Outcome } from "../../../../operator/reconcile/outcome.ts";
import { settle } from "../../../../operator/reconcile/settle.ts";

const outcomes: readonly Outcome[] = [
  done,
  { kind: "waiting", reason: "ComponentNotFound", message: "waits", afterMs: 1000 },
  { kind: "stalled", reason: "WiringInvalid", message: "does not fit" },
  { kind: "stalled", reason: "DigestMismatch", message: "other bytes", afterMs: 300_000 },
  { kind: "failed", reason: "SourceUnavailable", message: "no answer" },
  { kind: "failed", reason: "SourceUnavailable", message: "no answer", afterMs: 7000 },
];
const achieved: readonly Finding[] = [
  holds("All serve"),
  { status: "False", reason: "RollingOut", message: "1 of 2" },
  { status: "False", reason: "ProgressDeadlineExceeded", message: "late" },
  { status: "True", reason: "Suspended", message: "suspended" },
  { status: "False", reason: "Suspended", message: "suspended" },
];
const found = new Map([["WiringValid", holds("fits")]]);

const cases = outcomes.flatMap((outcome) => achieved.map((ready) => ({ outcome, ready })));

describe("settle()", () => {
  test.each(cases)(
    "gives Ready, and at most one of Reconciling and Stalled, both only while True: %j",
    ({ outcome, ready }) => {
      const { findings } = settle(outcome, { found, achieved: ready, old: [] });
      expect([...findings.keys()][0]).toBe("Ready");
      const extra = ["Reconciling", "Stalled"].filter((type) => findings.has(type));
      expect(extra.length).toBeLessThanOrEqual(1);
      for (const type of extra) expect(findings.get(type)?.status).toBe("True");
      expect(findings.get("WiringValid")).toEqual(holds("fits"));
      if (findings.get("Ready")?.status === "True") expect(extra).toEqual([]);
    },
  );

  test.each(cases.filter(({ outcome }) => outcome.kind !== "done"))(
    "lets an outcome that is not done decide Ready: %j",
    ({ outcome, ready }) => {
      const { findings } = settle(outcome, { found, achieved: ready, old: [] });
      const { reason, message } = outcome as Exclude<Outcome, { kind: "done" }>;
      expect(findings.get("Ready")).toEqual({ status: "False", reason, message });
      expect(findings.has("Stalled")).toBe(outcome.kind === "stalled");
      expect(findings.has("Reconciling")).toBe(outcome.kind !== "stalled");
    },
  );

  test.each([
    [achieved[0]!, undefined],
    [achieved[1]!, "Reconciling"],
    [achieved[2]!, "Stalled"],
    [achieved[3]!, undefined],
    [achieved[4]!, undefined],
  ])("where all is done, Ready is what was observed: %j", (ready, extra) => {
    const { findings } = settle(done, { found, achieved: ready, old: [] });
    expect(findings.get("Ready")).toEqual(ready);
    expect(["Reconciling", "Stalled"].find((type) => findings.has(type))).toBe(extra);
  });

  test("asks the queue for nothing, a look later, or backoff", () => {
    const next = outcomes.map((outcome) => settle(outcome, { found, achieved: achieved[0]!, old: [] }).next);
    expect(next).toEqual([
      { kind: "done" },
      { kind: "after", ms: 1000 },
      { kind: "done" },
      { kind: "after", ms: 300_000 },
      { kind: "retry", afterMs: undefined },
      { kind: "retry", afterMs: 7000 },
    ]);
  });

  test("tells of a transition only where Ready's status or reason moved", () => {
    const old = (status: Condition["status"], reason: string): Condition[] => [
      { type: "Ready", status, reason, message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
    ];
    const ready = achieved[0]!;
    expect(settle(done, { found, achieved: ready, old: old("True", "Succeeded") }).transition).toBeUndefined();
    expect(settle(done, { found, achieved: ready, old: old("False", "RollingOut") }).transition).toEqual({
      type: "Normal",
      reason: "Succeeded",
      note: "All serve",
    });
    expect(settle(outcomes[2]!, { found, achieved: ready, old: old("True", "Succeeded") }).transition?.type).toBe(
      "Warning",
    );
    expect(settle(outcomes[1]!, { found, achieved: ready, old: [] }).transition?.type).toBe("Normal");
    expect(settle(done, { found, achieved: achieved[2]!, old: [] }).transition?.type).toBe("Warning");
  });
});

describe("makeConditions()", () => {
  const at = (now: string) => ({ generation: 2, now });
  const first = makeConditions(undefined, new Map([["Ready", holds("a")]]), at("2026-01-01T00:00:00Z"));

  test("moves lastTransitionTime only where the status flips", () => {
    const same = makeConditions(first, new Map([["Ready", holds("b")]]), at("2026-01-02T00:00:00Z"));
    expect(same[0]).toMatchObject({ message: "b", lastTransitionTime: "2026-01-01T00:00:00Z" });
    const flipped = makeConditions(
      same,
      new Map([["Ready", { status: "False", reason: "RollingOut", message: "" } as const]]),
      at("2026-01-03T00:00:00Z"),
    );
    expect(flipped[0]).toMatchObject({ status: "False", lastTransitionTime: "2026-01-03T00:00:00Z" });
  });

  test("drops conditions that were not found again, and says of which generation it speaks", () => {
    const old = [...first, { ...first[0]!, type: "Stalled" }];
    const now = makeConditions(old, new Map([["Ready", holds("a")]]), at("2026-01-02T00:00:00Z"));
    expect(now.map(({ type, observedGeneration }) => [type, observedGeneration])).toEqual([["Ready", 2]]);
  });

  test("bounds a message", () => {
    const [long] = makeConditions(
      undefined,
      new Map([["Ready", holds("x".repeat(100_000))]]),
      at("2026-01-01T00:00:00Z"),
    );
    expect(long?.message.length).toBe(4096);
    const [short] = makeConditions(
      undefined,
      new Map([["Ready", holds("x".repeat(4096))]]),
      at("2026-01-01T00:00:00Z"),
    );
    expect(short?.message).toBe("x".repeat(4096));
  });
});
