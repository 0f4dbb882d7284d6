import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeTestClient } from "../support/api-server/http.ts";
import { type FaultProxy, startProxy } from "../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../support/api-server/server.ts";
import type { TestUser } from "../support/api-server/users.ts";
import { waitFor } from "../support/api-server/wait.ts";

let server: ApiServer;
let proxy: FaultProxy;
let user: TestUser;
let namespace: string;

beforeAll(async () => {
  server = await startApiServer({ crds: false });
  namespace = await server.addNamespace();
  proxy = await startProxy(server);
  user = await server.addUser("proxied", {
    namespaced: { [namespace]: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["*"] }] },
  });
}, 120_000);

afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
const configMaps = () => `/api/v1/namespaces/${namespace}/configmaps`;

async function withClient<T>(use: (client: ReturnType<typeof makeTestClient>) => Promise<T>): Promise<T> {
  const client = makeTestClient(proxy.url, { ca: server.ca, user: user.credential });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

describe("startProxy()", () => {
  test("passes requests on as the user of the client's certificate, with that user's rights", async () => {
    const since = await server.audit.mark();
    await withClient(async (client) => {
      await client.create(configMaps(), configMap("passed"));
      expect((await client.request("GET", "/api/v1/namespaces/default/configmaps")).status).toBe(403);
    });
    const counted = await waitFor("both in the audit log", async () => {
      const requests = await server.audit.requests({ user: "proxied", since });
      return requests.length === 2 && requests;
    });
    expect(counted.map(({ verb, code }) => [verb, code])).toEqual([
      ["create", 201],
      ["list", 403],
    ]);
  });

  test("does not believe a client that names its own user", async () => {
    await withClient(async (client) => {
      const headers = { "x-remote-user": "root", "x-remote-group": "system:masters" };
      expect((await client.request("GET", "/api/v1/nodes", { headers })).status).toBe(403);
    });
  });

  test("answers as many requests as was said with a fault, and passes the next", async () => {
    const fault = proxy.add({ method: "GET", path: /configmaps/ }, { answer: 429, headers: { "retry-after": "1" } }, 2);
    await withClient(async (client) => {
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push(await client.request("GET", configMaps()));
      expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
      expect(answers[0]?.body.reason).toBe("TooManyRequests");
    });
    expect(fault.hits()).toBe(2);
  });

  test("loses the answer of a request that was carried out", async () => {
    proxy.add({ method: "POST" }, { loseAnswer: true }, 1);
    await withClient(async (client) => {
      await expect(client.create(configMaps(), configMap("lost"))).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
    });
    expect(await server.client.get(`${configMaps()}/lost`)).toBeDefined();
  });

  test("holds a request until the fault is removed", async () => {
    const fault = proxy.add({ method: "POST" }, { hold: true });
    await withClient(async (client) => {
      const created = client.create(configMaps(), configMap("held"));
      await waitFor("the request to be held", () => fault.hits() === 1);
      expect(await server.client.get(`${configMaps()}/held`)).toBeUndefined();
      fault.remove();
      expect((await created).metadata.name).toBe("held");
    });
  });

  test("cuts a watch that is under way, and lets the client come again", async () => {
    await withClient(async (client) => {
      const watch = client.request("GET", `${configMaps()}?watch=1`);
      watch.catch(() => {});
      await waitFor("the watch", () => proxy.requests().some(({ path }) => path.includes("watch=1")));
      await waitFor("it to be cut", () => proxy.cutWatches() > 0);
      await expect(watch).rejects.toBeDefined();
      expect((await client.request("GET", configMaps())).status).toBe(200);
    });
  });

  test("expires a watch in the stream", async () => {
    proxy.add({ watch: true }, { expire: true }, 1);
    await withClient(async (client) => {
      const { status, body } = await client.request("GET", `${configMaps()}?watch=true`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    });
  });

  test("counts TLS handshakes: one for each client", async () => {
    const before = proxy.handshakes();
    for (let i = 0; i < 3; i++) await withClient((client) => client.request("GET", configMaps()));
    expect(proxy.handshakes() - before).toBe(3);
  });
});
