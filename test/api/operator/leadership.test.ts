import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { compositionOf, paths } from "../../support/api-server/objects.ts";
import { type Operator, operatorNamespace, startOperator } from "../../support/api-server/operator.ts";
import { ownedBy } from "../../support/api-server/owned.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, type Shop } from "../../support/api-server/shop.ts";
import { spentSince } from "../../support/api-server/spent.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { doubling } from "../../support/composer/hostile.ts";

const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/tenon-operator`;
const flags = [
  "--leader-election=true",
  "--lease-duration=4s",
  "--lease-renew-deadline=3s",
  "--lease-retry-period=500ms",
  "--composer-deadline=8s",
];

let server: ApiServer;
/** The first one speaks through it. */
let proxy: FaultProxy;
let first: Operator;
let second: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
}, 120_000);
afterAll(() => server?.stop());

beforeEach(async () => {
  proxy = await startProxy(server);
  first = await startOperator(server, { name: "first", flags, proxy });
  await waitFor("the first one to lead", () => isLeader(first));
  second = await startOperator(server, { name: "second", flags });
  shop = await openShop(server);
});
afterEach(async () => {
  await Promise.all([first.stop("SIGKILL"), second.stop("SIGKILL")]);
  await proxy.stop();
  await server.client.delete(leasePath);
});

const isLeader = async (operator: Operator): Promise<boolean> =>
  (await operator.metric("leader_election_master_status")) === 1 && (await operator.probe("/readyz")) === 200;
const holder = async (): Promise<string | undefined> => (await server.client.get(leasePath))?.spec.holderIdentity;

describe("two operators", () => {
  test("of which one works: the other is ready, and waits", async () => {
    expect(await isLeader(second)).toBe(false);
    expect(await second.probe("/readyz")).toBe(200);
    expect(await holder()).toMatch(/^first_/);
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    expect(await second.reconciles()).toBe(0);
  });

  test("change over at once when the leader is told to end: it gives the Lease back and exits 0", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    const before = await shop.deploy("pair");
    await first.idle();
    const since = await server.audit.mark();
    expect(await first.stop("SIGTERM")).toBe(0);
    await waitFor("the second one to lead", () => isLeader(second));
    await second.idle();
    // Its data folder is its own: it reads the sources again, and writes nothing.
    expect((await spentSince(server, second, since)).filter((each) => !each.startsWith("get configmaps"))).toEqual([]);
    expect(await shop.composition("pair")).toEqual(before);
  });

  test("change over when the leader is killed, and what was begun is done", async () => {
    await shop.putPair();
    await first.stop("SIGKILL");
    await shop.putComposition("pair");
    await waitFor("the second one to lead", () => isLeader(second));
    await shop.deploy("pair");
    expect(await holder()).toMatch(/^second_/);
  });

  test("change over when the leader cannot renew: it exits 1, and never works beside the other", async () => {
    await shop.putPair();
    const cut = proxy.add({}, { answer: 503 });
    proxy.cut();
    expect(await first.process.ended).toBe(1);
    await waitFor("the second one to lead", () => isLeader(second));
    cut.remove();
    await shop.putComposition("pair");
    await shop.deploy("pair");
  });

  test("change over in the middle of a Composition: nothing is lost, and nothing is there twice", async () => {
    await shop.putPair();
    await shop.until("component", "relay", { Ready: "True" });
    await shop.until("component", "echo", { Ready: "True" });
    const held = proxy.add({ method: "PATCH", path: /\/deployments\/pair/ }, { hold: true });
    await shop.putComposition("pair");
    await waitFor("the write of the first one to hang", () => held.hits() > 0);
    await first.stop("SIGKILL");
    await waitFor("the second one to lead", () => isLeader(second));
    const composition = await shop.deploy("pair");
    held.remove();
    const owned = await ownedBy(server.client, composition);
    expect(owned.map(({ kind }) => kind)).toEqual([
      "ConfigMap",
      "ServiceAccount",
      "Deployment",
      "PodDisruptionBudget",
      "NetworkPolicy",
    ]);
    await second.idle();
    expect(await shop.composition("pair")).toEqual(composition);
  });

  test("change over while a composer works: the next one composes, and no half-made artifact is found", async () => {
    await shop.putPair();
    await shop.putComponent("doubling", await doubling(24));
    await shop.until("component", "doubling", { Ready: "True" });
    // It keeps a worker busy until its deadline.
    await shop.client.apply(paths.composition(shop.namespace, "slow"), compositionOf("slow", { a: "doubling" }));
    await waitFor("the composer to work", async () => ((await first.metric("tenon_composer_running")) ?? 0) > 0);
    await shop.putComposition("pair");
    await first.stop("SIGKILL");
    await waitFor("the second one to lead", () => isLeader(second));
    await shop.deploy("pair");
    await shop.until("composition", "slow", { Stalled: "True", Composed: "False/ComposeFailed" });
    expect(await shop.deployment("slow")).toBeUndefined();
  });
});
