import type { KubeObject } from "../kube/object.ts";
import {
  count,
  foreignText,
  type Observation,
  type Observed,
  observeNothing,
  type WorkloadCondition,
} from "./observation.ts";

/** What is read of a Job. */
interface Job extends KubeObject {
  readonly spec?: { readonly suspend?: boolean };
  readonly status?: {
    readonly active?: number;
    readonly ready?: number;
    readonly failed?: number;
    readonly conditions?: readonly WorkloadCondition[];
  };
}

/** Says how the run of a command ended, or that it is under way. */
export function observeJob(object: KubeObject | undefined): Observation {
  if (object === undefined) return observeNothing("Job");
  const job = object as Job;
  const { active = 0, ready = 0 } = job.status ?? {};
  const [available, progressing] = judge(job);
  return {
    replicas: active,
    readyReplicas: ready,
    updatedReplicas: active,
    available,
    progressing,
    complete: available.status === "True",
  };
}

/** `Available` and `Progressing`. */
function judge({ metadata, spec, status = {} }: Job): [Observed, Observed] {
  const { failed = 0 } = status;
  const has = (type: string) => status.conditions?.find((one) => one.type === type && one.status === "True");
  if (has("Complete") !== undefined) {
    const observed: Observed = { status: "True", reason: "Succeeded", message: "The run succeeded" };
    return [observed, observed];
  }
  const failure = has("Failed");
  if (failure !== undefined) {
    const message = `The run failed in ${count(failed, "attempt")}: ${foreignText(failure.message ?? failure.reason)}`;
    const observed: Observed = { status: "False", reason: "RunFailed", message };
    return [observed, observed];
  }
  const message =
    spec?.suspend === true
      ? `The Job is suspended, resume it with kubectl patch: job/${metadata.name}`
      : failed === 0
        ? "The run is under way"
        : `The run is under way, attempts that failed: ${failed}`;
  const observed: Observed = { status: "True", reason: "RollingOut", message };
  return [{ ...observed, status: "False", reason: "InProgress" }, observed];
}
