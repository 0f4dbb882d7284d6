import type { KubeObject } from "../kube/object.ts";
import { observeCronJob } from "./cron-job.ts";
import { observeDeployment } from "./deployment.ts";
import { observeJob } from "./job.ts";
import type { Observation } from "./observation.ts";

const observers = { Deployment: observeDeployment, Job: observeJob, CronJob: observeCronJob } as const;

/** Says what a composition's workload is found to be; `object` is undefined where it is not there. */
export function observeWorkload(kind: keyof typeof observers, object: KubeObject | undefined): Observation {
  return observers[kind](object);
}
