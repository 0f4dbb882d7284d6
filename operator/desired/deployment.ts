import type { KubeObject } from "../kube/object.ts";
import type { DesiredInputs } from "./desired.ts";
import { workloadName } from "./names.ts";
import { makeObject, selectorLabels } from "./object.ts";
import type { PodPart } from "./volumes.ts";

/** Annotation of a workload: the image of its runner, which an operator upgrade keeps. */
export const runnerImageAnnotation = "tenon.dev/runner-image";

/** The revision of a workload, and what its pods are. */
export interface Rollout {
  readonly revision: string;
  readonly image: string;
  readonly template: PodPart;
}

/** What runs a composition that serves. Without `replicas` the field is left to whoever scales it. */
export function makeDeployment({ composition }: DesiredInputs, { revision, image, template }: Rollout): KubeObject {
  const { metadata, spec } = composition;
  const { replicas, strategy, minReadySeconds, progressDeadlineSeconds, revisionHistoryLimit } = spec;
  return makeObject(composition, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name: workloadName(metadata.name, "Deployment", revision),
    revision,
    annotations: { [runnerImageAnnotation]: image },
    body: {
      spec: {
        ...(replicas === undefined ? {} : { replicas }),
        selector: { matchLabels: selectorLabels(metadata.name) },
        strategy: makeStrategy(strategy),
        ...(minReadySeconds === undefined || minReadySeconds === 0 ? {} : { minReadySeconds }),
        ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
        ...(revisionHistoryLimit === undefined ? {} : { revisionHistoryLimit }),
        template,
      },
    },
  });
}

type Strategy = DesiredInputs["composition"]["spec"]["strategy"];

/**
 * The server's defaults are written out: fields that it filled in belong to nobody, would stay when the type becomes Recreate,
 * and would then be refused.
 */
function makeStrategy(strategy: Strategy): object {
  if (strategy?.type === "Recreate") return { type: "Recreate" };
  const { maxUnavailable = "25%", maxSurge = "25%" } = strategy?.rollingUpdate ?? {};
  return { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge } };
}
