import type { Json } from "./api-server/http.ts";

/** What deploy tools make of an object: `kubectl wait`, Flux, Argo CD, `helm --wait` act on it. */
export interface KStatus {
  readonly status: "Current" | "InProgress" | "Failed" | "Terminating";
  readonly message: string;
}

const current = (message: string): KStatus => ({ status: "Current", message });
const inProgress = (message: string): KStatus => ({ status: "InProgress", message });
const failed = (message: string): KStatus => ({ status: "Failed", message });

/**
 * The status that sigs.k8s.io/cli-utils (pkg/kstatus, v0.37.2) computes for a resource of ours or one that the operator owns,
 * with the same rules in the same order.
 */
export function computeKStatus(object: Json): KStatus {
  return (
    genericStatus(object) ?? kinds[kindOf(object)]?.(object) ?? readyStatus(object) ?? current("Resource is current")
  );
}

function genericStatus({ kind, metadata, status }: Json): KStatus | undefined {
  if (metadata.deletionTimestamp) return { status: "Terminating", message: "Resource scheduled for deletion" };
  const [wanted, observed] = [metadata.generation, status?.observedGeneration];
  if (wanted !== undefined && observed !== undefined && wanted !== observed)
    return inProgress(`${kind} generation is ${wanted}, but latest observed generation is ${observed}`);
  for (const condition of conditionsOf({ status })) {
    if (condition.status !== "True") continue;
    if (condition.type === "Reconciling") return inProgress(condition.message);
    if (condition.type === "Stalled") return failed(condition.message);
  }
  return undefined;
}

function readyStatus(object: Json): KStatus | undefined {
  const ready = conditionsOf(object).find(({ type }) => type === "Ready");
  if (ready?.status === "True") return current("Resource is Ready");
  return ready?.status === "False" || ready?.status === "Unknown" ? inProgress(ready.message) : undefined;
}

/** The kinds with rules of their own that the operator owns. NetworkPolicies and ServiceAccounts have none. */
const kinds: Readonly<Record<string, (object: Json) => KStatus>> = {
  Service: ({ spec }) =>
    spec?.type === "LoadBalancer" && !spec.clusterIP
      ? inProgress("ClusterIP not set. Service type: LoadBalancer")
      : current("Service is ready"),
  Secret: () => current("Resource is always ready"),
  ConfigMap: () => current("Resource is always ready"),
  "batch/CronJob": () => current("Resource is always ready"),
  "policy/PodDisruptionBudget": () => current("AllowedDisruptions has been computed."),
  "apps/Deployment": deploymentStatus,
  "batch/Job": jobStatus,
};

function deploymentStatus(object: Json): KStatus {
  const { spec = {}, status = {} } = object;
  const { replicas: wanted = 1, progressDeadlineSeconds } = spec;
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const conditions = conditionsOf(object);
  if (conditions.some(({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded"))
    return failed("Progress deadline exceeded");
  if (wanted > replicas) return inProgress(`Replicas: ${replicas}/${wanted}`);
  if (wanted > updatedReplicas) return inProgress(`Updated: ${updatedReplicas}/${wanted}`);
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`);
  if (updatedReplicas > availableReplicas) return inProgress(`Available: ${availableReplicas}/${updatedReplicas}`);
  if (wanted > readyReplicas) return inProgress(`Ready: ${readyReplicas}/${wanted}`);
  const isTrue = (type: string) => conditions.find((one) => one.type === type && one.status === "True");
  // Without a deadline the Deployment controller says nothing of progress.
  const hasDeadline = progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== 2 ** 31 - 1;
  if (hasDeadline && isTrue("Progressing")?.reason !== "NewReplicaSetAvailable")
    return inProgress("ReplicaSet not Available");
  if (isTrue("Available") === undefined) return inProgress("Deployment not Available");
  return current(`Deployment is available. Replicas: ${replicas}`);
}

function jobStatus(object: Json): KStatus {
  const { spec = {}, status = {} } = object;
  const completions = spec.completions ?? spec.parallelism ?? 1;
  const { succeeded = 0, active = 0, failed: failures = 0 } = status;
  for (const { type, status: value } of conditionsOf(object)) {
    if (value !== "True") continue;
    if (type === "Complete") return current(`Job Completed. succeeded: ${succeeded}/${completions}`);
    if (type === "Failed") return failed(`Job Failed. failed: ${failures}/${completions}`);
  }
  if (!status.startTime) return inProgress("Job not started");
  return current(`Job in progress. success:${succeeded}, active: ${active}, failed: ${failures}`);
}

/** All conditions of an object. */
export function conditionsOf({ status }: Json): readonly Json[] {
  return status?.conditions ?? [];
}

function kindOf({ apiVersion, kind }: Json): string {
  const [group, version] = String(apiVersion).split("/");
  return version === undefined ? kind : `${group}/${kind}`;
}
