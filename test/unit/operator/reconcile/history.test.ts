import { describe, expect, test } from "@jest/globals";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { selectKept, workloadOf } from "../../../../operator/reconcile/history.ts";

const object = (
  kind: string,
  name: string,
  day: number,
  more: { revision?: string; artifact?: string } = {},
): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: {
    name,
    creationTimestamp: `2026-01-0${day}T00:00:00Z`,
    ...(more.revision === undefined ? {} : { labels: { "tenon.dev/revision": more.revision } }),
    ...(more.artifact === undefined ? {} : { annotations: { "tenon.dev/artifact": more.artifact } }),
  },
});
const configMaps = [1, 2, 3, 4].map((day) =>
  object("ConfigMap", `c${day}`, day, { revision: `r${day}`, artifact: `sha256:${day}` }),
);
const kept = (
  limit: number,
  desired: readonly KubeObject[],
  owned: readonly KubeObject[],
  current?: string,
): string[] => owned.filter(selectKept(desired, { owned, limit, current })).map(({ metadata }) => metadata.name);

describe("selectKept()", () => {
  const desired = [configMaps[3]!, object("Deployment", "a", 1, { revision: "r4" })];
  const owned = [...configMaps, object("Deployment", "a", 1, { revision: "r4" }), object("Service", "a", 1)];

  test("keeps what is desired, and the newest revisions within the limit", () => {
    expect(kept(10, desired, owned)).toEqual(["c1", "c2", "c3", "c4", "a"]);
    expect(kept(2, desired, owned)).toEqual(["c2", "c3", "c4", "a"]);
    expect(kept(0, desired, owned)).toEqual(["c4", "a"]);
  });

  test("keeps the revision that is complete, whatever the limit: its pods serve, and may start again", () => {
    expect(kept(0, desired, owned, "r2")).toEqual(["c2", "c4", "a"]);
    expect(kept(1, desired, owned, "r1")).toEqual(["c1", "c3", "c4", "a"]);
  });

  test("keeps nothing of a kind without revisions that is not desired", () => {
    expect(kept(10, desired, [object("Service", "a", 1), object("CronJob", "a", 1, { revision: "r1" })])).toEqual([]);
  });

  test("keeps the Jobs of older revisions within the limit", () => {
    const jobs = [1, 2, 3].map((day) => object("Job", `j${day}`, day, { revision: `r${day}` }));
    expect(kept(1, [jobs[2]!], jobs)).toEqual(["j2", "j3"]);
  });
});

describe("workloadOf()", () => {
  test("is the Deployment, Job or CronJob of the revision, else the one that was made last", () => {
    const jobs = [
      object("Job", "j1", 1),
      object("Job", "j2", 3),
      object("ConfigMap", "c", 9),
      object("Deployment", "d", 2),
    ];
    expect(workloadOf(jobs, "none")?.metadata.name).toBe("j2");
    const [a, b] = [object("Job", "a", 1, { revision: "ra" }), object("Job", "b", 2, { revision: "rb" })];
    expect(workloadOf([a, b], "ra")?.metadata.name).toBe("a");
    expect(workloadOf([], undefined)).toBeUndefined();
  });
});
