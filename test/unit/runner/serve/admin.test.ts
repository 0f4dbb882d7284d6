import { get } from "node:http";
import { afterEach, describe, expect, test } from "@jest/globals";
import { defaultLimits } from "../../../../runner/config.ts";
import { AdminServer } from "../../../../runner/serve/admin.ts";
import { emptyStats } from "../../../../runner/stats.ts";
import type { Snapshot } from "../../../../runner/supervisor.ts";

const source = {
  ready: true,
  async snapshot(): Promise<Snapshot> {
    return {
      config: {
        composition: "shop",
        artifact: "/a",
        listen: "",
        admin: "",
        call: true,
        isolation: "Instance",
        processes: 1,
        limits: defaultLimits,
        grants: {},
        backends: {},
      },
      info: { artifact: "sha256:0", instances: [], edges: [], exports: [], notResettable: null },
      stats: emptyStats(),
      workers: [],
      restarts: 0,
      lastRestart: null,
    };
  },
};

let server: AdminServer;
afterEach(() => server.close());

async function start(options: { readonly token?: string; readonly ready?: boolean } = {}): Promise<string> {
  server = new AdminServer({ ...source, ready: options.ready ?? true }, options);
  const { port } = await server.listen("127.0.0.1:0");
  return `http://127.0.0.1:${port}`;
}

describe("AdminServer", () => {
  test("/healthz is 200 even while nothing serves, /readyz says whether something does", async () => {
    const base = await start({ ready: false });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(503);
    server.close();
    expect((await fetch(`${await start()}/readyz`)).status).toBe(200);
  });

  test("/status is refused to a name that is not this machine's, and the others are not", async () => {
    const { port } = new URL(await start());
    const ask = (path: string) =>
      new Promise((resolve, reject) => {
        const headers = { host: "evil.example" };
        get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on("error", reject);
      });
    expect(await Promise.all(["/status", "/metrics", "/healthz", "/readyz"].map(ask))).toEqual([403, 200, 200, 200]);
  });

  test("/metrics and /status are 503 while the composition is being started", async () => {
    server = new AdminServer({ ready: false, snapshot: async () => undefined });
    const { port } = await server.listen("127.0.0.1:0");
    for (const [path, status] of [
      ["healthz", 200],
      ["readyz", 503],
      ["metrics", 503],
      ["status", 503],
    ]) {
      expect([path, (await fetch(`http://127.0.0.1:${port}/${path}`)).status]).toEqual([path, status]);
    }
  });

  test("/metrics needs no token", async () => {
    const response = await fetch(`${await start({ token: "abc" })}/metrics`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("tenon_inflight_requests");
  });

  test("/status needs the token where there is one", async () => {
    const base = await start({ token: "abc" });
    const get = (authorization?: string) =>
      fetch(`${base}/status`, authorization === undefined ? {} : { headers: { authorization } });
    for (const wrong of [undefined, "Bearer ab", "Bearer abcd", "abc", "Basic abc"])
      expect((await get(wrong)).status).toBe(401);
    const right = await get("Bearer abc");
    expect([right.status, await right.json()]).toEqual([200, expect.objectContaining({ composition: "shop" })]);
  });

  test("/status needs none where none is configured", async () => {
    expect((await fetch(`${await start()}/status`)).status).toBe(200);
  });

  test("refuses other methods and pages", async () => {
    const base = await start();
    const posted = await fetch(`${base}/metrics`, { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await fetch(`${base}/secrets`)).status).toBe(404);
  });
});
