import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { ownedBy } from "../../support/api-server/owned.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { spentSince, writesOf } from "../../support/api-server/spent.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { echoComponent, wat } from "../../support/composer/wat.ts";

/** What the operator spends at the API server, by the API server's own count. The tests are one story, in order. */
let server: ApiServer;
let proxy: FaultProxy;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  proxy = await startProxy(server);
  operator = await startOperator(server, { proxy });
  shop = await openShop(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await proxy?.stop();
  await server?.stop();
});

const revision = async (): Promise<string> => (await shop.composition("pair")).status.currentRevision;

describe("requests at the API server", () => {
  test("a new Component costs its status, and the ConfigMap that its bytes are read from", async () => {
    const since = await server.audit.mark();
    await shop.putPair();
    await shop.until("component", "echo", { Ready: "True" });
    await shop.until("component", "relay", { Ready: "True" });
    await operator.idle();
    expect(await spentSince(server, operator, since)).toEqual([
      "get configmaps echo-wasm",
      "get configmaps relay-wasm",
      "patch components/status echo",
      "patch components/status relay",
    ]);
  });

  test("a new Composition costs each object that it owns, and one status", async () => {
    const since = await server.audit.mark();
    await shop.putComposition("pair", { exports: pairExports, service: { call: true }, replicas: 2 });
    await shop.until("composition", "pair", { Composed: "True" });
    await operator.idle();
    const owned = await ownedBy(server.client, await shop.composition("pair"));
    const spent = await spentSince(server, operator, since);
    expect(spent.filter((each) => !each.includes("compositions/status"))).toEqual(
      owned.map(({ kind, metadata }) => `patch ${pluralOf(kind)} ${metadata.name}`).sort(),
    );
    expect(spent.filter((each) => each.includes("compositions/status"))).toEqual(["patch compositions/status pair"]);
  });

  test("pods that come cost one status", async () => {
    const since = await server.audit.mark();
    await shop.deploy("pair");
    await operator.idle();
    expect(await spentSince(server, operator, since)).toEqual(["patch compositions/status pair"]);
  });

  test("a reconcile of an unchanged world costs nothing", async () => {
    const since = await server.audit.mark();
    const before = await operator.reconciles("composition");
    // Somebody else's label wakes the operator, and changes nothing that it wants. (An annotation would be a new
    // generation of the Deployment, which a status has to tell.)
    await server.client.patch(paths.deployment(shop.namespace, "pair"), { metadata: { labels: { note: "1" } } });
    await waitFor("a reconcile", async () => (await operator.reconciles("composition")) > before);
    await operator.idle();
    expect(await spentSince(server, operator, since)).toEqual([]);
  });

  test("the operator's own writes wake nobody: it is at rest when it is done", async () => {
    const since = await server.audit.mark();
    const before = await operator.reconciles();
    await sleep(3_000);
    expect(await operator.reconciles()).toBe(before);
    expect(await spentSince(server, operator, since)).toEqual([]);
  });

  test("a change costs the objects that change, and one status", async () => {
    const since = await server.audit.mark();
    await shop.putComposition("pair", { exports: pairExports, service: { call: true }, replicas: 3 });
    await waitFor("three replicas", async () => (await shop.deployment("pair")).spec.replicas === 3);
    await operator.idle();
    expect(await spentSince(server, operator, since)).toEqual([
      "patch compositions/status pair",
      "patch deployments pair",
    ]);
    await shop.deploy("pair");
  });

  test("a new revision costs its ConfigMap, the Deployment and one status", async () => {
    const since = await server.audit.mark();
    const old = await revision();
    await shop.putBytes("echo", await wat(echoComponent("u8").replace("i32.const 1024", "i32.const 2048")));
    await waitFor("a new revision", async () => (await shop.composition("pair")).status.updateRevision !== old);
    await operator.idle();
    const { updateRevision } = (await shop.composition("pair")).status;
    expect(await spentSince(server, operator, since)).toEqual([
      "get configmaps echo-wasm",
      "patch components/status echo",
      "patch compositions/status pair",
      `patch configmaps pair-${updateRevision}`,
      "patch deployments pair",
    ]);
    await shop.deploy("pair");
  });

  test("a restart costs nothing, after a kill too", async () => {
    await operator.idle();
    const since = await server.audit.mark();
    await operator.stop("SIGKILL");
    operator = await startOperator(server, { proxy });
    await waitFor("all to be looked at again", async () => (await operator.reconciles()) >= 3);
    await operator.idle();
    expect(await spentSince(server, operator, since)).toEqual([]);
  });

  test("a restart with an empty data folder costs reads of sources and recipes, and no write", async () => {
    const since = await server.audit.mark();
    await operator.stop();
    operator = await startOperator(server, { proxy, dataFolder: `${server.folder}/empty` });
    await waitFor("all to be looked at again", async () => (await operator.reconciles()) >= 3);
    await operator.idle();
    const spent = await spentSince(server, operator, since);
    // Each revision that may still run is made again from what its ConfigMap says.
    const recipes = spent.filter((each) => each.startsWith("get configmaps pair-"));
    const { items } = await server.client.get(`/api/v1/namespaces/${shop.namespace}/configmaps`);
    const revisions = items.filter(({ metadata }: Json) => metadata.labels?.["tenon.dev/revision"] !== undefined);
    expect(new Set(recipes).size).toBe(revisions.length);
    expect([writesOf(spent), [...new Set(spent.filter((each) => !recipes.includes(each)))]]).toEqual([
      [],
      ["get configmaps echo-wasm", "get configmaps relay-wasm"],
    ]);
  });

  test("requests share few connections, one TLS handshake each", async () => {
    const before = { requests: proxy.requests().length, handshakes: proxy.handshakes() };
    for (let replicas = 4; replicas < 14; replicas++) {
      await shop.putComposition("pair", { exports: pairExports, service: { call: true }, replicas });
      await waitFor("the replicas", async () => (await shop.deployment("pair")).spec.replicas === replicas);
    }
    await operator.idle();
    expect(proxy.requests().length - before.requests).toBeGreaterThanOrEqual(20);
    expect(proxy.handshakes() - before.handshakes).toBeLessThanOrEqual(2);
  });
});

const plurals: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  Deployment: "deployments",
  NetworkPolicy: "networkpolicies",
  PodDisruptionBudget: "poddisruptionbudgets",
  Service: "services",
  ServiceAccount: "serviceaccounts",
};
const pluralOf = (kind: string): string | undefined => plurals[kind];
