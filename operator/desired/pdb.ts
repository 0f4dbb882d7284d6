import type { KubeObject } from "../kube/object.ts";
import type { DesiredInputs } from "./desired.ts";
import { runnerName } from "./names.ts";
import { makeObject, selectorLabels } from "./object.ts";

/**
 * One pod at a time may be drained, however many there are: unlike `minAvailable` this never blocks the drain of a node, and
 * pods that do not serve anyway may always go. Undefined where there is at most one pod: there is nothing to protect.
 */
export function makePodDisruptionBudget({ composition }: DesiredInputs): KubeObject | undefined {
  const { metadata, spec } = composition;
  if (spec.replicas !== undefined && spec.replicas <= 1) return undefined;
  return makeObject(composition, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    name: runnerName(metadata.name),
    body: {
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: selectorLabels(metadata.name) },
      },
    },
  });
}
