import type { Json, TestClient } from "./http.ts";
import { paths } from "./objects.ts";

/** What the pods of a Deployment are to look like; all of the newest revision and available, where nothing is said. */
export interface Pods {
  readonly ready?: number;
  readonly updated?: number;
  /** False: the rollout missed its deadline. */
  readonly progressing?: boolean;
}

const condition = (type: string, status: boolean, reason: string) => ({
  type,
  status: status ? "True" : "False",
  reason,
  message: reason,
  lastTransitionTime: "2026-01-01T00:00:00Z",
  lastUpdateTime: "2026-01-01T00:00:00Z",
});

/** Plays the part of the Deployment's controller and of a kubelet: writes the status that they would. */
export async function rollOut(
  client: TestClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  pods: Pods = {},
): Promise<Json> {
  const path = paths.deployment(namespace, name);
  const { metadata, spec } = await client.get(path);
  const wanted = spec.replicas ?? 1;
  const { ready = wanted, updated = wanted, progressing = true } = pods;
  const done = ready >= wanted && updated >= wanted;
  return client.patch(`${path}/status`, {
    status: {
      observedGeneration: metadata.generation,
      replicas: wanted,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
      unavailableReplicas: Math.max(0, wanted - ready),
      conditions: [
        condition(
          "Available",
          ready >= wanted,
          ready >= wanted ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        ),
        condition(
          "Progressing",
          progressing,
          progressing ? (done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated") : "ProgressDeadlineExceeded",
        ),
      ],
    },
  });
}
