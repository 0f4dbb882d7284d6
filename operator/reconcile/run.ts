import type { Composition, CompositionStatus } from "../../api/composition.ts";
import type { Judgement } from "../compose/judge.ts";
import type { Desired } from "../desired/desired.ts";
import type { Resolved } from "../fetch/library.ts";
import type { KubeObject } from "../kube/object.ts";
import type { Finding } from "./conditions.ts";
import type { Outcome } from "./outcome.ts";

/** A Composition as the API server has it. */
export type LiveComposition = Composition & KubeObject;

/** One run over a Composition: each step reads what those before it found, and adds what it found itself. */
export interface Run {
  readonly composition: LiveComposition;
  readonly signal: AbortSignal;
  /** By the names of the wiring. */
  components: ReadonlyMap<string, Resolved>;
  judgement: Judgement | undefined;
  /** Why a component's new bytes are not used: all goes on with the old ones, and this is said at the end. */
  heldBack: Outcome | undefined;
  artifact: { readonly digest: string; readonly size: number } | undefined;
  /** What the artifact was made from; undefined where that is too long to be kept. */
  recipe: string | undefined;
  desired: Desired | undefined;
  /** True once all that is desired was applied. */
  applied: boolean;
  /** The Deployment, Job or CronJob that is there. */
  workload: KubeObject | undefined;
  /** Conditions, but for those that `settle` computes. */
  readonly found: Map<string, Finding>;
  /** The rest of the status; begins with what it was. */
  status: CompositionStatus;
}

/** One step: it acts, notes what it found in the run, and says how it ended. It never writes status or events. */
export type Step = (run: Run) => Promise<Outcome>;

/** A run that has not begun. */
export function beginRun(composition: LiveComposition, signal: AbortSignal): Run {
  const { conditions: _, observedGeneration: __, ...status } = composition.status ?? {};
  return {
    composition,
    signal,
    components: new Map(),
    judgement: undefined,
    heldBack: undefined,
    artifact: undefined,
    recipe: undefined,
    desired: undefined,
    applied: false,
    workload: undefined,
    found: new Map(),
    status,
  };
}
