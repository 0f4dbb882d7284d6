import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../operator/clock.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { createKubeClient } from "../../../operator/kube/create-client.ts";
import { type KubeObject, type ObjectRef, type Resource, resources } from "../../../operator/kube/object.ts";
import { makeLog } from "../../../operator/log.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";

let server: ApiServer;
let proxy: FaultProxy;
let client: KubeClient;
let namespace: string;
const log = makeLog(() => undefined, { level: "error", now: () => 0 });

beforeAll(async () => {
  server = await startApiServer();
  proxy = await startProxy(server);
  const kubeconfig = await proxy.kubeconfigOf(server.admin);
  client = createKubeClient({ kubeconfig, clock: systemClock, log, version: "0.0.0-test" });
}, 120_000);
beforeEach(async () => {
  namespace = await server.addNamespace("client");
});
afterAll(async () => {
  await client?.close();
  await proxy?.stop();
  await server?.stop();
});

const ref = (name: string, resource: Resource = resources.configMaps): ObjectRef => ({ resource, namespace, name });
const configMap = (name: string, data: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name, ...metadata }, data }) as KubeObject;
const apply = (object: KubeObject, force = false) => client.apply(resources.configMaps, object, { force });
/** As somebody else. */
const applyAsOther = (name: string, data: object) =>
  server.client.apply(`/api/v1/namespaces/${namespace}/configmaps/${name}`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data,
  });

describe("apply()", () => {
  test("changes nothing the second time", async () => {
    const first = await apply(configMap("a", { x: "1" }));
    const second = await apply(configMap("a", { x: "1" }));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect((await client.get(ref("a")))?.metadata.uid).toBe(first.metadata.uid);
  });

  test("does not take a foreign field without force, names who has it, and takes it with force", async () => {
    await applyAsOther("a", { x: "theirs" });
    await expect(apply(configMap("a", { x: "ours" }))).rejects.toMatchObject({ code: "conflict", managers: ["test"] });
    expect(await client.get(ref("a"))).toMatchObject({ data: { x: "theirs" } });
    await apply(configMap("a", { x: "ours" }), true);
    expect(await client.get(ref("a"))).toMatchObject({ data: { x: "ours" } });
  });

  test("refuses the uid of another object, whether there is one or none", async () => {
    await apply(configMap("a", { x: "1" }));
    const uid = "00000000-0000-0000-0000-000000000000";
    await expect(apply(configMap("a", { x: "2" }, { uid }), true)).rejects.toMatchObject({ code: "conflict" });
    await expect(apply(configMap("b", { x: "2" }, { uid }), true)).rejects.toMatchObject({ code: "conflict" });
    expect(await client.get(ref("b"))).toBeUndefined();
  });

  test("calls a field that the kind does not have, and a value that it may not have, invalid", async () => {
    const unknown = { ...configMap("a", {}), dta: {} };
    await expect(apply(unknown)).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining(".dta") });
    await expect(apply(configMap("A_B", {}))).rejects.toMatchObject({ code: "invalid" });
    const component = {
      apiVersion: "tenon.dev/v1alpha1",
      kind: "Component",
      metadata: { namespace, name: "a" },
      spec: { x: 1 },
    };
    await expect(client.apply(resources.components, component, { force: false })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  test("calls a missing namespace and a missing kind not-found", async () => {
    await expect(apply(configMap("a", {}, { namespace: "nowhere" }))).rejects.toMatchObject({ code: "not-found" });
    const resource = { ...resources.configMaps, apiVersion: "nobody.dev/v1" };
    await expect(client.get(ref("a", resource))).rejects.toMatchObject({ code: "not-found" });
    await expect(client.list({ resource })).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("applyStatus()", () => {
  const component = (name: string, uid?: string) => ({
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Component",
    metadata: { namespace, name, ...(uid === undefined ? {} : { uid }) },
  });
  const spec = { source: { configMap: { name: "a", key: "a.wasm" } } };
  const status = { observedGeneration: 1 };

  test("changes the status alone, and not the generation", async () => {
    const object = await client.apply(resources.components, { ...component("a"), spec } as KubeObject, {
      force: false,
    });
    const stored = await client.applyStatus(resources.components, {
      ...component("a", object.metadata.uid),
      status,
    } as KubeObject);
    expect(stored).toMatchObject({ metadata: { generation: 1 }, spec, status });
  });

  test("is all of the status, refuses fields that it has not, and is not written where it is equal", async () => {
    const object = await client.apply(resources.components, { ...component("a"), spec } as KubeObject, {
      force: false,
    });
    const write = (value: object) =>
      client.applyStatus(resources.components, { ...component("a", object.metadata.uid), status: value } as KubeObject);
    await write({ observedGeneration: 1, digest: `sha256:${"a".repeat(64)}` }).catch(() => undefined);
    const stored = await write(status);
    expect(stored).toHaveProperty("status", status);
    expect((await write(status)).metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
    await expect(write({ ...status, nonsense: 1 })).rejects.toMatchObject({
      code: "invalid",
      message: 'Cannot write the status of Component "a": strict decoding error: unknown field "status.nonsense"',
    });
  });

  test("never lands on an object that is gone, or on its successor", async () => {
    const object = await client.apply(resources.components, { ...component("a"), spec } as KubeObject, {
      force: false,
    });
    const { uid } = object.metadata;
    await client.delete(ref("a", resources.components), { uid: uid! });
    const write = () => client.applyStatus(resources.components, { ...component("a", uid), status } as KubeObject);
    await expect(write()).rejects.toMatchObject({ code: "not-found" });
    await client.apply(resources.components, { ...component("a"), spec } as KubeObject, { force: false });
    await expect(write()).rejects.toMatchObject({ code: "conflict" });
    expect(await client.get(ref("a", resources.components))).not.toHaveProperty("status");
  });
});

describe("the other verbs", () => {
  test("create() refuses a name that is taken, and gives a TokenReview its verdict", async () => {
    await client.create(resources.configMaps, configMap("a", {}), { namespace });
    await expect(client.create(resources.configMaps, configMap("a", {}), { namespace })).rejects.toMatchObject({
      code: "conflict",
    });
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "nonsense" } };
    expect(await client.create(resources.tokenReviews, review)).toMatchObject({ status: { user: {} } });
  });

  test("replace() is refused with an old version", async () => {
    const old = await apply(configMap("a", { x: "1" }));
    await client.replace(resources.configMaps, { ...old, data: { x: "2" } } as KubeObject);
    await expect(
      client.replace(resources.configMaps, { ...old, data: { x: "3" } } as KubeObject),
    ).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await client.get(ref("a"))).toMatchObject({ data: { x: "2" } });
  });

  test("mergePatch() changes what it names, and rejects with not-found where nothing is", async () => {
    await apply(configMap("a", { x: "1" }));
    const patch = { metadata: { labels: { app: "x" } } };
    expect(await client.mergePatch(ref("a"), patch)).toMatchObject({ ...patch, data: { x: "1" } });
    await expect(client.mergePatch(ref("none"), patch)).rejects.toMatchObject({ code: "not-found" });
  });

  test("delete() spares another object of the same name, and is content where it is gone", async () => {
    const object = await apply(configMap("a", {}));
    await client.delete(ref("a"), { uid: "00000000-0000-0000-0000-000000000000" });
    expect(await client.get(ref("a"))).toBeDefined();
    await client.delete(ref("a"), { uid: object.metadata.uid! });
    await client.delete(ref("a"), { uid: object.metadata.uid! });
    expect(await client.get(ref("a"))).toBeUndefined();
  });

  test("list() pages; metadata comes without the content", async () => {
    for (const name of ["a", "b", "c"]) await apply(configMap(name, { secret: "s3cret" }));
    const selection = { resource: resources.configMaps, namespace, metadataOnly: true };
    const first = await client.list(selection, { limit: 2 });
    const second = await client.list(selection, { limit: 2, next: first.next });
    expect([...first.items, ...second.items].map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c"]);
    expect(second.next).toBeUndefined();
    expect(first.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    expect(JSON.stringify([first, second])).not.toContain("s3cret");
  });

  test("a user without rights is denied", async () => {
    const { kubeconfig } = await server.addUser("nobody", {});
    const nobody = createKubeClient({ kubeconfig, clock: systemClock, log });
    await expect(nobody.get(ref("a"))).rejects.toMatchObject({ code: "denied", status: 403 });
    await nobody.close();
  });
});

describe("the wire", () => {
  test("faults are one error each, translated, and nothing is sent again", async () => {
    await apply(configMap("a", { x: "1" }));
    for (const [effect, expected] of [
      [
        { answer: 429, headers: { "retry-after": "1" } },
        { code: "throttled", retryAfterMs: 1_000 },
      ],
      [{ answer: 500 }, { code: "unavailable" }],
      [{ answer: 503 }, { code: "unavailable" }],
      [{ answer: 401 }, { code: "denied" }],
      [{ loseAnswer: true }, { code: "unavailable" }],
    ] as const) {
      const fault = proxy.add({ path: /configmaps\/a/ }, effect);
      await expect(apply(configMap("a", { x: "2" }))).rejects.toMatchObject(expected);
      expect(fault.hits()).toBe(1);
      fault.remove();
    }
  });

  test("a thousand calls need at most ten TLS connections, and say who we are", async () => {
    const before = proxy.handshakes();
    const since = await server.audit.mark();
    await Promise.all(Array.from({ length: 1_000 }, () => client.get(ref("a"))));
    expect(proxy.handshakes() - before).toBeLessThanOrEqual(10);
    const [first] = await server.audit.requests({ since });
    expect(first?.userAgent).toBe("tenon-operator/0.0.0-test");
  });
});
