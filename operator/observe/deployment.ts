import type { KubeObject } from "../kube/object.ts";
import {
  count,
  foreignText,
  type Observation,
  type Observed,
  observeNothing,
  type WorkloadCondition,
} from "./observation.ts";
import { explainRefusal } from "./refusal.ts";

/** What is read of a Deployment. */
interface Deployment extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly progressDeadlineSeconds?: number;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly WorkloadCondition[];
  };
}

/** Numbers of a Deployment, and whether they speak of its newest spec. */
interface Counts {
  readonly wanted: number;
  readonly all: number;
  readonly updated: number;
  readonly available: number;
  readonly seen: boolean;
}

/** Says how far a Deployment is, by the rules of `kubectl rollout status`. */
export function observeDeployment(object: KubeObject | undefined): Observation {
  if (object === undefined) return observeNothing("Deployment");
  const deployment = object as Deployment;
  const { status = {} } = deployment;
  const counts = countPods(deployment);
  return {
    replicas: counts.all,
    readyReplicas: status.readyReplicas ?? 0,
    updatedReplicas: counts.updated,
    available: judgeAvailable(deployment, counts),
    progressing: judgeProgress(deployment, counts),
    complete: isComplete(deployment, counts),
  };
}

function countPods({ metadata, spec = {}, status = {} }: Deployment): Counts {
  return {
    wanted: spec.replicas ?? 1,
    all: status.replicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    seen: (status.observedGeneration ?? 0) >= (metadata.generation ?? 0),
  };
}

/** What serves, serves: also while a newer spec is on its way. */
function judgeAvailable(deployment: Deployment, { wanted, available }: Counts): Observed {
  const found = conditionOf(deployment, "Available");
  const message = wanted === 0 ? "Scaled to zero: no pod is wanted" : `${available} of ${count(wanted, "pod")} serve`;
  if (found?.status === "True") return { status: "True", reason: "Succeeded", message };
  if (found === undefined) return { status: "False", reason: "InProgress", message };
  return { status: found.status === "False" ? "False" : "Unknown", reason: "TooFewReplicas", message };
}

function judgeProgress(deployment: Deployment, counts: Counts): Observed {
  const { metadata, spec = {} } = deployment;
  const moving = (message: string): Observed => ({ status: "True", reason: "RollingOut", message });
  if (!counts.seen) return moving("Waits until the Deployment's controller has seen the change");
  if (hasMissedDeadline(deployment)) {
    const message = `Not all pods served within ${spec.progressDeadlineSeconds ?? 600} s: ${whatIsLeft(counts)}`;
    return { status: "False", reason: "ProgressDeadlineExceeded", message };
  }
  if (isComplete(deployment, counts)) {
    const message = counts.wanted === 0 ? "Scaled to zero" : `All pods are of the newest revision: ${counts.updated}`;
    return { status: "True", reason: "Succeeded", message };
  }
  const failure = conditionOf(deployment, "ReplicaFailure");
  if (failure?.status === "True") {
    return { status: "False", reason: "PodsFailing", message: explainRefusal(foreignText(failure.message)) };
  }
  if (spec.paused === true) {
    return moving(`The Deployment is paused, resume it with kubectl rollout resume: deployment/${metadata.name}`);
  }
  return moving(whatIsLeft(counts));
}

function whatIsLeft({ wanted, all, updated, available }: Counts): string {
  if (updated < wanted) return `${updated} of ${count(wanted, "pod")} are of the newest revision`;
  if (all > updated) return `Old pods that still have to end: ${all - updated}`;
  return `${available} of ${count(updated, "pod")} of the newest revision serve`;
}

function hasMissedDeadline(deployment: Deployment): boolean {
  const progressing = conditionOf(deployment, "Progressing");
  return progressing?.status === "False" && progressing.reason === "ProgressDeadlineExceeded";
}

function isComplete(deployment: Deployment, { seen, wanted, all, updated, available }: Counts): boolean {
  return seen && !hasMissedDeadline(deployment) && updated >= wanted && all <= updated && available >= updated;
}

function conditionOf({ status }: Deployment, type: string): WorkloadCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
