import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { componentFrom, paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { echoComponent, guest, relayComponent, wat } from "../../support/composer/wat.ts";
import { findStatusProblems } from "../../support/conditions.ts";
import { computeKStatus } from "../../support/kstatus.ts";

let server: ApiServer;
let operator: Operator;
let shop: Shop;
let files: Server;
let filesUrl: string;
const served = new Map<string, Uint8Array>();
const asked: string[] = [];
const flags = ["--fetch-allowed-cidrs=127.0.0.1/32"];

beforeAll(async () => {
  files = createServer((request, response) => {
    asked.push(request.url ?? "");
    const bytes = served.get(request.url ?? "");
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
  filesUrl = `http://127.0.0.1:${(files.address() as { port: number }).port}`;
  server = await startApiServer();
  operator = await startOperator(server, { flags });
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
  files.close();
});

beforeEach(async () => {
  shop = await openShop(server);
});
/** Whatever a test did: what it ends with is told as the conventions say. */
afterEach(async () => {
  for (const component of await server.client.list(paths.components(shop.namespace))) {
    expect([component.metadata.name, findStatusProblems(component)]).toEqual([component.metadata.name, []]);
  }
});

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const sourceOf = (source: object): object => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Component",
  metadata: { name: "a" },
  spec: { source },
});
const apply = (object: object) => server.client.apply(paths.component(shop.namespace, "a"), object);

describe("a Component of a ConfigMap", () => {
  test("says what was found in its bytes", async () => {
    const bytes = await wat(relayComponent("u8"));
    await shop.putComponent("relay", bytes);
    const component = await shop.until("component", "relay", { Ready: "True/Succeeded" });
    const configMap = await server.client.get(paths.configMap(shop.namespace, "relay-wasm"));
    expect(component.status).toMatchObject({
      observedGeneration: 1,
      artifact: {
        digest: digestOf(bytes),
        size: bytes.byteLength,
        revision: configMap.metadata.resourceVersion,
        lastUpdateTime: expect.stringMatching(/^\d{4}-/),
      },
      imports: [{ name: "t:lists/echo", kind: "instance" }],
      exports: [{ name: "t:lists/relay", kind: "instance" }],
      wit: expect.stringContaining("relay: func(value: list<u8>) -> list<u8>"),
    });
    expect(computeKStatus(component).status).toBe("Current");
  });

  test("waits for a ConfigMap that is applied later", async () => {
    await apply(componentFrom("a", { name: "a-wasm", key: "component.wasm" }));
    const waiting = await shop.until("component", "a", { Ready: "False/SourceNotFound" });
    expect(conditionOf(waiting, "Ready").message).toContain("a-wasm");
    await shop.putBytes("a", await wat(echoComponent("u8")));
    await shop.until("component", "a", { Ready: "True" });
  });

  test("names the keys that there are when its own is missing, and recovers when it is added", async () => {
    await shop.putBytes("a", await wat(echoComponent("u8")));
    await apply(componentFrom("a", { name: "a-wasm", key: "other.wasm" }));
    const waiting = await shop.until("component", "a", { Ready: "False/SourceNotFound" });
    expect(conditionOf(waiting, "Ready").message).toContain("component.wasm");
    await server.client.patch(paths.configMap(shop.namespace, "a-wasm"), {
      binaryData: { "other.wasm": Buffer.from(await wat(echoComponent("u16"))).toString("base64") },
    });
    await shop.until("component", "a", { Ready: "True" });
  });

  test("follows new bytes, and tells when they came", async () => {
    await shop.putComponent("a", await wat(echoComponent("u8")));
    await shop.until("component", "a", { Ready: "True" });
    const bytes = await wat(echoComponent("u32"));
    await shop.putBytes("a", bytes);
    await waitFor("the new digest", async () => (await shop.component("a")).status.artifact.digest === digestOf(bytes));
    expect((await shop.component("a")).status.wit).toContain("list<u32>");
  });

  test("does not read it again when only its labels change", async () => {
    await shop.putComponent("a", await wat(echoComponent("u8")));
    await shop.until("component", "a", { Ready: "True" });
    const since = await server.audit.mark();
    await server.client.patch(paths.component(shop.namespace, "a"), { metadata: { labels: { team: "blue" } } });
    await shop.putComponent("b", await wat(echoComponent("u8")));
    await shop.until("component", "b", { Ready: "True" });
    const requests = await server.audit.requests({ user: operator.user, since });
    expect(requests.filter(({ name }) => name === "a" || name === "a-wasm")).toEqual([]);
  });

  test("is stalled by bytes that are no component, until they are right", async () => {
    await shop.putComponent("a", new TextEncoder().encode("\0asm, or so they say"));
    const stalled = await shop.until("component", "a", { Stalled: "True/InvalidComponent", Ready: "False" });
    expect(computeKStatus(stalled).status).toBe("Failed");
    await shop.putBytes("a", await wat(echoComponent("u8")));
    await shop.until("component", "a", { Ready: "True" });
  });

  test("keeps telling of the last good bytes when bad ones come", async () => {
    const good = await wat(echoComponent("u8"));
    await shop.putComponent("a", good);
    await shop.until("component", "a", { Ready: "True" });
    await shop.putBytes("a", new Uint8Array([0, 97, 115, 109]));
    const stalled = await shop.until("component", "a", { Stalled: "True/InvalidComponent" });
    expect(stalled.status.artifact.digest).toBe(digestOf(good));
  });

  test("looks at nothing while it is suspended", async () => {
    await shop.putBytes("a", await wat(echoComponent("u8")));
    const object = componentFrom("a", { name: "a-wasm", key: "component.wasm" });
    await apply({ ...object, spec: { ...object.spec, suspend: true } });
    await shop.until("component", "a", { Ready: "False/Suspended" });
    expect((await shop.component("a")).status.artifact).toBeUndefined();
    await apply(object);
    await shop.until("component", "a", { Ready: "True" });
  });
});

describe("a Component of another source", () => {
  test("a file is refused in a cluster, saying what to do", async () => {
    await apply(sourceOf({ file: { path: "./a.wasm" } }));
    const stalled = await shop.until("component", "a", { Stalled: "True/FileSourceRefused" });
    expect(conditionOf(stalled, "Ready").message).toContain("configMap");
  });

  test("http is read where its address is allowed and its digest is right", async () => {
    const bytes = guest("hello");
    served.set("/hello.wasm", bytes);
    await apply(sourceOf({ http: { url: `${filesUrl}/hello.wasm`, sha256: digestOf(bytes).slice(7) } }));
    const component = await shop.until("component", "a", { Ready: "True" });
    expect(component.status.artifact).toMatchObject({ digest: digestOf(bytes), size: bytes.byteLength });
  });

  test("http gives nobody the bytes of another namespace for their digest alone", async () => {
    const bytes = guest("hello");
    served.set("/secret.wasm", bytes);
    const sha256 = digestOf(bytes).slice("sha256:".length);
    await apply(sourceOf({ http: { url: `${filesUrl}/secret.wasm`, sha256 } }));
    await shop.until("component", "a", { Ready: "True" });
    const thief = await openShop(server);
    const nowhere = sourceOf({ http: { url: `${filesUrl}/nowhere.wasm`, sha256 } });
    await server.client.apply(paths.component(thief.namespace, "a"), nowhere);
    const refused = await thief.until("component", "a", { Ready: "False/SourceNotFound" });
    expect([refused.status.artifact, refused.status.wit, refused.status.exports]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("http is fetched once, not again after a restart, nor when the same source is deleted and made again", async () => {
    const bytes = guest("hello");
    served.set("/once.wasm", bytes);
    const source = sourceOf({ http: { url: `${filesUrl}/once.wasm`, sha256: digestOf(bytes).slice(7) } });
    await apply(source);
    await shop.until("component", "a", { Ready: "True" });
    await operator.stop("SIGKILL");
    operator = await startOperator(server, { flags });
    await server.client.delete(paths.component(shop.namespace, "a"));
    await apply(source);
    await shop.until("component", "a", { Ready: "True" });
    expect(asked.filter((path) => path === "/once.wasm")).toHaveLength(1);
  });

  test("http with another digest is stalled", async () => {
    served.set("/other.wasm", guest("hello"));
    await apply(sourceOf({ http: { url: `${filesUrl}/other.wasm`, sha256: "0".repeat(64) } }));
    await shop.until("component", "a", { Stalled: "True/DigestMismatch" });
  });

  test("http does not reach an address that is not allowed", async () => {
    await apply(sourceOf({ http: { url: "http://127.0.0.2:1/a.wasm", sha256: "0".repeat(64) } }));
    const component = await shop.until("component", "a", { Ready: "False" });
    expect(conditionOf(component, "Ready").message).toContain("127.0.0.2");
  });
});

describe("a Component that changes", () => {
  test("is another one when it is deleted and made again: nothing of the old one is told", async () => {
    await shop.putComponent("a", await wat(echoComponent("u8")));
    await shop.until("component", "a", { Ready: "True" });
    await server.client.delete(paths.component(shop.namespace, "a"));
    await apply(componentFrom("a", { name: "nowhere", key: "k" }));
    const again = await shop.until("component", "a", { Ready: "False/SourceNotFound" });
    expect(again.status.artifact).toBeUndefined();
  });

  test("is told by one event for each transition of Ready", async () => {
    await apply(componentFrom("a", { name: "a-wasm", key: "component.wasm" }));
    await shop.until("component", "a", { Ready: "False/SourceNotFound" });
    await shop.putBytes("a", await wat(echoComponent("u8")));
    await shop.until("component", "a", { Ready: "True" });
    const events = await waitFor("both events", async () => {
      const all = await server.client.list(`/apis/events.k8s.io/v1/namespaces/${shop.namespace}/events`);
      return all.length >= 2 && all;
    });
    expect(events.map(({ reason, regarding }) => [reason, regarding.kind, regarding.name]).sort()).toEqual([
      ["SourceNotFound", "Component", "a"],
      ["Succeeded", "Component", "a"],
    ]);
  });
});
