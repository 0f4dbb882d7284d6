import { compositionConditions, type Reason } from "../../api/conditions.ts";
import { revisionLabel } from "../../api/names.ts";
import { observeWorkload } from "../observe/workload.ts";
import { type Finding, holds, notReached } from "./conditions.ts";
import type { Run } from "./run.ts";

/** Says what runs, whatever the steps before came to; gives what `Ready` is where they all were done. */
export function observeStep(run: Run): Finding {
  const kind = kindOf(run);
  const observation = observeWorkload(kind, run.workload);
  const { available, progressing, complete, replicas, readyReplicas, updatedReplicas } = observation;
  const revision = run.workload?.metadata.labels?.[revisionLabel];
  run.status = {
    ...run.status,
    replicas,
    readyReplicas,
    updatedReplicas,
    ...(complete && revision !== undefined ? { currentRevision: revision } : {}),
    instanceSummary: instanceSummary(run),
  };
  const begun = run.workload !== undefined || run.desired !== undefined;
  run.found.set(compositionConditions.Available, begun ? available : nothingRuns);
  run.found.set(compositionConditions.Progressing, begun ? progressing : notReached(waitsFor(run)));
  const unobserved: Reason = "Unobserved";
  const message = "The runners were not asked yet";
  run.found.set(compositionConditions.InstancesHealthy, { status: "Unknown", reason: unobserved, message });
  if (progressing.status === "False") return { ...progressing, status: "False" };
  if (complete) return holds(available.message);
  return available.status === "True"
    ? { status: "False", reason: "RollingOut", message: progressing.message }
    : { status: "False", reason: "RollingOut", message: available.message };
}

function waitsFor({ found }: Run): string {
  return found.get(compositionConditions.Composed)?.status === "True"
    ? "objects that the spec allows"
    : compositionConditions.Composed;
}

const nothingRuns: Finding = { status: "False", reason: "InProgress", message: "Nothing runs yet" };

function kindOf({ desired, workload }: Run): "Deployment" | "Job" | "CronJob" {
  const kind = workload?.kind ?? desired?.kind;
  return kind === "Job" || kind === "CronJob" ? kind : "Deployment";
}

/** `3/3`, or `?/3` where the runners were not asked. */
function instanceSummary({ status: { instances = [] }, composition }: Run): string {
  const asked = instances.some(({ state }) => state !== "Unknown");
  const healthy = instances.filter(({ state }) => state === "Healthy").length;
  return `${asked ? healthy : "?"}/${composition.spec.instances.length}`;
}
