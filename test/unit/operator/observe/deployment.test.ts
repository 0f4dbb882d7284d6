import { describe, expect, test } from "@jest/globals";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { observeDeployment } from "../../../../operator/observe/deployment.ts";

interface Given {
  readonly generation?: number;
  readonly spec?: object;
  readonly status?: object;
}

const ready = {
  observedGeneration: 2,
  replicas: 3,
  readyReplicas: 3,
  updatedReplicas: 3,
  availableReplicas: 3,
  conditions: [
    { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
    { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  ],
};

function deployment({ generation = 2, spec = { replicas: 3 }, status = ready }: Given = {}): KubeObject {
  const metadata = { name: "shop", namespace: "store", generation };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec, status } as KubeObject;
}

const observe = (status: object, more: Given = {}) =>
  observeDeployment(deployment({ ...more, status: { ...ready, ...status } }));
const failing = (message: string) =>
  observe({ updatedReplicas: 1, conditions: [{ type: "ReplicaFailure", status: "True", message }] }).progressing;

describe("observeDeployment()", () => {
  test("waits for one that is not there", () => {
    expect(observeDeployment(undefined)).toMatchObject({
      replicas: 0,
      complete: false,
      available: { status: "False", reason: "InProgress" },
      progressing: { status: "True", reason: "InProgress" },
    });
  });

  test("is complete where all pods are new and serve", () => {
    expect(observeDeployment(deployment())).toEqual({
      replicas: 3,
      readyReplicas: 3,
      updatedReplicas: 3,
      available: { status: "True", reason: "Succeeded", message: "3 of 3 pods serve" },
      progressing: { status: "True", reason: "Succeeded", message: "All pods are of the newest revision: 3" },
      complete: true,
    });
  });

  test.each([
    ["few are new", { updatedReplicas: 1, replicas: 4 }, "1 of 3 pods are of the newest revision"],
    ["old ones still end", { replicas: 4 }, "Old pods that still have to end: 1"],
    ["new ones do not serve yet", { availableReplicas: 2 }, "2 of 3 pods of the newest revision serve"],
    [
      "there is none yet",
      { replicas: 0, updatedReplicas: 0, availableReplicas: 0 },
      "0 of 3 pods are of the newest revision",
    ],
  ])("rolls out while %s", (_what, status, message) => {
    const { complete, progressing } = observe(status);
    expect(complete).toBe(false);
    expect(progressing).toEqual({ status: "True", reason: "RollingOut", message });
  });

  test("trusts no numbers that speak of an older spec, and what serves goes on serving", () => {
    const observation = observe({ observedGeneration: 1 });
    expect(observation.complete).toBe(false);
    expect(observation.progressing.reason).toBe("RollingOut");
    expect(observation.available.status).toBe("True");
  });

  test("does not take an older spec's missed deadline for the newest one's", () => {
    const missed = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }];
    expect(observe({ conditions: missed, observedGeneration: 1 }).progressing.reason).toBe("RollingOut");
    const observation = observe(
      { conditions: missed, availableReplicas: 1 },
      { spec: { replicas: 3, progressDeadlineSeconds: 60 } },
    );
    expect(observation.complete).toBe(false);
    expect(observation.progressing).toEqual({
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: "Not all pods served within 60 s: 1 of 3 pods of the newest revision serve",
    });
  });

  test("is not available while the Deployment's controller says so", () => {
    const unavailable = observe({ availableReplicas: 1, conditions: [{ type: "Available", status: "False" }] });
    expect(unavailable.available).toEqual({ status: "False", reason: "TooFewReplicas", message: "1 of 3 pods serve" });
    expect(observe({ conditions: [{ type: "Available", status: "Unknown" }] }).available.status).toBe("Unknown");
    expect(observe({ conditions: [] }).available).toMatchObject({ status: "False", reason: "InProgress" });
  });

  test("is complete at zero where zero is wanted, and wants one where nobody says", () => {
    const none = { replicas: 0, readyReplicas: 0, updatedReplicas: 0, availableReplicas: 0 };
    expect(observe(none, { spec: { replicas: 0 } })).toMatchObject({
      complete: true,
      available: { status: "True", message: "Scaled to zero: no pod is wanted" },
    });
    expect(observe(none, { spec: {} }).complete).toBe(false);
  });

  test("says that somebody paused it", () => {
    const { progressing } = observe({ updatedReplicas: 0 }, { spec: { replicas: 3, paused: true } });
    expect(progressing.message).toContain("kubectl rollout resume: deployment/shop");
  });

  test("names a quota, without the name of the pod that was tried", () => {
    const text = (pod: string) =>
      failing(
        `pods "shop-${pod}" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2`,
      );
    expect(text("a")).toEqual({
      status: "False",
      reason: "PodsFailing",
      message:
        "Cannot create pods, a quota of the namespace does not allow them: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2",
    });
    expect(text("b")).toEqual(text("a"));
  });

  test.each([
    [`pods "x" is forbidden: violates PodSecurity "restricted:latest": hostPort`, "Pod Security level"],
    [
      `pods "x" is forbidden: error looking up service account store/shop: serviceaccount "shop" not found`,
      "ServiceAccount is not there",
    ],
    [`pods "x" is forbidden: no PriorityClass with name high was found`, "PriorityClass is not there"],
    [`pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2`, "LimitRange"],
    [`admission webhook "w.example" denied the request: no`, "an admission webhook refuses them"],
    ["something else.", "the API server refuses them: something else"],
  ])("says in words who refuses pods: %s", (text, words) => {
    expect(failing(text).message).toContain(words);
  });

  test("bounds what it repeats, on one line", () => {
    const { message } = failing(`a\n${"x".repeat(10_000)}`);
    expect(message.length).toBeLessThan(700);
    expect(message).not.toContain("\n");
  });

  test("is complete although pods were refused before", () => {
    const conditions = [...ready.conditions, { type: "ReplicaFailure", status: "True", message: "quota" }];
    expect(observe({ conditions })).toMatchObject({ complete: true, progressing: { reason: "Succeeded" } });
  });
});
