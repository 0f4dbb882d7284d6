import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../../operator/clock.ts";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { createKubeClient } from "../../../../operator/kube/create-client.ts";
import { type KubeObject, type ObjectRef, resources } from "../../../../operator/kube/object.ts";
import type { Sent } from "../../../../operator/kube/transport.ts";
import { FakeClock } from "../../../support/clock.ts";
import { configMap, keepLog } from "./fake-client.ts";
import { answer, failure, startWire, until, type Wire } from "./wire.ts";

const ref: ObjectRef = { resource: resources.configMaps, namespace: "shop", name: "a" };
const selection = { resource: resources.configMaps, namespace: "shop" };
const open: { readonly wire: Wire; readonly client: KubeClient }[] = [];

afterEach(async () => {
  for (const { wire, client } of open.splice(0)) {
    await client.close();
    await wire.stop();
  }
});

/** A client of a server that answers so. */
async function start(
  handle: Parameters<typeof startWire>[0],
  more: { readonly user?: object; readonly clock?: FakeClock; readonly onRequest?: (sent: Sent) => void } = {},
): Promise<{ readonly wire: Wire; readonly client: KubeClient }> {
  const { user, clock = systemClock, ...options } = more;
  const wire = await startWire(handle);
  const kubeconfig = await wire.kubeconfig(user);
  const client = createKubeClient({ ...options, kubeconfig, clock, log: keepLog().log, version: "1.2.3" });
  open.push({ wire, client });
  return { wire, client };
}

describe("createKubeClient()", () => {
  test("get() gives the object, and undefined where the server says that this object is missing", async () => {
    const { client, wire } = await start((request, response) =>
      request.path.endsWith("/a")
        ? answer(response, 200, configMap("a", 1))
        : answer(response, 404, failure(404, "NotFound", 'configmaps "b" not found', { name: "b" })),
    );
    expect(await client.get(ref)).toEqual(configMap("a", 1));
    expect(await client.get({ ...ref, name: "b" })).toBeUndefined();
    expect(wire.received[0]).toMatchObject({
      method: "GET",
      path: "/api/v1/namespaces/shop/configmaps/a",
      headers: { "user-agent": "tenon-operator/1.2.3", accept: "application/json" },
    });
  });

  test("get() rejects where the server does not know the kind", async () => {
    const { client } = await start((_, response) => {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("404 page not found\n");
    });
    await expect(client.get(ref)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringMatching(/404 page not found$/),
    });
  });

  test("apply() gives the object, and sends who we are, force and strictness", async () => {
    const { client, wire } = await start((_, response) => answer(response, 201, configMap("a", 1)));
    for (const force of [false, true])
      expect(await client.apply(resources.configMaps, configMap("a", 1), { force })).toEqual(configMap("a", 1));
    expect(wire.received).toMatchObject([
      {
        method: "PATCH",
        path: "/api/v1/namespaces/shop/configmaps/a?fieldManager=tenon-operator&force=false&fieldValidation=Strict",
        headers: { "content-type": "application/apply-patch+yaml" },
        body: configMap("a", 1),
      },
      { path: expect.stringMatching(/force=true&fieldValidation=Strict$/) },
    ]);
  });

  test("applyStatus(), create(), replace() and mergePatch() each address what they should", async () => {
    const { client, wire } = await start((_, response) => answer(response, 200, configMap("a", 1)));
    const status = { ready: true };
    await client.applyStatus(resources.configMaps, { ...configMap("a", 1), status } as KubeObject);
    await client.create(resources.configMaps, configMap("a", 1), { namespace: "shop" });
    await client.replace(resources.configMaps, configMap("a", 1));
    await client.mergePatch(ref, { metadata: { labels: { a: null } } });
    expect(wire.received).toMatchObject([
      {
        method: "PATCH",
        path: expect.stringMatching(/\/configmaps\/a\/status\?fieldManager=tenon-operator&fieldValidation=Strict$/),
        headers: { "content-type": "application/json-patch+json" },
        body: [
          { op: "test", path: "/metadata/uid", value: "uid-a" },
          { op: "add", path: "/status", value: status },
        ],
      },
      {
        method: "POST",
        path: expect.stringMatching(/\/namespaces\/shop\/configmaps\?/),
        headers: { "content-type": "application/json" },
      },
      {
        method: "PUT",
        path: expect.stringMatching(/\/configmaps\/a\?/),
        headers: { "content-type": "application/json" },
      },
      {
        method: "PATCH",
        path: expect.stringMatching(/\/configmaps\/a\?/),
        headers: { "content-type": "application/merge-patch+json" },
        body: { metadata: { labels: { a: null } } },
      },
    ]);
  });

  test("delete() deletes this very object in the background, and is content where it is gone", async () => {
    const answers = [
      [200, { kind: "Status", status: "Success" }],
      [404, failure(404, "NotFound", "x", { name: "a" })],
      [409, failure(409, "Conflict", "the UID in the precondition (x) does not match the UID in record (y)")],
      [409, failure(409, "Conflict", "the object has been modified")],
    ] as const;
    const { client, wire } = await start((_, response) => {
      const [status, body] = answers[wire.received.length - 1]!;
      answer(response, status, body);
    });
    for (let index = 0; index < 3; index++) await client.delete(ref, { uid: "x" });
    expect(wire.received[0]!.body).toMatchObject({ propagationPolicy: "Background", preconditions: { uid: "x" } });
    await expect(client.delete(ref, { uid: "x" })).rejects.toMatchObject({ code: "conflict" });
  });

  test("list() gives pages, with the kind that the items lack, and asks for the next one", async () => {
    const { kind: _, apiVersion: __, ...bare } = configMap("a", 1);
    const { client, wire } = await start((request, response) =>
      answer(response, 200, {
        kind: "ConfigMapList",
        metadata: { resourceVersion: "9", continue: request.path.includes("continue") ? "" : "n/1+" },
        items: request.path.includes("continue") ? null : [bare],
      }),
    );
    const first = await client.list(selection, { limit: 1, resourceVersion: "0" });
    expect(first).toEqual({ items: [configMap("a", 1)], resourceVersion: "9", next: "n/1+" });
    expect(await client.list(selection, { limit: 1, next: first.next })).toMatchObject({ items: [], next: undefined });
    expect(wire.received.map(({ path }) => path.split("?")[1])).toEqual([
      "limit=1&resourceVersion=0",
      "limit=1&continue=n%2F1%2B",
    ]);
  });

  test("list() and watch() of metadata ask for no more, and keep no more", async () => {
    const secret = {
      ...configMap("a", 1),
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      data: { x: "secret" },
    };
    const { client, wire } = await start((request, response) =>
      request.path.includes("watch=true")
        ? void response.end(`${JSON.stringify({ type: "ADDED", object: secret })}\n`)
        : answer(response, 200, { metadata: { resourceVersion: "9" }, items: [secret] }),
    );
    const meta = { ...selection, metadataOnly: true };
    expect((await client.list(meta)).items).toEqual([configMap("a", 1)]);
    const events = [];
    for await (const event of client.watch(meta, { resourceVersion: "9", timeoutSeconds: 5 })) events.push(event);
    expect(events).toEqual([{ type: "ADDED", object: configMap("a", 1) }]);
    expect(wire.received.map(({ headers }) => headers.accept)).toEqual([
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    ]);
  });

  test("watch() gives events and bookmarks, leaves out types of the future, and ends when the server does", async () => {
    const bookmark = { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "12" } };
    const { client, wire } = await start((_, response) => {
      response.write(`${JSON.stringify({ type: "ADDED", object: configMap("a", 1) })}\n`);
      response.write(`${JSON.stringify({ type: "SPARKLED", object: {} })}\n{"type":"BOOKMARK",`);
      setTimeout(() => response.end(`"object":${JSON.stringify(bookmark)}}\n`), 5);
    });
    const events = [];
    let opened = 0;
    const options = { resourceVersion: "7", timeoutSeconds: 300, onOpen: () => opened++ };
    for await (const event of client.watch({ ...selection, labelSelector: "a=b" }, options)) events.push(event);
    expect(events).toEqual([
      { type: "ADDED", object: configMap("a", 1) },
      { type: "BOOKMARK", object: bookmark },
    ]);
    expect(opened).toBe(1);
    expect(wire.received[0]!.path).toBe(
      "/api/v1/namespaces/shop/configmaps?labelSelector=a%3Db&watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300",
    );
  });

  test.each([
    ["a status", (response: Parameters<typeof answer>[0]) => answer(response, 410, failure(410, "Expired", "too old"))],
    [
      "an event",
      (response: Parameters<typeof answer>[0]) =>
        response.end(`${JSON.stringify({ type: "ERROR", object: failure(410, "Expired", "too old") })}\n`),
    ],
  ])("watch() throws expired for a version that is too old, said by %s", async (_, respond) => {
    const { client } = await start((__, response) => void respond(response));
    const watch = client.watch(selection, { resourceVersion: "7", timeoutSeconds: 300 })[Symbol.asyncIterator]();
    await expect(watch.next()).rejects.toMatchObject({ code: "expired", message: "Cannot watch configmaps: too old" });
  });

  test("watch() drops its connection when the consumer stops", async () => {
    let closed = false;
    const { client } = await start((_, response) => {
      response.on("close", () => {
        closed = true;
      });
      response.write(`${JSON.stringify({ type: "ADDED", object: configMap("a", 1) })}\n`);
    });
    for await (const _ of client.watch(selection, { resourceVersion: "7", timeoutSeconds: 300 })) break;
    await until(() => closed);
  });

  test("rejects what is no object, no list and no event of the API", async () => {
    const lines = ["[1]", "{}", '{"kind":"X","metadata":null}', '{"metadata":{}}', '{"kind":"X"}', "null", "no JSON"];
    for (const line of lines) {
      const { client } = await start((_, response) => void response.end(line));
      await expect(client.get(ref)).rejects.toMatchObject({ code: "unavailable" });
      await expect(client.list(selection)).rejects.toMatchObject({ code: "unavailable" });
    }
    for (const line of [
      "no JSON",
      '{"type":"ADDED"}',
      '{"type":"BOOKMARK"}',
      '{"type":"MODIFIED","object":{"metadata":{}}}',
    ]) {
      const { client } = await start((_, response) => void response.end(`${line}\n`));
      const watch = client.watch(selection, { resourceVersion: "7", timeoutSeconds: 300 })[Symbol.asyncIterator]();
      await expect(watch.next()).rejects.toMatchObject({ code: "unavailable" });
    }
  });

  test("rejects with throttled and how long to wait, and with who owns the fields", async () => {
    const causes = [{ reason: "FieldManagerConflict", message: 'conflict with "helm" using v1', field: ".data.x" }];
    const { client } = await start((request, response) =>
      request.method === "GET"
        ? answer(response, 429, failure(429, "TooManyRequests", "slow down"), { "retry-after": "2" })
        : answer(response, 409, failure(409, "Conflict", "Apply failed with 1 conflict", { causes })),
    );
    await expect(client.get(ref)).rejects.toMatchObject({ code: "throttled", status: 429, retryAfterMs: 2_000 });
    await expect(client.apply(resources.configMaps, configMap("a", 1), { force: false })).rejects.toMatchObject({
      code: "conflict",
      managers: ["helm"],
    });
  });

  test("follows no redirect: credentials go nowhere else", async () => {
    const { client, wire } = await start((_, response) => {
      response.writeHead(302, { location: "/elsewhere" });
      response.end();
    });
    await expect(client.get(ref)).rejects.toMatchObject({ code: "unavailable", status: 302 });
    expect(wire.received).toHaveLength(1);
  });
});

describe("bounds", () => {
  test("an answer that never ends is given up at its limit, and its connection dropped", async () => {
    let sent = 0;
    let closed = false;
    const { client } = await start((_, response) => {
      const chunk = Buffer.alloc(2 ** 16, 32);
      const pump = (): void => {
        if (closed) return;
        sent += chunk.length;
        response.write(chunk, () => setImmediate(pump));
      };
      response.on("close", () => {
        closed = true;
      });
      pump();
    });
    await expect(client.get(ref)).rejects.toMatchObject({ code: "too-large" });
    await until(() => closed);
    // The limit, and what sockets hold.
    expect(sent).toBeLessThan(32 * 2 ** 20);
  });

  test("an answer just within the limit is taken", async () => {
    const object = { ...configMap("a", 1), data: { x: "" } };
    const room = 8 * 2 ** 20 - JSON.stringify(object).length;
    const { client } = await start((request, response) =>
      answer(response, 200, { ...object, data: { x: "x".repeat(room + (request.path.endsWith("b") ? 1 : 0)) } }),
    );
    expect(await client.get(ref)).toBeDefined();
    await expect(client.get({ ...ref, name: "b" })).rejects.toMatchObject({ code: "too-large" });
  });

  test("an event that never ends is given up at its limit", async () => {
    const { client } = await start((_, response) => {
      const pump = (): void =>
        void (response.destroyed || response.write(Buffer.alloc(2 ** 16, 32), () => setImmediate(pump)));
      pump();
    });
    const watch = client.watch(selection, { resourceVersion: "7", timeoutSeconds: 300 })[Symbol.asyncIterator]();
    await expect(watch.next()).rejects.toMatchObject({ code: "too-large" });
  });

  test.each(["nothing at all", "half an answer"])("a server that sends %s is given up after 30 s", async (what) => {
    const clock = new FakeClock();
    const { client, wire } = await start(
      (_, response) => {
        if (what === "half an answer") response.write("{");
      },
      { clock },
    );
    const got = client.get(ref).catch((error: unknown) => error);
    await until(() => wire.received.length === 1);
    await clock.advance(29_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await got).toMatchObject({
      code: "unavailable",
      message: 'Cannot get ConfigMap "a": no complete answer within 30 s',
    });
    expect(clock.pending).toBe(0);
  });

  test("a call that is answered leaves no timer behind, nor does a watch that ended", async () => {
    const clock = new FakeClock();
    const { client } = await start(
      (request, response) =>
        request.path.includes("watch=true") ? void response.end() : answer(response, 200, configMap("a", 1)),
      { clock },
    );
    await client.get(ref);
    for await (const _ of client.watch(selection, { resourceVersion: "7", timeoutSeconds: 5 }));
    expect(clock.pending).toBe(0);
  });

  test("a watch that stays open after its time is given up", async () => {
    const clock = new FakeClock();
    const { client } = await start((_, response) => response.flushHeaders(), { clock });
    let opened = false;
    const onOpen = (): void => {
      opened = true;
    };
    const options = { resourceVersion: "7", timeoutSeconds: 300, onOpen };
    const next = client
      .watch(selection, options)
      [Symbol.asyncIterator]()
      .next()
      .catch((error: unknown) => error);
    await until(() => opened);
    await clock.advance(329_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await next).toMatchObject({ code: "unavailable" });
  });

  test("a call is given up when its signal is aborted, before and while it is sent", async () => {
    const { client, wire } = await start(() => undefined);
    const controller = new AbortController();
    const got = client.get(ref, { signal: controller.signal }).catch((error: unknown) => error);
    await until(() => wire.received.length === 1);
    controller.abort();
    expect(await got).toMatchObject({ code: "unavailable", message: expect.stringMatching(/given up/) });
    await expect(client.get(ref, { signal: controller.signal })).rejects.toMatchObject({ code: "unavailable" });
    expect(wire.received).toHaveLength(1);
  });

  test("close() ends what is under way", async () => {
    const { client, wire } = await start(() => undefined);
    const got = client.get(ref).catch((error: unknown) => error);
    await until(() => wire.received.length === 1);
    await client.close();
    expect(await got).toMatchObject({ code: "unavailable" });
  });

  test("a connection that breaks is one error, without a retry", async () => {
    const { client, wire } = await start((_, response) => void response.socket?.destroy());
    await expect(client.get(ref)).rejects.toMatchObject({ code: "unavailable" });
    expect(wire.received).toHaveLength(1);
  });
});

describe("connections", () => {
  test("calls one after the other share one, at once at most ten, and watches have their own", async () => {
    const { client, wire } = await start((request, response) => {
      if (request.path.includes("watch=true")) response.flushHeaders();
      else setTimeout(() => answer(response, 200, configMap("a", 1)), 2);
    });
    for (let index = 0; index < 20; index++) await client.get(ref);
    // Two where a request comes in the very turn in which the one before ends.
    expect(wire.connections()).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, () => client.get(ref)));
    expect(wire.connections()).toBe(10);
    let opened = 0;
    for (let index = 0; index < 15; index++) {
      const options = { resourceVersion: "7", timeoutSeconds: 300, onOpen: () => void opened++ };
      void client
        .watch(selection, options)
        [Symbol.asyncIterator]()
        .next()
        .catch(() => undefined);
    }
    await until(() => opened === 15);
    await client.get(ref);
    expect(wire.connections()).toBe(25);
  });

  test("onRequest() hears of each request once, with its code or that there was none", async () => {
    const heard: Sent[] = [];
    const { client } = await start(
      (request, response) => {
        if (request.path.includes("watch=true")) response.end();
        else if (request.method === "GET") answer(response, 200, configMap("a", 1));
        else response.socket?.destroy();
      },
      { onRequest: (sent) => heard.push(sent) },
    );
    await client.get(ref);
    await client.applyStatus(resources.configMaps, configMap("a", 1)).catch(() => undefined);
    for await (const _ of client.watch(selection, { resourceVersion: "7", timeoutSeconds: 5 }));
    expect(heard.map(({ method, resource, code }) => `${method} ${resource} ${code}`)).toEqual([
      "GET configmaps 200",
      "PATCH configmaps/status <error>",
      "GET configmaps 200",
    ]);
  });
});
