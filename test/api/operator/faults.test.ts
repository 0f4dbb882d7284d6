import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { ActiveFault } from "../../support/api-server/fault.ts";
import { makeTestClient } from "../../support/api-server/http.ts";
import { writeKubeconfig } from "../../support/api-server/kubeconfig.ts";
import { paths } from "../../support/api-server/objects.ts";
import { addOperatorUser, type Operator, operatorNamespace, startOperator } from "../../support/api-server/operator.ts";
import { ownedBy } from "../../support/api-server/owned.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { rollOut } from "../../support/api-server/workloads.ts";
import { findStatusProblems } from "../../support/conditions.ts";

/** An API server that does what API servers do: no update is lost, no object is there twice, nothing loops. */
let server: ApiServer;
let proxy: FaultProxy;
let operator: Operator;
let shop: Shop;
const faults: ActiveFault[] = [];

beforeAll(async () => {
  server = await startApiServer();
  proxy = await startProxy(server);
  operator = await startOperator(server, { proxy });
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await proxy?.stop();
  await server?.stop();
});
beforeEach(async () => {
  shop = await openShop(server);
  await shop.putPair();
  await shop.until("component", "echo", { Ready: "True" });
  await shop.until("component", "relay", { Ready: "True" });
});
afterEach(async () => {
  for (const fault of faults.splice(0)) fault.remove();
  for (const composition of await server.client.list(paths.compositions(shop.namespace)))
    expect(findStatusProblems(composition)).toEqual([]);
  expect(operator.process.running()).toBe(true);
});

function strike(...args: Parameters<FaultProxy["add"]>): ActiveFault {
  const fault = proxy.add(...args);
  faults.push(fault);
  return fault;
}

const put = (more: object = {}) => shop.putComposition("pair", { exports: pairExports, ...more });

/** Everything is there, and once. */
async function expectWhole(): Promise<void> {
  const owned = await ownedBy(server.client, await shop.deploy("pair"));
  expect(owned.map(({ kind }) => kind)).toEqual([
    "ConfigMap",
    "ServiceAccount",
    "Deployment",
    "PodDisruptionBudget",
    "NetworkPolicy",
  ]);
}

describe("an answer that is an error", () => {
  test.each([
    ["409", { answer: 409 }],
    ["500", { answer: 500 }],
    ["503", { answer: 503 }],
    ["429", { answer: 429 }],
  ] as const)("%s to an object is tried again until it is written", async (_, effect) => {
    const fault = strike({ method: "PATCH", path: /\/deployments\/pair/ }, effect, 2);
    await put();
    await expectWhole();
    expect(fault.hits()).toBe(2);
  });

  test.each([409, 429, 500])("%s to a status loses nothing that it told", async (answer) => {
    const fault = strike({ method: "PATCH", path: /\/compositions\/pair\/status/ }, { answer }, 2);
    await put();
    await expectWhole();
    expect(fault.hits()).toBe(2);
  });

  test("429 with Retry-After is left alone for as long as it says", async () => {
    await put({ replicas: 2 });
    await expectWhole();
    const path = /\/deployments\/pair/;
    const from = proxy.requests().length;
    const fault = strike({ method: "PATCH", path }, { answer: 429, headers: { "retry-after": "2" } }, 1);
    // Only the Deployment changes: no echo of another write wakes the operator before.
    await put({ replicas: 3 });
    await waitFor("three replicas", async () => (await shop.deployment("pair")).spec.replicas === 3);
    expect(fault.hits()).toBe(1);
    const attempts = proxy
      .requests()
      .slice(from)
      .filter((request) => request.method === "PATCH" && path.test(request.path));
    expect(attempts).toHaveLength(2);
    expect(attempts[1]!.time - attempts[0]!.time).toBeGreaterThanOrEqual(2_000);
  });

  test("that lasts is no hot loop: attempts get rarer", async () => {
    const fault = strike({ method: "PATCH", path: /\/deployments\/pair/ }, { answer: 500 });
    await put();
    await waitFor("the first attempt", () => fault.hits() >= 1);
    await sleep(5_000);
    // 5 ms doubled with each failure, or 1 s at once: in 5 s that is at most a dozen.
    expect(fault.hits()).toBeLessThanOrEqual(14);
    fault.remove();
    await expectWhole();
  });

  test("is told in the status while it lasts", async () => {
    strike({ method: "PATCH", path: /\/deployments\/pair/ }, { answer: 403, message: "quota says no" });
    await put();
    const told = await shop.until("composition", "pair", { Ready: "False/Forbidden", Reconciling: "True" });
    expect(conditionOf(told, "Ready").message).toContain("quota says no");
  });
});

describe("a right that the operator lacks", () => {
  test("to read what a grant names is told in the status, until it is given", async () => {
    const fault = strike({ method: "GET", path: /\/configmaps\/settings/ }, { answer: 403, message: "no such right" });
    const settings = `/api/v1/namespaces/${shop.namespace}/configmaps/settings`;
    await server.client.apply(settings, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings" },
      data: { colour: "blue" },
    });
    const instances = [
      { name: "echo", component: { name: "echo" }, grants: { configFrom: [{ configMapRef: { name: "settings" } }] } },
      { name: "relay", component: { name: "relay" } },
    ];
    await put({ instances });
    const told = await shop.until("composition", "pair", { Ready: "False/Forbidden", Reconciling: "True" });
    expect(conditionOf(told, "Ready").message).toContain("no such right");
    fault.remove();
    await shop.deploy("pair");
  });

  test("to delete what is not wanted any more is told in the status, until it is given", async () => {
    await put({ service: { call: true } });
    await shop.deploy("pair");
    const service = `/api/v1/namespaces/${shop.namespace}/services/pair`;
    expect(await server.client.get(service)).toBeDefined();
    const fault = strike({ method: "DELETE", path: /\/services\/pair/ }, { answer: 403, message: "no such right" });
    await put();
    const told = await shop.until("composition", "pair", { Ready: "False/Forbidden", Reconciling: "True" });
    expect(conditionOf(told, "Ready").message).toContain("no such right");
    fault.remove();
    await waitFor("the Service to go", async () => (await server.client.get(service)) === undefined);
    await shop.deploy("pair");
  });
});

describe("an answer that is lost", () => {
  test.each(["serviceaccounts", "configmaps", "networkpolicies", "deployments"])(
    "after %s were written: there is one, and it is ours",
    async (plural) => {
      const fault = strike({ method: "PATCH", path: new RegExp(`/${plural}/pair`) }, { loseAnswer: true }, 1);
      await put();
      await expectWhole();
      expect(fault.hits()).toBe(1);
    },
  );

  test("after a status was written: the next one is right", async () => {
    strike({ method: "PATCH", path: /\/compositions\/pair\/status/ }, { loseAnswer: true }, 1);
    await put();
    await expectWhole();
  });

  test("for all connections at once, again and again: the work gets done", async () => {
    await put();
    for (let i = 0; i < 5; i++) {
      proxy.cut();
      await sleep(100);
    }
    await expectWhole();
  });
});

describe("a watch", () => {
  const networkPolicy = () => `/apis/networking.k8s.io/v1/namespaces/${shop.namespace}/networkpolicies/pair-runner`;

  test("that is cut is opened again, and misses nothing", async () => {
    await put();
    await expectWhole();
    expect(proxy.cutWatches()).toBeGreaterThan(0);
    await server.client.delete(networkPolicy());
    await waitFor("the NetworkPolicy to be back", () => server.client.get(networkPolicy()));
  });

  test.each([
    ["in the stream", { expire: true }],
    ["at once", { answer: 410 }],
  ] as const)("that is too old (%s) is listed again: what went meanwhile is noticed", async (_, effect) => {
    await put();
    await expectWhole();
    const fault = strike({ watch: true, path: /\/networkpolicies/ }, effect, 1);
    const down = strike({ watch: true, path: /\/networkpolicies/ }, { hold: true }, 1);
    proxy.cutWatches();
    await waitFor("the watch to be told that it is too old", () => fault.hits() === 1);
    await server.client.delete(networkPolicy());
    down.remove();
    await waitFor("the NetworkPolicy to be back", () => server.client.get(networkPolicy()));
  });

  test("that lags behind our own writes hides no change of a spec", async () => {
    await put({ replicas: 2 });
    await shop.deploy("pair");
    await operator.idle();
    const held = strike({ watch: true, path: /\/compositions\?/ }, { hold: true });
    proxy.cutWatches();
    await waitFor("the watch to be opened again", () => held.hits() > 0);
    await put({ replicas: 5 });
    // The Deployment's watch works: what it brings makes the operator write a status, whose answer has the newer spec.
    await rollOut(server.client, { namespace: shop.namespace, name: "pair" }, { ready: 1 });
    await waitFor("the Deployment to have 5 replicas", async () => (await shop.deployment("pair")).spec.replicas === 5);
    held.remove();
    await shop.deploy("pair");
  });

  test("that cannot be opened is no hot loop, and does not end the process", async () => {
    await put();
    await expectWhole();
    const fault = strike({ watch: true, path: /\/deployments/ }, { answer: 500 });
    proxy.cutWatches();
    await waitFor("the first attempt", () => fault.hits() >= 1);
    await sleep(4_000);
    expect(fault.hits()).toBeLessThanOrEqual(14);
    expect(await operator.probe("/healthz")).toBe(200);
    fault.remove();
    await server.client.patch(`${paths.deployment(shop.namespace, "pair")}/scale`, { spec: { replicas: 2 } });
    await rollOut(server.client, { namespace: shop.namespace, name: "pair" });
    await waitFor("the status to say two", async () => (await shop.composition("pair")).status.readyReplicas === 2);
  });
});

describe("the API server", () => {
  test("may be killed and come back: what changes then is reconciled", async () => {
    await put();
    await expectWhole();
    await server.restart("SIGKILL");
    await put({ runner: { concurrency: 5 } });
    await shop.deploy("pair");
    expect(await operator.probe("/readyz")).toBe(200);
  });

  test("may be away while a spec changes: nothing is lost", async () => {
    await put();
    await expectWhole();
    const away = strike({}, { answer: 503 });
    proxy.cut();
    const { updateRevision } = (await shop.composition("pair")).status;
    await put({ runner: { concurrency: 6 } });
    await waitFor("the operator to notice", () => away.hits() > 5);
    expect((await shop.composition("pair")).status.updateRevision).toBe(updateRevision);
    expect(await operator.probe("/healthz")).toBe(200);
    away.remove();
    await waitFor(
      "the new revision",
      async () => (await shop.composition("pair")).status.updateRevision !== updateRevision,
    );
    await shop.deploy("pair");
  });

  test("that hangs over one Composition holds up no other", async () => {
    const held = strike({ method: "PATCH", path: /\/deployments\/slow/ }, { hold: true });
    await shop.putComposition("slow");
    await waitFor("the write to hang", () => held.hits() === 1);
    await put();
    await expectWhole();
    expect(await shop.deployment("slow")).toBeUndefined();
    held.remove();
    await shop.deploy("slow");
  });
});

describe("a token", () => {
  test("that is no longer good is read again from its file", async () => {
    const account = `/api/v1/namespaces/${operatorNamespace}/serviceaccounts/rotated`;
    const makeToken = async (): Promise<string> => {
      await server.client.apply(account, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "rotated" } });
      const { status } = await server.client.create(`${account}/token`, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 3600 },
      });
      return status.token;
    };
    const name = `system:serviceaccount:${operatorNamespace}:rotated`;
    const { credential } = await addOperatorUser(server, name);
    const tokenFile = join(server.folder, "token");
    const old = await makeToken();
    await writeFile(tokenFile, old);
    const kubeconfig = await writeKubeconfig(join(server.folder, "rotated.kubeconfig"), {
      url: server.url,
      ca: server.ca,
      user: name,
      credential: { tokenFile },
    });
    await operator.stop();
    operator = await startOperator(server, { name: "rotated", user: { name, credential, kubeconfig } });
    await put();
    await expectWhole();
    // Another ServiceAccount of the same name: tokens of the old one are refused with 401.
    await server.client.delete(account);
    const fresh = await makeToken();
    // The API server remembers for some seconds that a token was good.
    const headers = { authorization: `Bearer ${old}` };
    const anonymous = makeTestClient(server.url, { ca: server.ca });
    await waitFor(
      "the old one to be refused",
      async () => (await anonymous.request("GET", "/api", { headers })).status === 401,
    );
    await anonymous.close();
    const { updateRevision } = (await shop.composition("pair")).status;
    await put({ runner: { concurrency: 8 } });
    await sleep(1_000);
    expect((await shop.composition("pair")).status.updateRevision).toBe(updateRevision);
    await writeFile(tokenFile, fresh);
    await waitFor(
      "the new revision",
      async () => (await shop.composition("pair")).status.updateRevision !== updateRevision,
      // A token is read again once a minute.
      { timeoutMs: 90_000 },
    );
    await shop.deploy("pair");
  });
});
