import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { compositionOf, paths } from "../../support/api-server/objects.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";

let server: ApiServer;
let namespace: string;

beforeAll(async () => {
  server = await startApiServer();
}, 120_000);
afterAll(() => server?.stop());
beforeEach(async () => {
  namespace = await server.addNamespace();
});

const create = (more: object = {}) =>
  server.client.create(paths.compositions(namespace), { ...compositionOf("shop", { a: "x" }), ...more });

const shop = () => paths.composition(namespace, "shop");

describe("/status", () => {
  test("is the only way to a status: what a user writes there with the object is dropped", async () => {
    const created = await create({ status: { replicas: 7 } });
    expect(created.status).toBeUndefined();
    await server.client.patch(shop(), { status: { replicas: 7 } });
    expect((await server.client.get(shop())).status).toBeUndefined();
  });

  test("leaves the spec alone, and does not move the generation", async () => {
    const created = await create();
    const patched = await server.client.patch(`${shop()}/status`, {
      spec: { replicas: 9 },
      status: { observedGeneration: 1, replicas: 2 },
    });
    expect(patched.spec).toEqual(created.spec);
    expect(patched.metadata.generation).toBe(1);
    expect(patched.status).toEqual({ observedGeneration: 1, replicas: 2 });
  });

  test("moves the generation when the spec changes, and only then", async () => {
    await create();
    await server.client.patch(shop(), { metadata: { labels: { a: "b" } } });
    expect((await server.client.get(shop())).metadata.generation).toBe(1);
    expect((await server.client.patch(shop(), { spec: { suspend: true } })).metadata.generation).toBe(2);
  });

  test("keeps one condition of a type, whoever applies it", async () => {
    await create();
    const condition = (status: string) => ({
      type: "Ready",
      status,
      reason: "Succeeded",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    });
    const apply = (status: string) =>
      server.client.apply(`${shop()}/status`, {
        apiVersion: "tenon.dev/v1alpha1",
        kind: "Composition",
        metadata: { name: "shop" },
        status: { conditions: [condition(status)] },
      });
    await apply("False");
    expect((await apply("True")).status.conditions).toEqual([condition("True")]);
  });

  test("refuses a state that no instance can be in", async () => {
    await create();
    const body = { status: { instances: [{ name: "a", component: "x", state: "Fine" }] } };
    const answer = await server.client.request("PATCH", `${shop()}/status`, {
      body,
      contentType: "application/merge-patch+json",
    });
    expect([answer.status, answer.body.details.causes[0].field]).toEqual([422, "status.instances[0].state"]);
  });

  test("prunes what the schema does not know", async () => {
    await create();
    const patched = await server.client.patch(`${shop()}/status`, { status: { phase: "Running", replicas: 1 } });
    expect(patched.status).toEqual({ replicas: 1 });
  });
});

describe("/scale", () => {
  test("reads replicas and the selector of the pods, as an autoscaler does", async () => {
    await create(compositionOf("shop", { a: "x" }, { replicas: 3 }));
    await server.client.patch(`${shop()}/status`, {
      status: { replicas: 2, selector: "tenon.dev/composition=shop" },
    });
    expect(await server.client.get(`${shop()}/scale`)).toMatchObject({
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      spec: { replicas: 3 },
      status: { replicas: 2, selector: "tenon.dev/composition=shop" },
    });
  });

  // A limit of the API server, told in docs/composition.md: an autoscaler of the Composition needs a first number.
  test("cannot be read where the spec has no replicas, until somebody scales it", async () => {
    await create();
    const scale = () => server.client.request("GET", `${shop()}/scale`);
    expect((await scale()).body.message).toContain(".spec.replicas");
    await server.client.patch(`${shop()}/scale`, { spec: { replicas: 2 } });
    expect((await scale()).body.spec).toEqual({ replicas: 2 });
  });

  test("writes spec.replicas alone", async () => {
    const { spec } = await create();
    await server.client.patch(`${shop()}/scale`, { spec: { replicas: 5 } });
    expect((await server.client.get(shop())).spec).toEqual({ ...spec, replicas: 5 });
  });

  test("leaves replicas to their owner where the manifest has none", async () => {
    const { spec } = await create();
    expect(spec.replicas).toBeUndefined();
    await server.client.patch(`${shop()}/scale`, { spec: { replicas: 5 } });
    const { spec: applied } = await server.client.apply(shop(), compositionOf("shop", { a: "x" }));
    expect(applied.replicas).toBe(5);
  });

  test("does not exist for a Component", async () => {
    const { status } = await server.client.request("GET", `${paths.component(namespace, "x")}/scale`);
    expect(status).toBe(404);
  });
});
