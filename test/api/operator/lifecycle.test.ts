import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { findAssets } from "../../support/api-server/assets.ts";
import type { Json } from "../../support/api-server/http.ts";
import { hasKubectl, kubectl } from "../../support/api-server/kubectl.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { ownedBy } from "../../support/api-server/owned.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { guest } from "../../support/composer/wat.ts";
import { findStatusProblems } from "../../support/conditions.ts";
import { computeKStatus } from "../../support/kstatus.ts";

// Kubernetes' own controllers do their part; where they are not at hand these count as skipped.
const withControllers = findAssets(process.env)?.controllerManager === undefined ? describe.skip : describe;

const controllers = [
  "deployment-controller",
  "replicaset-controller",
  "job-controller",
  "cronjob-controller",
  "disruption-controller",
  "garbage-collector-controller",
  "endpointslice-controller",
  "horizontal-pod-autoscaler-controller",
];

let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  if (withControllers === describe.skip) return;
  server = await startApiServer({ controllers });
  operator = await startOperator(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});
beforeEach(async () => {
  if (withControllers === describe.skip) return;
  shop = await openShop(server);
  // The strictest of the pod security standards: a pod that asks for too much is not made.
  await server.client.patch(`/api/v1/namespaces/${shop.namespace}`, {
    metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
});

const pods = (): Promise<readonly Json[]> => server.client.list(`/api/v1/namespaces/${shop.namespace}/pods`);

/** The kubelet's part: the pods run, or ended. */
async function play(phase: "Running" | "Succeeded" | "Failed", count: number): Promise<void> {
  const found = await waitFor(`${count} pods`, async () => {
    const all = (await pods()).filter(
      ({ metadata, status }) => !metadata.deletionTimestamp && status.phase === "Pending",
    );
    return all.length >= count && all;
  });
  for (const { metadata } of found) {
    await server.client.patch(`/api/v1/namespaces/${shop.namespace}/pods/${metadata.name}/status`, {
      status: {
        phase,
        podIP: "10.0.0.1",
        podIPs: [{ ip: "10.0.0.1" }],
        conditions: [
          {
            type: "Ready",
            status: phase === "Running" ? "True" : "False",
            lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ""),
          },
        ],
      },
    });
  }
}

const putPair = async (more: object = {}): Promise<void> => {
  await shop.putPair();
  await shop.putComposition("pair", { exports: pairExports, ...more });
};

withControllers("a Composition among Kubernetes' own controllers", () => {
  test("gets pods that the strictest pod security standard admits, and is ready when they are", async () => {
    await putPair({ replicas: 2 });
    await play("Running", 2);
    const composition = await shop.until("composition", "pair", { Ready: "True", Available: "True" });
    expect(composition.status).toMatchObject({ replicas: 2, readyReplicas: 2, updatedReplicas: 2 });
    expect(findStatusProblems(composition)).toEqual([]);
  });

  test("and all that it owns is current for those who read kstatus", async () => {
    await putPair({ replicas: 2, service: { call: true } });
    await play("Running", 2);
    const composition = await shop.until("composition", "pair", { Ready: "True" });
    for (const object of [composition, ...(await ownedBy(server.client, composition))]) {
      expect([object.kind, computeKStatus(object).status]).toEqual([object.kind, "Current"]);
    }
  });

  test("rolls: the new pods come before the old ones go, and Ready says so", async () => {
    await putPair({ replicas: 2 });
    await play("Running", 2);
    const { status } = await shop.until("composition", "pair", { Ready: "True" });
    await shop.putComposition("pair", { exports: pairExports, replicas: 2, runner: { concurrency: 3 } });
    const rolling = await shop.until("composition", "pair", { Ready: "False/RollingOut", Reconciling: "True" });
    expect(rolling.status.currentRevision).toBe(status.currentRevision);
    for (let round = 0; round < 2; round++) await play("Running", 1);
    const done = await shop.until("composition", "pair", { Ready: "True" });
    expect(done.status.currentRevision).not.toBe(status.currentRevision);
  });

  test("does not get on: after its deadline it is stalled, and what ran still serves", async () => {
    await putPair({ replicas: 2, progressDeadlineSeconds: 2 });
    await play("Running", 2);
    await shop.until("composition", "pair", { Ready: "True" });
    await shop.putComposition("pair", {
      exports: pairExports,
      replicas: 2,
      progressDeadlineSeconds: 2,
      runner: { concurrency: 3 },
    });
    const stalled = await shop.until("composition", "pair", { Progressing: "False/ProgressDeadlineExceeded" });
    expect(stalled.status.readyReplicas).toBe(2);
    expect(computeKStatus(stalled).status).toBe("Failed");
    expect(findStatusProblems(stalled)).toEqual([]);
  });

  test("is deleted with all that it owns", async () => {
    await putPair({ replicas: 2, service: { call: true } });
    await play("Running", 2);
    const composition = await shop.until("composition", "pair", { Ready: "True" });
    expect((await ownedBy(server.client, composition)).length).toBe(6);
    await server.client.delete(paths.composition(shop.namespace, "pair"));
    await waitFor(
      "all to be collected",
      async () => (await ownedBy(server.client, composition)).length === 0 && (await pods()).length === 0,
      { timeoutMs: 60_000 },
    );
    expect(await shop.component("echo")).toBeDefined();
  });

  test("is renamed by one that replaces it: each has its own objects", async () => {
    await putPair();
    await play("Running", 1);
    const old = await shop.until("composition", "pair", { Ready: "True" });
    await shop.putComposition("couple");
    await server.client.delete(paths.composition(shop.namespace, "pair"));
    await waitFor("the old ones to go", async () => (await ownedBy(server.client, old)).length === 0, {
      timeoutMs: 60_000,
    });
    await play("Running", 1);
    await shop.until("composition", "couple", { Ready: "True" });
  });

  test("is deleted and made again at once: it waits for its name and takes it, and nothing is mixed up", async () => {
    await putPair({ service: { call: true } });
    await play("Running", 1);
    const old = await shop.until("composition", "pair", { Ready: "True" });
    await server.client.delete(paths.composition(shop.namespace, "pair"));
    await shop.putComposition("pair", { exports: pairExports, service: { call: true } });
    const again = await shop.composition("pair");
    expect(again.metadata.uid).not.toBe(old.metadata.uid);
    await waitFor(
      "a Deployment of the new one",
      async () => (await ownedBy(server.client, again)).some(({ kind }) => kind === "Deployment"),
      { timeoutMs: 60_000 },
    );
    await play("Running", 1);
    const ready = await shop.until("composition", "pair", { Ready: "True" });
    expect((await ownedBy(server.client, ready)).length).toBe(6);
    expect(await ownedBy(server.client, old)).toEqual([]);
  });

  test("that runs once is ready when its Job is done", async () => {
    await shop.putComponent("cli", guest("cli"));
    const { status } = await shop.until("component", "cli", { Ready: "True" });
    const run = status.exports.find(({ name }: Json) => name.startsWith("wasi:cli/run")).name;
    const runs = { exports: [{ name: run, from: `cli/${run}` }] };
    await shop.putComposition("succeeds", runs, { cli: "cli" });
    await play("Succeeded", 1);
    const done = await shop.until("composition", "succeeds", { Ready: "True" });
    expect(computeKStatus(done).status).toBe("Current");
  });

  test("is drained without a gap: its budget lets one pod go", async () => {
    await putPair({ replicas: 2 });
    await play("Running", 2);
    await shop.until("composition", "pair", { Ready: "True" });
    const at = `/apis/policy/v1/namespaces/${shop.namespace}/poddisruptionbudgets/pair-runner`;
    await waitFor(
      "the budget to be counted",
      async () => (await server.client.get(at)).status.disruptionsAllowed === 1,
    );
  });
});

const withBoth = hasKubectl() ? withControllers : describe.skip;

withBoth("kubectl", () => {
  test("wait --for=condition=Ready ends when the pods serve", async () => {
    await putPair({ replicas: 1 });
    const waiting = kubectl(server, ["wait", "--for=condition=Ready", "composition/pair", "--timeout=60s"], {
      namespace: shop.namespace,
    });
    await play("Running", 1);
    expect(await waiting).toMatchObject({ code: 0, out: "composition.tenon.dev/pair condition met\n" });
  });

  test("describe ends with what happened", async () => {
    await shop.putComposition("pair");
    await shop.until("composition", "pair", { Ready: "False/ComponentNotFound" });
    const { namespace } = shop;
    const { out } = await waitFor("the event", async () => {
      const ran = await kubectl(server, ["describe", "composition", "pair"], { namespace });
      return /Events:\n/.test(ran.out) && ran;
    });
    expect(out.slice(out.indexOf("Events:"))).toMatch(
      /Normal +ComponentNotFound +\S+ +tenon\.dev\/operator +Cannot find the Component/,
    );
  });

  test("rollout and scale work on what it owns, as on any Deployment", async () => {
    await putPair({ replicas: 1 });
    await play("Running", 1);
    await shop.until("composition", "pair", { Ready: "True" });
    const { namespace } = shop;
    expect((await kubectl(server, ["rollout", "status", "deployment/pair", "--timeout=30s"], { namespace })).code).toBe(
      0,
    );
    expect((await kubectl(server, ["scale", "composition/pair", "--replicas=2"], { namespace })).code).toBe(0);
    await play("Running", 1);
    const { status } = await shop.until("composition", "pair", { Ready: "True" });
    expect(status.replicas).toBe(2);
  });
});
