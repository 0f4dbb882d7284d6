import { describe, expect, test } from "@jest/globals";
import { computeKStatus } from "../../support/kstatus.ts";

const meta = { name: "a", generation: 2 };
const when = (type: string, status: string, reason = "Reason", message = `${type} says`) => ({
  type,
  status,
  reason,
  message,
});
const composition = (conditions: readonly object[], more: object = {}) => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Composition",
  metadata: meta,
  status: { observedGeneration: 2, conditions, ...more },
});

describe("computeKStatus() of a resource of ours", () => {
  test.each([
    ["Ready is True", composition([when("Ready", "True")]), "Current"],
    ["Ready is False", composition([when("Ready", "False")]), "InProgress"],
    ["Ready is Unknown", composition([when("Ready", "Unknown")]), "InProgress"],
    ["Reconciling is True", composition([when("Ready", "True"), when("Reconciling", "True")]), "InProgress"],
    ["Reconciling is False", composition([when("Reconciling", "False"), when("Ready", "True")]), "Current"],
    ["Stalled is True", composition([when("Ready", "False"), when("Stalled", "True")]), "Failed"],
    ["its generation is newer", composition([when("Ready", "True")], { observedGeneration: 1 }), "InProgress"],
    ["nothing is known", { apiVersion: "tenon.dev/v1alpha1", kind: "Component", metadata: meta }, "Current"],
    [
      "it goes away",
      { ...composition([when("Ready", "True")]), metadata: { ...meta, deletionTimestamp: "2026-01-01T00:00:00Z" } },
      "Terminating",
    ],
  ])("where %s", (_, object, status) => expect(computeKStatus(object).status).toBe(status));

  test("gives the message of the condition that decides", () => {
    expect(computeKStatus(composition([when("Stalled", "True")])).message).toBe("Stalled says");
    expect(computeKStatus(composition([when("Ready", "False")])).message).toBe("Ready says");
  });
});

describe("computeKStatus() of a Deployment", () => {
  const complete = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
  const good = [when("Progressing", "True", "NewReplicaSetAvailable"), when("Available", "True")];
  const deployment = (status: object, conditions: readonly object[] = good, spec: object = {}) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: meta,
    spec: { replicas: 2, progressDeadlineSeconds: 600, ...spec },
    status: { observedGeneration: 2, ...status, conditions },
  });

  test.each([
    ["all pods serve", deployment(complete), "Deployment is available. Replicas: 2"],
    ["pods are missing", deployment({ ...complete, replicas: 1 }), "Replicas: 1/2"],
    ["pods are old", deployment({ ...complete, updatedReplicas: 1 }), "Updated: 1/2"],
    ["old pods still end", deployment({ ...complete, replicas: 3 }), "Pending termination: 1"],
    ["a pod is not available", deployment({ ...complete, availableReplicas: 1 }), "Available: 1/2"],
    ["a pod is not ready", deployment({ ...complete, readyReplicas: 1 }), "Ready: 1/2"],
    ["the rollout moves", deployment(complete, good.slice(1)), "ReplicaSet not Available"],
    ["too few are available", deployment(complete, good.slice(0, 1)), "Deployment not Available"],
    [
      "there is no deadline",
      deployment(complete, good.slice(1), { progressDeadlineSeconds: 2 ** 31 - 1 }),
      "Deployment is available. Replicas: 2",
    ],
    [
      "the deadline was missed",
      deployment(complete, [when("Progressing", "False", "ProgressDeadlineExceeded")]),
      "Progress deadline exceeded",
    ],
  ])("where %s", (_, object, message) => expect(computeKStatus(object).message).toBe(message));
});

describe("computeKStatus() of what else the operator owns", () => {
  const job = (status: object) => ({ apiVersion: "batch/v1", kind: "Job", metadata: meta, spec: {}, status });
  const service = (spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: meta, spec });

  test.each([
    ["a Job that was not started", job({}), "InProgress"],
    ["a Job that runs", job({ startTime: "2026-01-01T00:00:00Z", active: 1 }), "Current"],
    ["a Job that is done", job({ conditions: [when("Complete", "True")] }), "Current"],
    ["a Job that failed", job({ conditions: [when("Failed", "True")] }), "Failed"],
    ["a Service", service({ clusterIP: "10.0.0.1" }), "Current"],
    ["a load balancer without an address", service({ type: "LoadBalancer" }), "InProgress"],
    ["a ConfigMap", { apiVersion: "v1", kind: "ConfigMap", metadata: meta }, "Current"],
    ["a CronJob", { apiVersion: "batch/v1", kind: "CronJob", metadata: meta }, "Current"],
    ["a NetworkPolicy", { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: meta }, "Current"],
    [
      "a budget that the controller has not seen",
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: meta, status: { observedGeneration: 1 } },
      "InProgress",
    ],
  ])("%s", (_, object, status) => expect(computeKStatus(object).status).toBe(status));
});
