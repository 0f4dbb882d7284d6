import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { ownedBy } from "../../support/api-server/owned.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { rollOut } from "../../support/api-server/workloads.ts";
import { echoComponent, guest, relayComponent, wat } from "../../support/composer/wat.ts";
import { findStatusProblems } from "../../support/conditions.ts";
import { computeKStatus } from "../../support/kstatus.ts";

let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  operator = await startOperator(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});
beforeEach(async () => {
  shop = await openShop(server);
});
/** Whatever a test did: what it ends with is told as the conventions say. */
afterEach(async () => {
  for (const composition of await server.client.list(paths.compositions(shop.namespace))) {
    expect([composition.metadata.name, findStatusProblems(composition)]).toEqual([composition.metadata.name, []]);
  }
});

const revisionOf = ({ metadata }: Json): string => metadata.labels["tenon.dev/revision"];
const pair = { exports: pairExports };
const ownedKinds = async (name: string): Promise<readonly string[]> =>
  (await ownedBy(server.client, await shop.composition(name))).map(({ kind }) => kind).sort();

describe("a Composition that fits", () => {
  test("becomes objects of its own: controlled by it, labelled, and managed by the operator", async () => {
    await shop.putPair();
    await shop.putComposition("pair", { ...pair, service: { call: true }, replicas: 2 });
    const composition = await shop.deploy("pair");
    const owned = await ownedBy(server.client, composition);
    expect(owned.map(({ kind }) => kind).sort()).toEqual([
      "ConfigMap",
      "Deployment",
      "NetworkPolicy",
      "PodDisruptionBudget",
      "Service",
      "ServiceAccount",
    ]);
    for (const { kind, metadata } of owned) {
      expect([kind, metadata.ownerReferences]).toEqual([
        kind,
        [
          expect.objectContaining({
            kind: "Composition",
            name: "pair",
            uid: composition.metadata.uid,
            controller: true,
          }),
        ],
      ]);
      expect(metadata.labels).toMatchObject({
        "app.kubernetes.io/managed-by": "tenon-operator",
        "tenon.dev/composition": "pair",
      });
      const managers = metadata.managedFields.filter(({ operation }: Json) => operation === "Apply");
      expect([kind, managers.map(({ manager }: Json) => manager)]).toEqual([kind, ["tenon-operator"]]);
    }
  });

  test("tells what was decided and what runs, once its pods are there", async () => {
    await shop.putPair();
    await shop.putComposition("pair", { ...pair, service: { call: true }, replicas: 2 });
    const { metadata, status } = await shop.deploy("pair");
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      replicas: 2,
      readyReplicas: 2,
      updatedReplicas: 2,
      selector: "tenon.dev/composition=pair",
      url: `http://pair.${shop.namespace}.svc:80`,
      artifact: { digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), size: expect.any(Number) },
      instanceSummary: "?/2",
      edges: [{ from: "relay", to: "echo", interface: "t:lists/echo", how: "Implicit" }],
      hostImports: [],
    });
    expect(status.instances.map(({ name, component }: Json) => [name, component])).toEqual([
      ["echo", "echo"],
      ["relay", "relay"],
    ]);
    expect(status.currentRevision).toBe(status.updateRevision);
  });

  test("is in progress for all who read kstatus until its pods serve, and current then", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    const moving = await shop.until("composition", "pair", { Composed: "True", Ready: "False" });
    expect(computeKStatus(moving).status).toBe("InProgress");
    expect(computeKStatus(await shop.deploy("pair")).status).toBe("Current");
  });

  test("waits for its Components in any order", async () => {
    await shop.putComposition("pair");
    const waiting = await shop.until("composition", "pair", { Ready: "False/ComponentNotFound" });
    expect(conditionOf(waiting, "Ready").message).toMatch(/echo|relay/);
    await shop.putComponent("relay", await wat(relayComponent("u8")));
    await shop.putComponent("echo", await wat(echoComponent("u8")));
    await shop.deploy("pair");
  });

  test("has a Job where it exports wasi:cli/run, and a CronJob with a schedule", async () => {
    const runs = await putCommand();
    await shop.putComposition("once", runs, { cli: "cli" });
    await waitFor("a Job", async () => (await ownedKinds("once")).includes("Job"));
    await shop.putComposition("nightly", { ...runs, schedule: "0 3 * * *" }, { cli: "cli" });
    await waitFor("a CronJob", async () => (await ownedKinds("nightly")).includes("CronJob"));
    for (const name of ["once", "nightly"]) expect(await ownedKinds(name)).not.toContain("Deployment");
  });

  test("is stalled when its Job failed for good, until its spec changes: that is another run", async () => {
    const runs = await putCommand();
    await shop.putComposition("once", runs, { cli: "cli" });
    const job = await waitFor("a Job", async () =>
      (await ownedBy(server.client, await shop.composition("once"))).find(({ kind }) => kind === "Job"),
    );
    await server.client.patch(`/apis/batch/v1/namespaces/${shop.namespace}/jobs/${job.metadata.name}/status`, {
      status: {
        startTime: "2026-01-01T00:00:00Z",
        failed: 4,
        conditions: ["FailureTarget", "Failed"].map((type) => ({
          type,
          status: "True",
          reason: "BackoffLimitExceeded",
          message: "Job has reached the specified backoff limit",
        })),
      },
    });
    const stalled = await shop.until("composition", "once", { Stalled: "True/RunFailed" });
    expect(computeKStatus(stalled).status).toBe("Failed");
    await shop.putComposition("once", { ...runs, runner: { memoryLimit: "64Mi" } }, { cli: "cli" });
    await shop.until("composition", "once", { Ready: "False/RollingOut" });
    const jobs = (await ownedBy(server.client, stalled)).filter(({ kind }) => kind === "Job");
    expect(jobs.map(revisionOf)).toContain((await shop.composition("once")).status.updateRevision);
  });

  test("runs as nobody, without rights, on a root that cannot be written", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    const { spec } = (await shop.deployment("pair")).spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const { securityContext } of spec.containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });
});

/** A Component that is a command, and what a Composition of it exports. */
async function putCommand(): Promise<{ readonly exports: readonly object[] }> {
  await shop.putComponent("cli", guest("cli"));
  const { status } = await shop.until("component", "cli", { Ready: "True" });
  const { name } = status.exports.find((one: Json) => one.name.startsWith("wasi:cli/run"));
  return { exports: [{ name, from: `cli/${name}` }] };
}

describe("a Composition that does not fit", () => {
  test("is stalled with the finding of tenon check, and makes no object", async () => {
    await shop.putComponent("echo", await wat(echoComponent("u16")));
    await shop.putComponent("relay", await wat(relayComponent("u8")));
    await shop.putComposition("pair");
    const stalled = await shop.until("composition", "pair", { Stalled: "True/WiringInvalid", WiringValid: "False" });
    expect(conditionOf(stalled, "Ready").message).toMatch(/u8|u16/);
    expect(computeKStatus(stalled).status).toBe("Failed");
    expect(await ownedBy(server.client, stalled)).toEqual([]);
  });

  test("recovers when a Component changes, without being touched itself", async () => {
    await shop.putComponent("echo", await wat(echoComponent("u16")));
    await shop.putComponent("relay", await wat(relayComponent("u8")));
    await shop.putComposition("pair");
    await shop.until("composition", "pair", { Stalled: "True/WiringInvalid" });
    await shop.putBytes("echo", await wat(echoComponent("u8")));
    await shop.deploy("pair");
  });

  test("does not touch what runs", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    const before = await ownedBy(server.client, await shop.composition("pair"));
    await shop.putComposition("pair", {
      ...pair,
      connections: [{ from: "relay/t:lists/echo", to: "nobody/t:lists/echo" }],
    });
    const stalled = await shop.until("composition", "pair", { Stalled: "True", Available: "True" });
    expect(await ownedBy(server.client, stalled)).toEqual(before);
    await shop.putComposition("pair");
    await shop.until("composition", "pair", { Ready: "True" });
  });

  test("says which grant an import needs", async () => {
    await shop.putComponent("hosts", guest("hosts"));
    await shop.until("component", "hosts", { Ready: "True" });
    await shop.putComposition("hosts", {}, { hosts: "hosts" });
    const stalled = await shop.until("composition", "hosts", { Stalled: "True" });
    expect(["GrantMissing", "ImportNotServed", "WiringInvalid"]).toContain(conditionOf(stalled, "Stalled").reason);
  });
});

const configMapsOf = async (name: string): Promise<readonly Json[]> =>
  (await ownedBy(server.client, await shop.composition(name))).filter(({ kind }) => kind === "ConfigMap");
const untilNewRevision = (old: string): Promise<true> =>
  waitFor("a new revision", async () => (await shop.composition("pair")).status.updateRevision !== old);

describe("a Composition that changes", () => {
  test("rolls a new revision when a Component has new bytes, and keeps the old one's ConfigMap", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    const first = (await shop.deploy("pair")).status;
    await shop.putBytes("echo", await wat(echoComponent("u8").replace("i32.const 1024", "i32.const 2048")));
    await untilNewRevision(first.updateRevision);
    const { status } = await shop.deploy("pair");
    expect(status.artifact.digest).not.toBe(first.artifact.digest);
    const kept = await configMapsOf("pair");
    expect(kept.map(revisionOf).sort()).toEqual([first.currentRevision, status.currentRevision].sort());
  });

  test("keeps as many old revisions as revisionHistoryLimit says", async () => {
    await shop.putPair();
    for (const concurrency of [1, 2, 3]) {
      await shop.putComposition("pair", { ...pair, revisionHistoryLimit: 1, runner: { concurrency } });
      await shop.deploy("pair");
    }
    const kept = await waitFor("two ConfigMaps", async () => {
      const configMaps = await configMapsOf("pair");
      return configMaps.length === 2 && configMaps;
    });
    expect(kept.map(revisionOf)).toContain((await shop.composition("pair")).status.currentRevision);
  });

  test("leaves the replicas of its Deployment alone where its manifest has none", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    const path = paths.deployment(shop.namespace, "pair");
    await server.client.patch(`${path}/scale`, { spec: { replicas: 4 } });
    await shop.putComposition("pair", { ...pair, runner: { concurrency: 3 } });
    await shop.deploy("pair");
    expect((await shop.deployment("pair")).spec.replicas).toBe(4);
  });

  test("is scaled through its /scale", async () => {
    await shop.putPair();
    await shop.putComposition("pair", { ...pair, replicas: 2 });
    await shop.deploy("pair");
    await server.client.patch(`${paths.composition(shop.namespace, "pair")}/scale`, { spec: { replicas: 3 } });
    await waitFor("three replicas", async () => (await shop.deployment("pair")).spec.replicas === 3);
    await rollOut(server.client, { namespace: shop.namespace, name: "pair" });
    await waitFor("the scale to say so", async () => {
      const { status } = await server.client.get(`${paths.composition(shop.namespace, "pair")}/scale`);
      return status.replicas === 3 && status.selector === "tenon.dev/composition=pair";
    });
  });

  test("changes nothing while it is suspended", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    const before = await ownedBy(server.client, await shop.composition("pair"));
    await shop.putComposition("pair", { ...pair, suspend: true, runner: { concurrency: 9 } });
    const suspended = await shop.until("composition", "pair", { Ready: "True/Suspended" });
    expect(await ownedBy(server.client, suspended)).toEqual(before);
    await shop.putComposition("pair", { ...pair, runner: { concurrency: 9 } });
    const { status } = await shop.deploy("pair");
    expect(status.currentRevision).not.toBe(suspended.status.currentRevision);
  });

  test("removes its Service when it serves no more", async () => {
    await shop.putPair();
    await shop.putComposition("pair", { ...pair, service: { call: true } });
    await shop.deploy("pair");
    await shop.putComposition("pair");
    await waitFor("the Service to go", async () => !(await ownedKinds("pair")).includes("Service"));
    expect((await shop.deploy("pair")).status.url).toBeUndefined();
  });

  test("gets back what somebody deletes or changes of it", async () => {
    await shop.putPair();
    await shop.putComposition("pair", { ...pair, replicas: 2 });
    await shop.deploy("pair");
    const at = `/apis/networking.k8s.io/v1/namespaces/${shop.namespace}/networkpolicies/pair-runner`;
    const { metadata } = await server.client.get(at);
    await server.client.delete(at);
    await waitFor("the NetworkPolicy to be back", async () => {
      const now = await server.client.get(at);
      return now !== undefined && now.metadata.uid !== metadata.uid;
    });
    await server.client.patch(paths.deployment(shop.namespace, "pair"), { spec: { replicas: 9 } });
    await waitFor("its replicas to be back", async () => (await shop.deployment("pair")).spec.replicas === 2);
  });
});

describe("a Component in use", () => {
  test("may be deleted: what runs keeps running, and says so", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    await server.client.delete(paths.component(shop.namespace, "echo"));
    const told = await shop.until("composition", "pair", {
      ComponentsResolved: "False/ComponentNotFound",
      Available: "True",
    });
    expect(await ownedKinds("pair")).toContain("Deployment");
    expect(told.status.readyReplicas).toBe(1);
  });

  test("is taken up again when it is made anew", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    const { status } = await shop.deploy("pair");
    await server.client.delete(paths.component(shop.namespace, "echo"));
    await shop.until("composition", "pair", { ComponentsResolved: "False" });
    await shop.putComponent("echo", await wat(echoComponent("u8")));
    const again = await shop.until("composition", "pair", { Ready: "True" });
    expect(again.status.currentRevision).toBe(status.currentRevision);
  });

  test("is held back where its new types would break the composition; the old ones keep running", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    const { status } = await shop.deploy("pair");
    await shop.putBytes("echo", await wat(echoComponent("u16")));
    const held = await waitFor("it to be held back", async () => {
      const composition = await shop.composition("pair");
      return JSON.stringify(composition.status.conditions).includes("UpgradeBlocked") && composition;
    });
    expect(conditionOf(held, "Available").status).toBe("True");
    expect(held.status.currentRevision).toBe(status.currentRevision);
    expect(held.status.artifact).toEqual(status.artifact);
    await shop.putBytes("echo", await wat(echoComponent("u8")));
    await shop.until("composition", "pair", { Ready: "True/Succeeded" });
  });
});

describe("what a grant names", () => {
  const configured = (from: object) => ({
    ...pair,
    instances: [
      { name: "echo", component: { name: "echo" }, grants: { configFrom: [from] } },
      { name: "relay", component: { name: "relay" } },
    ],
  });
  const put = (kind: "ConfigMap" | "Secret", value: string) =>
    server.client.apply(`/api/v1/namespaces/${shop.namespace}/${kind.toLowerCase()}s/settings`, {
      apiVersion: "v1",
      kind,
      metadata: { name: "settings" },
      ...(kind === "Secret" ? { stringData: { colour: value } } : { data: { colour: value } }),
    });

  test.each([
    ["ConfigMap", { configMapRef: { name: "settings" } }],
    ["Secret", { secretRef: { name: "settings" } }],
  ] as const)("a changed %s rolls the pods", async (kind, from) => {
    await put(kind, "red");
    await shop.putPair();
    await shop.putComposition("pair", configured(from));
    const { status } = await shop.deploy("pair");
    await put(kind, "blue");
    await untilNewRevision(status.updateRevision);
    expect((await shop.deploy("pair")).status.currentRevision).not.toBe(status.currentRevision);
  });

  test("a missing one is waited for", async () => {
    await shop.putPair();
    await shop.putComposition("pair", configured({ secretRef: { name: "settings" } }));
    const waiting = await shop.until("composition", "pair", { Ready: "False/InputNotFound" });
    expect(conditionOf(waiting, "Ready").message).toContain("settings");
    await put("Secret", "red");
    await shop.deploy("pair");
  });

  test("a Secret's content is in no object and no log of the operator's", async () => {
    await put("Secret", "xyzzy-plugh");
    await shop.putPair();
    await shop.putComposition("pair", configured({ secretRef: { name: "settings" } }));
    const composition = await shop.deploy("pair");
    const written = JSON.stringify([composition, await ownedBy(server.client, composition)]);
    for (const form of ["xyzzy-plugh", Buffer.from("xyzzy-plugh").toString("base64")]) {
      expect(written).not.toContain(form);
      expect(operator.process.output()).not.toContain(form);
    }
  });
});
