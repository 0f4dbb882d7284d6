import { describe, expect, test } from "@jest/globals";
import { appliedAnnotation } from "../../../../operator/desired/applied.ts";
import { makeDesired } from "../../../../operator/desired/make.ts";
import { controllerOf } from "../../../../operator/kube/object.ts";
import { command, configOf, desiredOf, find, http, inputsOf, podOf, problemsOf } from "./inputs.ts";

const kindsOf = (yaml: string, given: Parameters<typeof desiredOf>[1] = {}) =>
  desiredOf(yaml, given).objects.map(({ kind }) => kind);
const served = ["ServiceAccount", "ConfigMap", "NetworkPolicy", "Service", "PodDisruptionBudget", "Deployment"];

describe("makeDesired()", () => {
  test("makes all that a served composition needs, what others refer to first and the workload last", () => {
    expect(kindsOf("{}")).toEqual(served);
    expect(desiredOf("{}")).toMatchObject({
      kind: "Deployment",
      url: "http://shop.store.svc:80",
      selector: "tenon.dev/composition=shop",
    });
    expect(desiredOf("service: { port: 8080 }").url).toBe("http://shop.store.svc:8080");
  });

  test("makes a Deployment without a Service where there is nothing to serve", () => {
    const desired = desiredOf("{}", { exports: ["acme:shop/api"] });
    expect(desired.url).toBeUndefined();
    expect(desired.objects.map(({ kind }) => kind)).toEqual(served.filter((kind) => kind !== "Service"));
  });

  test("serves any export by the JSON gateway where service.call says so", () => {
    for (const exports of [["acme:shop/api"], [command]]) {
      const desired = desiredOf("service: { call: true }", { exports });
      expect(desired).toMatchObject({ kind: "Deployment", url: "http://shop.store.svc:80" });
      expect(configOf(desired).call).toBe(true);
    }
    expect(configOf(desiredOf("{}")).call).toBe(false);
  });

  test("makes a Job a revision of a command, a CronJob with a schedule, and no Service of either", () => {
    const job = desiredOf("replicas: 3", { exports: [command] });
    expect(job.objects.map(({ kind }) => kind)).toEqual(["ServiceAccount", "ConfigMap", "NetworkPolicy", "Job"]);
    expect(find(job, "Job").metadata.name).toBe(`shop-${job.revision}`);
    const cronJob = desiredOf("schedule: '@hourly'", { exports: [command, http] });
    expect(cronJob).toMatchObject({ kind: "CronJob", url: undefined });
    expect(find(cronJob, "CronJob").spec).toMatchObject({ schedule: "@hourly", concurrencyPolicy: "Forbid" });
    expect(podOf(cronJob).spec.containers[0].args).toContain("--command");
    expect(podOf(cronJob).spec.restartPolicy).toBe("Never");
    expect(desiredOf("{}", { exports: [command, http] }).kind).toBe("Deployment");
  });

  test("says what a kind of workload cannot have", () => {
    expect(problemsOf("schedule: '@hourly'").map(({ field }) => field)).toEqual(["spec.schedule"]);
    expect(problemsOf("service: { port: 80 }", { exports: [command] }).map(({ field }) => field)).toEqual([
      "spec.service",
    ]);
    const triggers = `
backends: [{ name: bus, messaging: { nats: { url: "nats://bus:4222" } } }]
triggers: [{ messaging: { backend: bus, subjects: [orders] } }]`;
    expect(problemsOf(triggers).map(({ field }) => field)).toEqual(["spec.triggers", "spec.backends[0]"]);
  });

  test("has the composition control every object, and none block its deletion", () => {
    for (const object of desiredOf("{}").objects) {
      expect(controllerOf(object)).toEqual({
        apiVersion: "tenon.dev/v1alpha1",
        kind: "Composition",
        name: "shop",
        uid: "uid-1",
        controller: true,
      });
      expect(object.metadata.namespace).toBe("store");
      expect(object.metadata.labels).toMatchObject({
        "app.kubernetes.io/managed-by": "tenon-operator",
        "app.kubernetes.io/instance": "shop",
        "tenon.dev/composition": "shop",
      });
      expect(object.metadata.annotations?.[appliedAnnotation]).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  test("keeps every name and label within what Kubernetes takes, for the longest names too", () => {
    for (const exports of [[http], [command]]) {
      for (const yaml of ["replicas: 2", ...(exports[0] === command ? ["schedule: '@daily'"] : [])]) {
        const desired = desiredOf(yaml, { name: `s${"h".repeat(61)}p`, exports });
        for (const { kind, metadata } of desired.objects) {
          expect(metadata.name).toMatch(kind === "CronJob" ? /^[a-z0-9-]{1,51}[a-z0-9]$/ : /^[a-z0-9-]{1,62}[a-z0-9]$/);
          for (const value of Object.values(metadata.labels ?? {})) expect(value.length).toBeLessThanOrEqual(63);
        }
      }
    }
  });

  test("protects from drains only where there is more than one pod, or an autoscaler decides", () => {
    expect(kindsOf("replicas: 2")).toContain("PodDisruptionBudget");
    expect(kindsOf("{}")).toContain("PodDisruptionBudget");
    expect(kindsOf("replicas: 1")).not.toContain("PodDisruptionBudget");
    expect(find(desiredOf("replicas: 2"), "PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: 1 });
  });

  test("leaves replicas to an autoscaler where the spec has none, and takes zero", () => {
    expect(find(desiredOf("{}"), "Deployment").spec).not.toHaveProperty("replicas");
    expect(find(desiredOf("replicas: 0"), "Deployment").spec.replicas).toBe(0);
  });

  test("takes the rollout's bounds as they are in the spec", () => {
    const yaml =
      "{ minReadySeconds: 5, progressDeadlineSeconds: 60, revisionHistoryLimit: 0, strategy: { type: Recreate } }";
    expect(find(desiredOf(yaml), "Deployment").spec).toMatchObject({
      minReadySeconds: 5,
      progressDeadlineSeconds: 60,
      revisionHistoryLimit: 0,
      strategy: { type: "Recreate" },
    });
  });

  test("says every problem at once", () => {
    const yaml = `
backends: [{ name: db, keyvalue: { sqlite: { volume: dta } } }]
runner: { requestTimeout: 10000h }
service: { annotations: { tenon.dev/x: y } }
template: { spec: { serviceAccountName: admin, priorityClassName: system-node-critical, volumes: [{ name: data, emptyDir: {} }] } }`;
    expect(problemsOf(yaml)).toEqual([
      {
        field: "spec.backends[0].keyvalue.sqlite.volume",
        message: "Cannot find the volume in spec.template.spec.volumes: dta",
        hint: 'Did you mean "data"?',
      },
      {
        field: "spec.runner.requestTimeout",
        message: "Must be a duration of at most 24 days: 10000h",
        hint: "Write 30s, or 0s for no limit",
      },
      {
        field: "spec.template.spec.serviceAccountName",
        message: "Must be a ServiceAccount that the operator's configuration allows: admin",
        hint: "Remove it, or have it added to the operator's allowed ServiceAccounts",
      },
      {
        field: "spec.template.spec.priorityClassName",
        message: "Must not be a class of the cluster's own: system-node-critical",
        hint: "Name a PriorityClass that does not begin with system-",
      },
      {
        field: 'spec.service.annotations["tenon.dev/x"]',
        message: "Must not be a key of the operator's own: tenon.dev/x",
        hint: "Use another key",
      },
    ]);
  });

  test("refuses a configuration that no ConfigMap holds, and takes one below that", () => {
    const withValue = (length: number) => {
      const config = Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, "x".repeat(32_000)]));
      return problemsOf(JSON.stringify({ instances: [{ name: "a", component: { name: "x" }, grants: { config } }] }));
    };
    expect(withValue(30)).toEqual([]);
    expect(withValue(32).map(({ field, hint }) => [field, hint])).toEqual([
      ["spec.instances", expect.stringContaining("configFrom")],
    ]);
  });
});

describe("the revision", () => {
  const revisionOf = (...given: Parameters<typeof desiredOf>) => desiredOf(...given).revision;
  const first = revisionOf("{}");

  test("is the same for the same inputs, to the byte of every object", () => {
    expect(JSON.stringify(makeDesired(inputsOf("{ replicas: 2 }")))).toBe(
      JSON.stringify(makeDesired(inputsOf("{ replicas: 2 }"))),
    );
    expect(first).toMatch(/^[0-9a-f]{10}$/);
  });

  test("does not depend on the order of keys", () => {
    const yaml = (labels: string) => `template: { metadata: { labels: ${labels} } }`;
    expect(revisionOf(yaml("{ a: x, b: y }"))).toBe(revisionOf(yaml("{ b: y, a: x }")));
  });

  test.each([
    ["another artifact", "{}", { artifact: { digest: `sha256:${"b".repeat(64)}`, size: 1_000_000 } }],
    ["other content of ConfigMaps and Secrets", "{}", { inputs: "1" }],
    ["another limit", "runner: { requestTimeout: 5s }", {}],
    ["a label of the pods", "template: { metadata: { labels: { a: b } } }", {}],
    ["the operator's own requests", "{}", { settings: { resources: { requests: {}, limits: {} } } }],
  ])("changes with %s", (_what, yaml, given) => {
    expect(revisionOf(yaml, given)).not.toBe(first);
  });

  test.each([
    ["a runner image", "{}", { settings: { image: "example.org/runner:3" } }],
    ["the authority", "{}", { settings: { authority: "another" } }],
    ["the address of the artifacts", "{}", { settings: { artifactUrl: "https://other.svc:1" } }],
    ["replicas", "replicas: 7", {}],
    ["the Service", "service: { port: 8080 }", {}],
  ])("stays with %s", (_what, yaml, given) => {
    expect(revisionOf(yaml, given)).toBe(first);
  });

  test("is on the pods, the ConfigMap that they mount, and the workload", () => {
    const desired = desiredOf("{}");
    const name = `shop-${desired.revision}`;
    expect(find(desired, "ConfigMap").metadata.name).toBe(name);
    expect(podOf(desired).spec.volumes[0]).toEqual({ name: "tenon-config", configMap: { name } });
    for (const labels of [podOf(desired).metadata.labels, find(desired, "Deployment").metadata.labels]) {
      expect(labels["tenon.dev/revision"]).toBe(desired.revision);
    }
    expect(find(desired, "Deployment").spec.selector.matchLabels).toEqual({ "tenon.dev/composition": "shop" });
  });
});

describe("the image", () => {
  const old = "example.org/runner:1";
  const imageOf = (revision: string, rollOnUpgrade: boolean, exports = [http]) => {
    const desired = desiredOf("{}", {
      running: [
        { revision: "other", image: "x" },
        { revision, image: old },
      ],
      settings: { rollOnUpgrade },
      exports,
    });
    expect(desired.objects.at(-1)?.metadata.annotations?.["tenon.dev/runner-image"]).toBe(
      podOf(desired).spec.containers[0].image,
    );
    return podOf(desired).spec.containers[0].image;
  };
  const { revision } = desiredOf("{}");

  test("stays while the revision stays, and is new with a new revision", () => {
    expect(imageOf(revision, false)).toBe(old);
    expect(imageOf("0123456789", false)).toBe("example.org/runner:2");
  });

  test("is new where upgrades roll, but for a Job, which cannot change", () => {
    expect(imageOf(revision, true)).toBe("example.org/runner:2");
    const job = desiredOf("{}", { exports: [command] });
    expect(imageOf(job.revision, true, [command])).toBe(old);
  });
});
