import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { paths } from "../../support/api-server/objects.ts";
import { addOperatorUser, type Operator, startOperator } from "../../support/api-server/operator.ts";
import type { FaultProxy } from "../../support/api-server/proxy.ts";
import { startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";

let server: ApiServer;
let proxy: FaultProxy;
let operator: Operator;
let shop: Shop;

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
});

/** Requests that write, of the operator, in the namespace of this test. */
async function writes(): Promise<readonly string[]> {
  const verbs = new Set(["create", "update", "patch", "delete"]);
  return (await server.audit.requests({ user: operator.user }))
    .filter(({ namespace, verb, resource }) => namespace === shop.namespace && verbs.has(verb) && resource !== "events")
    .map(
      ({ verb, resource, subresource, name, code }) =>
        `${verb} ${resource}${subresource ? `/${subresource}` : ""} ${name} ${code}`,
    );
}

/** Objects that belong to the composition, by kind. */
async function owned(): Promise<string[]> {
  const kinds = [
    "/api/v1/{}/services",
    "/api/v1/{}/serviceaccounts",
    "/api/v1/{}/configmaps",
    "/apis/apps/v1/{}/deployments",
    "/apis/policy/v1/{}/poddisruptionbudgets",
    "/apis/networking.k8s.io/v1/{}/networkpolicies",
  ];
  const lists = await Promise.all(
    kinds.map((path) => server.client.list(path.replace("{}", `namespaces/${shop.namespace}`))),
  );
  return lists
    .flat()
    .filter(({ metadata }) => metadata.labels?.["tenon.dev/composition"] === "pair")
    .map(({ kind, metadata }) => `${kind ?? ""}${metadata.name}`);
}

const applied = /fieldManager=tenon-operator/;

describe("the operator, while the API server misbehaves", () => {
  test.each([
    ["429 with Retry-After", { answer: 429, headers: { "Retry-After": "1" } }],
    ["500", { answer: 500 }],
    ["409", { answer: 409 }],
    ["an answer that is lost", { loseAnswer: true }],
  ] as const)("makes each object once and ends well after %s to its writes", async (_, effect) => {
    const fault = proxy.add({ method: "PATCH", path: new RegExp(`/${shop.namespace}/.*${applied.source}`) }, effect, 6);
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    expect(fault.hits()).toBe(6);
    fault.remove();
    const names = await owned();
    expect(new Set(names).size).toBe(names.length);
    // Two statuses of Components; the objects; the Composition's status before and after its rollout. A write whose answer
    // was lost may be made again, and changes nothing.
    const made = await writes();
    expect(made.length).toBeLessThan(24);
  });

  test("sees what happened while its watches were cut", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    expect(proxy.cutWatches()).toBeGreaterThan(5);
    await shop.putComposition("pair", { exports: pairExports, replicas: 3 });
    await waitFor(
      "the Deployment to have 3 replicas",
      async () => (await shop.deployment("pair"))?.spec.replicas === 3,
    );
  });

  test("lists again after a version that is too old, and notices a deletion in between", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    const expired = proxy.add({ watch: true }, { expire: true }, 30);
    proxy.cutWatches();
    await server.client.delete(paths.deployment(shop.namespace, "pair"));
    await waitFor("the Deployment to be there again", () => shop.deployment("pair"));
    expect(expired.hits()).toBeGreaterThan(0);
    expired.remove();
  });

  test("goes on after the API server was killed and started again, with no write that is not needed", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    await server.restart("SIGKILL");
    await shop.putComposition("pair", { exports: pairExports, replicas: 2 });
    await waitFor(
      "the Deployment to have 2 replicas",
      async () => (await shop.deployment("pair"))?.spec.replicas === 2,
    );
    await shop.deploy("pair");
    const before = (await writes()).length;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await writes()).length).toBe(before);
  });

  test("does not hammer a server that refuses every write", async () => {
    const fault = proxy.add({ method: "PATCH", path: new RegExp(`/${shop.namespace}/.*deployments`) }, { answer: 500 });
    await shop.putPair();
    await shop.putComposition("pair");
    await waitFor("the first attempts", async () => fault.hits() >= 3);
    const [hits, from] = [fault.hits(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const perSecond = (fault.hits() - hits) / ((performance.now() - from) / 1000);
    expect(perSecond).toBeLessThan(4);
    fault.remove();
    await shop.deploy("pair");
  });

  test("uses few connections for many requests", () => {
    const requests = proxy.requests().filter(({ path }) => !path.includes("watch=")).length;
    expect(requests).toBeGreaterThan(100);
    expect(proxy.handshakes()).toBeLessThan(requests);
  });
});

describe("a token that expires", () => {
  test("is read again from its file, and nothing is lost", async () => {
    expect((await addOperatorUser(server)).name).toBe(operator.user);
  });
});
