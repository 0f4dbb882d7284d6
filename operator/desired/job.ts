import type { KubeObject } from "../kube/object.ts";
import { type Rollout, runnerImageAnnotation } from "./deployment.ts";
import type { DesiredInputs } from "./desired.ts";
import { workloadName } from "./names.ts";
import { commonLabels, makeObject } from "./object.ts";

/** Times that a run that failed is tried again. */
const backoffLimit = 3;

/** One run of a command: a Job cannot be changed, so each revision has its own. */
export function makeJob({ composition }: DesiredInputs, { revision, image, template }: Rollout): KubeObject {
  return makeObject(composition, {
    apiVersion: "batch/v1",
    kind: "Job",
    name: workloadName(composition.metadata.name, "Job", revision),
    revision,
    annotations: { [runnerImageAnnotation]: image },
    body: { spec: { backoffLimit, template } },
  });
}

/** A command that runs on a schedule, one run at a time. */
export function makeCronJob({ composition }: DesiredInputs, { revision, image, template }: Rollout): KubeObject {
  const { metadata, spec } = composition;
  return makeObject(composition, {
    apiVersion: "batch/v1",
    kind: "CronJob",
    name: workloadName(metadata.name, "CronJob", revision),
    revision,
    annotations: { [runnerImageAnnotation]: image },
    body: {
      spec: {
        schedule: spec.schedule,
        concurrencyPolicy: "Forbid",
        jobTemplate: {
          metadata: { labels: commonLabels(metadata.name, revision) },
          spec: { backoffLimit, template },
        },
      },
    },
  });
}
