import type { Json } from "../api-server/http.ts";
import { conditionOf } from "../api-server/shop.ts";
import { waitFor } from "../api-server/wait.ts";
import { argumentsOf, chartFolder } from "../helm/chart.ts";
import { addNamespace, get, helm, kubectl, list, logs } from "./cluster.ts";
import { images } from "./images.ts";

/** The namespace of the operator. */
export const operatorNamespace = "tenon-system";
/** Where the operator serves artifacts. */
export const artifactsUrl = `https://tenon-operator.${operatorNamespace}.svc`;
/** The labels of its pods. */
export const operatorPods = "app.kubernetes.io/component=operator,app.kubernetes.io/instance=tenon";
const definitions = ["compositions.tenon.dev", "components.tenon.dev"];

/** What the tests set besides the images: the operator may fetch from Services of the cluster. */
const values = {
  image: images.operator,
  runner: { image: images.runner },
  fetch: { allowedCIDRs: ["10.0.0.0/8"] },
  // A killed leader is missed sooner.
  leaderElection: { leaseDuration: "5s", renewDeadline: "3s", retryPeriod: "1s" },
};

/** `helm install` or `helm upgrade` of the chart in the tree with the images under test. */
export async function helmTenon(command: "install" | "upgrade", more: object = {}): Promise<void> {
  const options = { namespace: operatorNamespace, values: { ...values, ...more } };
  await helm([command, "tenon", chartFolder, ...argumentsOf(options)]);
}

/** Installs Tenon into a namespace of its own, and waits until the operator leads and serves. */
export async function installTenon(more: object = {}): Promise<void> {
  await addNamespace(operatorNamespace);
  await helmTenon("install", more);
  await untilOperatorServes();
}

/** Removes all that Tenon ever was in the cluster. The namespaces of the tests go by themselves: no two tests share one. */
export async function removeTenon(...namespaces: readonly string[]): Promise<void> {
  await kubectl(["delete", "namespace", "--ignore-not-found", "--wait=false", ...namespaces]);
  await helm(["uninstall", "tenon", "--namespace", operatorNamespace, "--ignore-not-found"]);
  await kubectl(["delete", "namespace", "--ignore-not-found", "--timeout=90s", operatorNamespace]);
  await kubectl(["delete", "customresourcedefinition", "--ignore-not-found", ...definitions]);
}

/** Waits until a pod of the operator is ready and leads. */
export async function untilOperatorServes(): Promise<void> {
  await waitFor("an operator that leads", async () => (await leaders()).some(isReady), { timeoutMs: 90_000 });
}

const leaders = (): Promise<readonly Json[]> =>
  list(operatorNamespace, "pods", `${operatorPods},tenon.dev/leader=true`);

/** True for a pod that is ready and is not being deleted. */
export function isReady(pod: Json): boolean {
  return pod.metadata.deletionTimestamp === undefined && conditionOf(pod, "Ready")?.status === "True";
}

/** What the operator logged. */
export const operatorLogs = (): Promise<string> => logs(operatorNamespace, operatorPods);

/** The labels of the pods of a composition. */
export const podsOf = (composition: string): string => `tenon.dev/composition=${composition}`;

/** Waits until the composition's newest spec is `Ready`, with this reason where one is given: `True`, `False/RunFailed`. */
export async function untilReady(namespace: string, name: string, wanted = "True"): Promise<Json> {
  const [status, reason] = wanted.split("/");
  let last: Json | undefined;
  const fits = (): boolean => {
    if (last?.status?.observedGeneration !== last?.metadata.generation) return false;
    const ready = conditionOf(last, "Ready");
    return ready?.status === status && (reason === undefined || ready?.reason === reason);
  };
  try {
    return await waitFor(
      `composition/${name} to be ${wanted}`,
      async () => {
        last = await get(namespace, `composition/${name}`);
        return last !== undefined && fits() && last;
      },
      { timeoutMs: 90_000, everyMs: 200 },
    );
  } catch (error) {
    (error as Error).message += `\nLast seen: ${JSON.stringify(last?.status ?? last, null, 1)}`;
    throw error;
  }
}
