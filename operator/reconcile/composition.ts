import { compositionConditions } from "../../api/conditions.ts";
import type { Key, KubeObject } from "../kube/object.ts";
import type { Next } from "../runtime/reconciler.ts";
import type { Finding } from "./conditions.ts";
import { notReached } from "./conditions.ts";
import { tellDenied } from "./denied.ts";
import { observeStep } from "./observe-step.ts";
import { done, type Outcome } from "./outcome.ts";
import type { Patience } from "./patience.ts";
import { beginRun, type LiveComposition, type Run, type Step } from "./run.ts";
import { settle } from "./settle.ts";
import type { StatusWriter } from "./status-writer.ts";
import type { View } from "./view.ts";

/** What the reconciler of Compositions works with. */
export interface CompositionDeps {
  readonly compositions: View<LiveComposition>;
  readonly status: StatusWriter<LiveComposition>;
  readonly patience: Patience;
  /** In order: resolve, decide, compose, apply. */
  readonly steps: readonly Step[];
  /** Before all else: what runs stays in the store, whatever the newest spec is. */
  readonly keep: (composition: LiveComposition, signal: AbortSignal) => Promise<void>;
  /** After all else: what is not wanted any more goes. */
  readonly tidy: (run: Run) => Promise<void>;
  /** The workload that is there, whatever the steps came to. */
  readonly workloadOf: (composition: LiveComposition) => KubeObject | undefined;
  /** Forgets what is kept for a Composition that is gone. */
  readonly forget: (key: Key) => void;
}

/** Resolve, decide, compose, apply, observe; then one status, if it changed. */
export function makeCompositionReconciler(deps: CompositionDeps): (key: Key, signal: AbortSignal) => Promise<Next> {
  const { patience } = deps;
  return async (key, signal) => {
    const composition = deps.compositions.get(key);
    if (composition === undefined || composition.metadata.deletionTimestamp !== undefined) {
      deps.forget(key);
      patience.end(key);
      return { kind: "done" };
    }
    const run = beginRun(composition, signal);
    const steps: readonly Step[] = composition.spec.suspend ? [] : deps.steps;
    const kept = await tellDenied(() => deps.keep(composition, signal).then(() => done));
    const advanced = kept.kind === "done" ? await advance(run, steps) : kept;
    signal.throwIfAborted();
    const quietMs = patience.left(key, lenient(composition, advanced));
    if (quietMs > 0) return { kind: "after", ms: quietMs };
    run.workload ??= deps.workloadOf(composition);
    const achieved = observeStep(run);
    const tidied = await tellDenied(() => deps.tidy(run).then(() => done));
    const outcome = advanced.kind === "done" ? tidied : advanced;
    const said = run.workload === undefined ? outcome : reassuring(outcome);
    const settled = settle(said, {
      found: inOrder(run, outcome),
      achieved: composition.spec.suspend ? suspended(achieved) : achieved,
      old: composition.status?.conditions ?? [],
    });
    return deps.status.write(composition, run.status, settled, signal);
  };
}

async function advance(run: Run, steps: readonly Step[]): Promise<Outcome> {
  for (const step of steps) {
    const outcome = await tellDenied(() => step(run));
    run.signal.throwIfAborted();
    if (outcome.kind !== "done") return outcome;
  }
  return run.heldBack ?? done;
}

/** Who reads that something is missing wants to know first whether anything is down. */
function reassuring(outcome: Outcome): Outcome {
  if (outcome.kind === "done" || outcome.reason === "UpgradeBlocked" || outcome.reason === "SourceLost") return outcome;
  return { ...outcome, message: `${outcome.message}. What runs goes on` };
}

/** After a start everything is read again: what runs well is not called unready for as long as that takes. */
function lenient({ status, metadata }: LiveComposition, outcome: Outcome): Outcome {
  if (outcome.kind !== "waiting" || outcome.reason !== "ComponentNotReady" || outcome.quietMs === undefined)
    return outcome;
  const told = status?.artifact !== undefined && status.observedGeneration === metadata.generation;
  return told ? { ...outcome, quietMs: 600_000 } : outcome;
}

/** What runs is what ran; it is as ready as it was left. */
function suspended(achieved: Finding): Finding {
  const message = `Suspended: nothing is changed while spec.suspend is true. ${achieved.message}`;
  return { status: achieved.status, reason: "Suspended", message };
}

const stages = [
  compositionConditions.ComponentsResolved,
  compositionConditions.WiringValid,
  compositionConditions.Composed,
] as const;

/** All conditions, in the order of the work; a stage that was not reached says so. */
function inOrder(run: Run, outcome: Outcome): ReadonlyMap<string, Finding> {
  const reached = stages.findLast((stage) => run.found.has(stage));
  const waitsFor = outcome.kind === "done" ? "spec.suspend" : (reached ?? stages[0]);
  const found = new Map<string, Finding>(stages.map((stage) => [stage, run.found.get(stage) ?? notReached(waitsFor)]));
  for (const [type, finding] of run.found) found.set(type, finding);
  return found;
}
