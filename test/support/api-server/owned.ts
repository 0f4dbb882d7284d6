import type { Json, TestClient } from "./http.ts";

/** Every kind that the operator may make for a Composition. */
const collections = [
  ["v1", "configmaps"],
  ["v1", "services"],
  ["v1", "serviceaccounts"],
  ["apps/v1", "deployments"],
  ["batch/v1", "jobs"],
  ["batch/v1", "cronjobs"],
  ["policy/v1", "poddisruptionbudgets"],
  ["networking.k8s.io/v1", "networkpolicies"],
] as const;

const kinds: Readonly<Record<string, string>> = {
  configmaps: "ConfigMap",
  services: "Service",
  serviceaccounts: "ServiceAccount",
  deployments: "Deployment",
  jobs: "Job",
  cronjobs: "CronJob",
  poddisruptionbudgets: "PodDisruptionBudget",
  networkpolicies: "NetworkPolicy",
};

/** The objects that name this one as their owner, of all kinds that the operator makes, by kind and name. */
export async function ownedBy(client: TestClient, owner: Json): Promise<readonly Json[]> {
  const { namespace, uid } = owner.metadata;
  const lists = await Promise.all(
    collections.map(async ([version, plural]) => {
      const root = version === "v1" ? "/api/v1" : `/apis/${version}`;
      const items = await client.list(`${root}/namespaces/${namespace}/${plural}`);
      // A list leaves the kind of its items out.
      return items.map((item) => ({ ...item, apiVersion: version, kind: kinds[plural] }));
    }),
  );
  return lists
    .flat()
    .filter(({ metadata }) => metadata.ownerReferences?.some((reference: Json) => reference.uid === uid));
}
