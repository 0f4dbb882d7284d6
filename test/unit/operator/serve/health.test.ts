import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { makeLog } from "../../../../operator/log.ts";
import {
  type Check,
  type HealthOptions,
  type HealthServer,
  makeStuckCheck,
  startHealthServer,
} from "../../../../operator/serve/health.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const started: HealthServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop(0);
});

async function start(options: Partial<HealthOptions> = {}) {
  const live = new Map<string, Check>();
  const ready = new Map<string, Check>();
  const lines: string[] = [];
  const server = await startHealthServer({
    listen: "127.0.0.1:0",
    live,
    ready,
    metrics: { render: async () => ({ type: "text/plain; version=0.0.4; charset=utf-8", text: "up 1\n" }) },
    log: makeLog((line) => lines.push(line), { level: "debug", now: () => 0 }),
    ...options,
  });
  started.push(server);
  return { ...server, live, ready, lines };
}

function ask({ port }: { readonly port: number }, path: string, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on("error", reject).end();
  });
}

/** The event loop turns often enough for what was sent inside this process to have arrived, however slow the machine is. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("startHealthServer()", () => {
  test("/healthz is 200 while nothing fails, and 503 with what does", async () => {
    const server = await start();
    expect(await ask(server, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
    server.live.set("reconcile", () => "runs for 1900 s: shop/cart");
    expect(await ask(server, "/healthz")).toMatchObject({
      status: 503,
      body: "reconcile: runs for 1900 s: shop/cart\n",
    });
  });

  test("/readyz is 503 until something is ready, and follows what changes", async () => {
    const server = await start();
    expect(await ask(server, "/readyz")).toMatchObject({ status: 503, body: "start: nothing is ready yet\n" });
    let synced = false;
    server.ready.set("components", () => (synced ? undefined : "not filled"));
    server.ready.set("compositions", () => undefined);
    expect(await ask(server, "/readyz")).toMatchObject({ status: 503, body: "components: not filled\n" });
    synced = true;
    expect((await ask(server, "/readyz")).status).toBe(200);
  });

  test("?verbose lists every check as JSON", async () => {
    const server = await start();
    server.ready.set("components", () => "not filled");
    server.ready.set("compositions", () => undefined);
    server.ready.set("webhook", () => {
      throw new Error("secret");
    });
    const { status, body } = await ask(server, "/readyz?verbose");
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({
      ok: false,
      checks: [
        { name: "components", ok: false, problem: "not filled" },
        { name: "compositions", ok: true },
        { name: "webhook", ok: false, problem: "cannot be looked at" },
      ],
    });
    expect(JSON.parse((await ask(server, "/healthz?verbose=1")).body)).toEqual({ ok: true, checks: [] });
  });

  test("/metrics has the text and the type that Prometheus reads", async () => {
    const server = await start();
    expect(await ask(server, "/metrics")).toMatchObject({
      status: 200,
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      body: "up 1\n",
    });
  });

  test("makes the metrics once for all who ask at the same time, and anew for who asks later", async () => {
    let made = 0;
    let release = (): void => {};
    const render = async () => {
      made += 1;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { type: "text/plain", text: `${made}` };
    };
    const server = await start({ metrics: { render } });
    const asked = [ask(server, "/metrics"), ask(server, "/metrics"), ask(server, "/metrics")];
    await turns();
    release();
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(["1", "1", "1"]);
    const later = ask(server, "/metrics");
    while (made < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    release();
    expect((await later).body).toBe("2");
  });

  test("answers 500 without the reason where the metrics cannot be made, and logs it", async () => {
    const server = await start({ metrics: { render: () => Promise.reject(new Error("broken")) } });
    const { status, body } = await ask(server, "/metrics");
    expect(status).toBe(500);
    expect(body).not.toContain("broken");
    expect(server.lines.join()).toContain("broken");
    expect((await ask(server, "/healthz")).status).toBe(200);
  });

  test("answers HEAD, and 405 to all that would change something", async () => {
    const server = await start();
    expect(await ask(server, "/healthz", "HEAD")).toMatchObject({ status: 200, body: "" });
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      expect(await ask(server, "/metrics", method)).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    }
  });

  test.each(["/", "/healthz/", "/Healthz", "/metrics/x", "/%zz", "//readyz", "/debug/pprof"])(
    "answers 404 to %s, and names no software",
    async (path) => {
      const { status, headers } = await ask(await start(), path);
      expect(status).toBe(404);
      expect(headers).not.toHaveProperty("x-powered-by");
    },
  );

  test("refuses headers that are too large", async () => {
    const server = await start();
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    await once(socket, "close");
    expect(text).not.toContain("200 OK");
    expect((await ask(server, "/healthz")).status).toBe(200);
  });

  test.each([
    [1, 1],
    [5, 0],
  ])("bounds the connections of one address: with a bound of %d, %d of two are closed", async (most, closed) => {
    const server = await start({ connectionsPerAddress: most });
    const sockets = [connect(server.port, "127.0.0.1"), connect(server.port, "127.0.0.1")];
    let ended = 0;
    for (const socket of sockets) socket.on("error", () => {}).on("close", () => (ended += 1));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    if (closed > 0) await Promise.race(sockets.map((socket) => once(socket, "close")));
    else await ask(server, "/healthz");
    expect(ended).toBe(closed);
    for (const socket of sockets) socket.destroy();
  });

  test("stop() answers what is in flight, and accepts nothing new", async () => {
    let release = (): void => {};
    const render = () =>
      new Promise<{ type: string; text: string }>((resolve) => {
        release = () => resolve({ type: "text/plain", text: "late" });
      });
    const server = await start({ metrics: { render } });
    const asked = ask(server, "/metrics");
    await turns();
    const stopped = server.stop(10_000);
    await expect(ask(server, "/healthz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    release();
    expect((await asked).body).toBe("late");
    await stopped;
  });

  test("rejects where it cannot listen", async () => {
    const { port } = await start();
    await expect(start({ listen: `127.0.0.1:${port}` })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("listens on every address where no host is given", async () => {
    const server = await start({ listen: ":0" });
    expect((await ask(server, "/healthz")).status).toBe(200);
  });
});

describe("makeStuckCheck()", () => {
  test("fails once a key runs for longer than it may, naming it", () => {
    let ms: number | undefined = 1_000;
    const check = makeStuckCheck(
      { longestRunning: () => (ms === undefined ? undefined : { key: "shop/cart", ms }) },
      1_800_000,
    );
    expect(check()).toBeUndefined();
    ms = 1_800_001;
    expect(check()).toBe("runs for 1800 s: shop/cart");
    ms = undefined;
    expect(check()).toBeUndefined();
  });
});
