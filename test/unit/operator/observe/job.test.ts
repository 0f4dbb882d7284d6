import { describe, expect, test } from "@jest/globals";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { observeJob } from "../../../../operator/observe/job.ts";

const observe = (status: object | undefined, spec: object = {}) =>
  observeJob({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "shop-1" },
    spec,
    status,
  } as unknown as KubeObject);

describe("observeJob()", () => {
  test("waits for one that is not there, and runs as soon as it is", () => {
    expect(observeJob(undefined)).toMatchObject({ complete: false, progressing: { reason: "InProgress" } });
    expect(observe(undefined)).toMatchObject({
      complete: false,
      replicas: 0,
      available: { status: "False", reason: "InProgress", message: "The run is under way" },
      progressing: { status: "True", reason: "RollingOut" },
    });
  });

  test("counts pods that run and attempts that failed", () => {
    expect(observe({ active: 1, ready: 1, failed: 2 })).toMatchObject({
      replicas: 1,
      readyReplicas: 1,
      updatedReplicas: 1,
      progressing: { message: "The run is under way, attempts that failed: 2" },
    });
  });

  test("is complete when the run succeeded", () => {
    expect(observe({ succeeded: 1, conditions: [{ type: "Complete", status: "True" }] })).toMatchObject({
      complete: true,
      available: { status: "True", reason: "Succeeded", message: "The run succeeded" },
    });
    expect(observe({ conditions: [{ type: "Complete", status: "False" }] }).complete).toBe(false);
  });

  test("says why the run failed for good", () => {
    const message = "Job has reached the specified backoff limit.";
    expect(observe({ failed: 4, conditions: [{ type: "Failed", status: "True", message }] })).toMatchObject({
      complete: false,
      available: {
        status: "False",
        reason: "RunFailed",
        message: "The run failed in 4 attempts: Job has reached the specified backoff limit",
      },
      progressing: { status: "False", reason: "RunFailed" },
    });
    expect(observe({ failed: 1, conditions: [{ type: "Failed", status: "True" }] }).available.message).toBe(
      "The run failed in 1 attempt: no reason given",
    );
  });

  test("says that somebody suspended it", () => {
    expect(observe({}, { suspend: true }).progressing.message).toContain("suspended");
  });
});
