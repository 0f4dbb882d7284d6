import type { KubeObject } from "../kube/object.ts";
import { type Observation, type Observed, observeNothing } from "./observation.ts";

/** What is read of a CronJob. */
interface CronJob extends KubeObject {
  readonly spec?: { readonly schedule?: string; readonly suspend?: boolean };
  readonly status?: {
    readonly active?: readonly unknown[];
    readonly lastScheduleTime?: string;
    readonly lastSuccessfulTime?: string;
  };
}

/** Says whether a command runs on its schedule: it does as soon as the CronJob is there, until its last run fails. */
export function observeCronJob(object: KubeObject | undefined): Observation {
  if (object === undefined) return observeNothing("CronJob");
  const cronJob = object as CronJob;
  const active = cronJob.status?.active?.length ?? 0;
  const { schedule = "", suspend = false } = cronJob.spec ?? {};
  const scheduled: Observed = suspend
    ? { status: "True", reason: "InProgress", message: "The CronJob is suspended: nothing is started" }
    : { status: "True", reason: "Succeeded", message: `Runs on schedule: ${schedule}` };
  const failed = hasFailed(cronJob);
  return {
    replicas: active,
    readyReplicas: active,
    updatedReplicas: active,
    available: failed ? lastRunFailed : scheduled,
    progressing: failed ? lastRunFailed : scheduled,
    complete: !failed,
  };
}

const lastRunFailed: Observed = {
  status: "False",
  reason: "RunFailed",
  message: "The last run failed, its Job and its pods say why",
};

/** A run that succeeded ended after it was started; one that failed leaves no trace in the CronJob. */
function hasFailed({ status = {} }: CronJob): boolean {
  const { active = [], lastScheduleTime, lastSuccessfulTime } = status;
  if (lastScheduleTime === undefined || active.length > 0) return false;
  return lastSuccessfulTime === undefined || Date.parse(lastSuccessfulTime) < Date.parse(lastScheduleTime);
}
