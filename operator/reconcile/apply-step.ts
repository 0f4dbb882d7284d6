import { revisionLabel } from "../../api/names.ts";
import { runnerImageAnnotation } from "../desired/deployment.ts";
import type { Desired, DesiredInputs, DesiredSettings, SpecProblem } from "../desired/desired.ts";
import { makeDesired } from "../desired/make.ts";
import type { KubeObject } from "../kube/object.ts";
import type { Applier } from "./applier.ts";
import { describeEdges, describeHostImports, describeInstances } from "./describe-run.ts";
import { numbered } from "./explain.ts";
import { selectKept } from "./history.ts";
import type { Inputs } from "./inputs.ts";
import { done, type Outcome } from "./outcome.ts";
import type { Run } from "./run.ts";

/** What applying works with. */
export interface ApplyDeps {
  readonly applier: Applier;
  readonly inputs: Inputs;
  /** Asked in every run: the authority rotates. */
  readonly settings: () => DesiredSettings;
}

/** As in a Deployment. */
const defaultHistory = 10;

/** Desired objects to live ones. */
export async function applyStep(run: Run, { applier, inputs, settings }: ApplyDeps): Promise<Outcome> {
  const { composition, artifact, judgement, signal } = run;
  if (artifact === undefined || judgement === undefined) throw new RangeError("Cannot apply what was not composed");
  const read = await inputs.read(composition, signal);
  if ("outcome" in read) return read.outcome;
  const owned = applier.ownedBy(composition.metadata.uid ?? "");
  const desired = makeDesired({
    composition,
    artifact,
    wiring: judgement.wiring,
    recipe: run.recipe,
    inputs: read.hash,
    running: owned.flatMap(runningOf),
    settings: settings(),
  });
  if ("problems" in desired) return explainProblems(desired.problems);
  run.desired = desired;
  const outcome = await applyAll(run, desired, applier);
  if (outcome.kind !== "done") return outcome;
  run.applied = true;
  noteStatus(run, desired);
  return done;
}

/**
 * Deletes what is not wanted any more, once all that is wanted was applied and looked at; the history of revisions within
 * its limit stays.
 */
export async function tidy({ composition, desired, applied, status, signal }: Run, applier: Applier): Promise<void> {
  if (!applied || desired === undefined) return;
  const limit = composition.spec.revisionHistoryLimit ?? defaultHistory;
  const owned = applier.ownedBy(composition.metadata.uid ?? "");
  const keeps = selectKept(desired.objects, { owned, limit, current: status.currentRevision });
  await applier.prune(composition.metadata, keeps, signal);
}

/** What the pods refer to is there before they are. The order of the others does not matter. */
async function applyAll(run: Run, { objects }: Desired, applier: Applier): Promise<Outcome> {
  const { metadata } = run.composition;
  const owned = applier.ownedBy(metadata.uid ?? "");
  const workload = objects.at(-1);
  const rest = objects.slice(0, -1);
  const ensured = await Promise.all(rest.map((object) => applier.ensure(metadata, object, run.signal)));
  for (const each of ensured) if ("outcome" in each) return each.outcome;
  if (workload === undefined) return done;
  run.workload = ranJob(workload, owned);
  if (run.workload !== undefined) return done;
  const last = await applier.ensure(metadata, workload, run.signal);
  if ("outcome" in last) return last.outcome;
  run.workload = last.live;
  return done;
}

/** A Job runs once a revision and cannot be changed: one that is there is what is wanted, whatever made it. */
function ranJob({ kind, metadata }: KubeObject, owned: readonly KubeObject[]): KubeObject | undefined {
  return kind === "Job" ? owned.find((one) => one.kind === kind && one.metadata.name === metadata.name) : undefined;
}

/** What an object is as a workload; nothing for one of another kind. */
function runningOf({ metadata }: KubeObject): DesiredInputs["running"] {
  const revision = metadata.labels?.[revisionLabel];
  const image = metadata.annotations?.[runnerImageAnnotation];
  return revision === undefined || image === undefined ? [] : [{ revision, image }];
}

function explainProblems(problems: readonly SpecProblem[]): Outcome {
  const message = numbered(problems.map(({ field, message: what, hint }) => `${field}: ${what}. ${hint}`));
  return { kind: "stalled", reason: "InvalidSpec", message };
}

/** Only what was applied is told: until then the status speaks of what runs. */
function noteStatus(run: Run, desired: Desired): void {
  const { composition, artifact, components, judgement, status } = run;
  const { url: _, ...rest } = status;
  run.status = {
    ...rest,
    selector: desired.selector,
    ...(desired.url === undefined ? {} : { url: desired.url }),
    ...(artifact === undefined ? {} : { artifact: { digest: artifact.digest, size: artifact.size } }),
    updateRevision: desired.revision,
    instances: describeInstances(composition, components, status.instances),
    ...(judgement === undefined
      ? {}
      : {
          edges: describeEdges(judgement.wiring),
          hostImports: describeHostImports(composition, judgement.wiring),
        }),
  };
}
