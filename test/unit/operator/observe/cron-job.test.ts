import { describe, expect, test } from "@jest/globals";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { observeCronJob } from "../../../../operator/observe/cron-job.ts";
import { observeWorkload } from "../../../../operator/observe/workload.ts";

const cronJob = (status: object | undefined, spec: object = {}) =>
  ({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "shop" },
    spec: { schedule: "@hourly", ...spec },
    status,
  }) as unknown as KubeObject;
const observe = (...given: Parameters<typeof cronJob>) => observeCronJob(cronJob(...given));
const [earlier, later] = ["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"];

describe("observeCronJob()", () => {
  test("waits for one that is not there", () => {
    expect(observeCronJob(undefined)).toMatchObject({ complete: false, available: { status: "False" } });
  });

  test("is as it should be as soon as it is there", () => {
    expect(observe(undefined)).toMatchObject({
      complete: true,
      replicas: 0,
      available: { status: "True", reason: "Succeeded", message: "Runs on schedule: @hourly" },
    });
  });

  test("says the same after every run that succeeded", () => {
    const runs = [observe(undefined), observe({ lastScheduleTime: earlier, lastSuccessfulTime: later })];
    expect(runs[1]).toEqual(runs[0]);
  });

  test("counts runs that are under way, and does not judge them", () => {
    expect(observe({ active: [{}], lastScheduleTime: later, lastSuccessfulTime: earlier })).toMatchObject({
      replicas: 1,
      available: { status: "True" },
    });
  });

  test("says that the last run failed, and forgets it with one that succeeds", () => {
    const observed = { status: "False", reason: "RunFailed" };
    const failed = { complete: false, available: observed, progressing: observed };
    expect(observe({ lastScheduleTime: later })).toMatchObject(failed);
    expect(observe({ lastScheduleTime: later, lastSuccessfulTime: earlier })).toMatchObject(failed);
    expect(observe({ lastScheduleTime: earlier, lastSuccessfulTime: later }).complete).toBe(true);
  });

  test("says that somebody suspended it", () => {
    expect(observe(undefined, { suspend: true }).progressing.message).toContain("suspended");
  });
});

describe("observeWorkload()", () => {
  test("asks the observer of the kind", () => {
    for (const kind of ["Deployment", "Job", "CronJob"] as const) {
      expect(observeWorkload(kind, undefined).available.message).toBe(`Waits until there is a ${kind}`);
    }
    expect(observeWorkload("CronJob", cronJob(undefined)).complete).toBe(true);
  });
});
