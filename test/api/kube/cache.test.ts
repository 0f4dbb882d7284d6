import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../operator/clock.ts";
import { type Cache, ownerIndex } from "../../../operator/kube/cache.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { createKubeClient } from "../../../operator/kube/create-client.ts";
import { type KubeObject, resources } from "../../../operator/kube/object.ts";
import { startCaches } from "../../../operator/kube/start-caches.ts";
import { makeLog } from "../../../operator/log.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { waitFor } from "../../support/api-server/wait.ts";

let server: ApiServer;
let proxy: FaultProxy;
let client: KubeClient;
const controller = new AbortController();
const log = makeLog(() => undefined, { level: "error", now: () => 0 });

beforeAll(async () => {
  server = await startApiServer({ crds: false });
  proxy = await startProxy(server);
  client = createKubeClient({ kubeconfig: await proxy.kubeconfigOf(server.admin), clock: systemClock, log });
}, 120_000);
afterAll(async () => {
  controller.abort();
  await client?.close();
  await proxy?.stop();
  await server?.stop();
});

const write = (namespace: string, name: string, value: string, metadata: object = {}) =>
  server.client.apply(`/api/v1/namespaces/${namespace}/configmaps/${name}`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...metadata },
    data: { value },
  });
const remove = (namespace: string, name: string) =>
  server.client.request("DELETE", `/api/v1/namespaces/${namespace}/configmaps/${name}`);

interface ConfigMap extends KubeObject {
  readonly data?: { readonly value: string };
}

/** A cache of ConfigMaps, and all that it told. */
async function start(
  namespaces: readonly string[],
  more: { readonly metadataOnly?: boolean; readonly labelSelector?: string } = {},
) {
  const options = { clock: systemClock, log, signal: controller.signal, namespaces };
  const cache: Cache<ConfigMap> = startCaches(client, { resource: resources.configMaps, ...more }, options);
  const told: string[] = [];
  cache.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name} ${object.data?.value}`));
  await cache.synced();
  return { cache, told };
}

/** All watches are broken, and none comes back until the answer is called. */
function separate(): () => void {
  const fault = proxy.add({ watch: true }, { answer: 503 });
  proxy.cutWatches();
  return () => fault.remove();
}

describe("a cache of a real API server", () => {
  test("tells what is there, then each change once", async () => {
    const namespace = await server.addNamespace("cache");
    await write(namespace, "a", "1");
    const { cache, told } = await start([namespace]);
    await write(namespace, "a", "2");
    await write(namespace, "b", "1");
    await remove(namespace, "b");
    await waitFor("the last change", () => told.includes("deleted b 1"));
    expect(told).toEqual(["added a 1", "updated a 2", "added b 1", "deleted b 1"]);
    expect(cache.get(`${namespace}/a`)).toMatchObject({ kind: "ConfigMap", data: { value: "2" } });
    expect(cache.get(`${namespace}/a`)?.metadata).not.toHaveProperty("managedFields");
    expect(cache.healthy()).toBe(true);
  });

  test("sees its namespaces, and no other", async () => {
    const [one, two, three] = await Promise.all(["n", "n", "n"].map((prefix) => server.addNamespace(prefix)));
    for (const namespace of [one!, two!, three!]) await write(namespace, namespace, "1");
    const { cache, told } = await start([one!, two!]);
    expect(told.sort()).toEqual([`added ${one} 1`, `added ${two} 1`].sort());
    expect(cache.list()).toHaveLength(2);
  });

  test("keeps no content where metadata is asked for, yet sees each change of it", async () => {
    const namespace = await server.addNamespace("meta");
    await write(namespace, "a", "s3cret");
    const { cache, told } = await start([namespace], { metadataOnly: true });
    await write(namespace, "a", "s3cret too");
    await waitFor("the change", () => told.length === 2);
    expect(told).toEqual(["added a undefined", "updated a undefined"]);
    expect(JSON.stringify(cache.list())).not.toContain("s3cret");
  });

  test("an object that no longer has the label is gone", async () => {
    const namespace = await server.addNamespace("label");
    await write(namespace, "a", "1", { labels: { managed: "yes" } });
    await write(namespace, "b", "1");
    const { told } = await start([namespace], { labelSelector: "managed=yes" });
    await write(namespace, "a", "2");
    await waitFor("it to go", () => told.length === 2);
    // As it was when it still belonged here.
    expect(told).toEqual(["added a 1", "deleted a 1"]);
  });

  test("finds what an owner controls", async () => {
    const namespace = await server.addNamespace("owner");
    await write(namespace, "owner", "1");
    const uid = (await client.get({ resource: resources.configMaps, namespace, name: "owner" }))!.metadata.uid!;
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid, controller: true };
    await write(namespace, "owned", "1", { ownerReferences: [owner] });
    const { cache } = await start([namespace]);
    expect(cache.byIndex(ownerIndex, uid).map(({ metadata }) => metadata.name)).toEqual(["owned"]);
  });

  test("lists more than a page", async () => {
    const namespace = await server.addNamespace("page");
    const names = Array.from({ length: 620 }, (_, index) => `c-${String(index).padStart(3, "0")}`);
    for (let at = 0; at < names.length; at += 20) {
      await Promise.all(names.slice(at, at + 20).map((name) => write(namespace, name, "1")));
    }
    const { cache } = await start([namespace]);
    expect(
      cache
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(names);
  }, 60_000);
});

describe("when the server fails", () => {
  test("a watch that is cut goes on where it was: no change is lost, none is told twice, nothing is listed", async () => {
    const namespace = await server.addNamespace("cut");
    await write(namespace, "gone", "1");
    const { told } = await start([namespace]);
    const lists = () =>
      proxy.requests().filter(({ path }) => path.includes(`/${namespace}/`) && path.includes("limit=")).length;
    const before = lists();
    const rejoin = separate();
    await write(namespace, "a", "1");
    await write(namespace, "a", "2");
    await remove(namespace, "gone");
    rejoin();
    await waitFor("the deletion", () => told.includes("deleted gone 1"));
    expect(told).toEqual(["added gone 1", "added a 1", "updated a 2", "deleted gone 1"]);
    expect(lists()).toBe(before);
  });

  test("a version that is too old is listed anew, and a deletion in between is told", async () => {
    const namespace = await server.addNamespace("old");
    await write(namespace, "gone", "1");
    await write(namespace, "changed", "1");
    const { cache, told } = await start([namespace]);
    const rejoin = separate();
    await remove(namespace, "gone");
    await write(namespace, "changed", "2");
    await write(namespace, "new", "1");
    const expire = proxy.add({ watch: true, path: new RegExp(`/${namespace}/`) }, { expire: true }, 1);
    rejoin();
    await waitFor("all of it", () => told.length === 5);
    expect(expire.hits()).toBe(1);
    expect(told).toEqual(["added changed 1", "added gone 1", "deleted gone 1", "updated changed 2", "added new 1"]);
    expect(cache.list()).toHaveLength(2);
    await write(namespace, "new", "2");
    await waitFor("what comes after", () => told.includes("updated new 2"));
  });

  test("a watch that is cut in the middle of events loses none", async () => {
    const namespace = await server.addNamespace("mid");
    const { cache, told } = await start([namespace]);
    const fault = proxy.add({ watch: true, path: new RegExp(`/${namespace}/`) }, { resetAfterChunks: 2 }, 4);
    proxy.cutWatches();
    for (let index = 0; index < 30; index++) await write(namespace, `c-${index}`, "1");
    await waitFor("all of them", () => cache.list().length === 30);
    expect(fault.hits()).toBeGreaterThanOrEqual(2);
    expect(new Set(told).size).toBe(30);
    expect(told).toHaveLength(30);
  }, 60_000);

  test("refused lists and watches are asked for a few times in a while, then it goes on", async () => {
    const namespace = await server.addNamespace("refused");
    const path = new RegExp(`/${namespace}/`);
    const faults = [429, 500, 401].map((answer) => proxy.add({ path }, { answer }, 2));
    const before = proxy.requests().length;
    const { told } = await start([namespace]);
    await write(namespace, "a", "1");
    await waitFor("it", () => told.includes("added a 1"));
    expect(faults.map((fault) => fault.hits())).toEqual([2, 2, 2]);
    const asked = proxy
      .requests()
      .slice(before)
      .filter((request) => path.test(request.path));
    const pauses = asked.slice(1, 7).map(({ time }, index) => time - asked[index]!.time);
    // 200, 400, 800… ms, each shortened to no less than its half.
    for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(100 * 2 ** index - 5);
  }, 60_000);

  test("a restart of the API server loses nothing", async () => {
    const namespace = await server.addNamespace("restart");
    await write(namespace, "a", "1");
    const { cache, told } = await start([namespace]);
    await server.restart("SIGKILL");
    await write(namespace, "b", "1");
    await remove(namespace, "a");
    await waitFor("both", () => told.includes("deleted a 1") && told.includes("added b 1"), { timeoutMs: 60_000 });
    expect(told.toSorted()).toEqual(["added a 1", "added b 1", "deleted a 1"]);
    await waitFor("health", () => cache.healthy());
  }, 120_000);
});
