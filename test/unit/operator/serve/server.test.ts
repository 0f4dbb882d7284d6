import { connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Router } from "express";
import type { ServerLimits } from "../../../../operator/serve/server.ts";
import { ask, jsonOf, makeTls, type Served, serve } from "./https.ts";

const running: Served[] = [];
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of running.splice(0)) await server.stop(0);
});

async function start(limits: ServerLimits = {}, router = Router()): Promise<Served> {
  const served = await serve([router], { limits });
  running.push(served);
  return served;
}

/** An open connection; `received` grows, `closed` settles when it ends. */
async function open({
  port,
  tls,
}: Served): Promise<{ socket: TLSSocket; received: () => string; closed: Promise<void> }> {
  const socket = connect({ port, host: "127.0.0.1", ca: tls.authority, servername: "localhost" });
  sockets.push(socket);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve) => {
    socket.once("secureConnect", resolve);
    socket.once("close", () => resolve());
  });
  return { socket, received: () => text, closed };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("startSecureServer()", () => {
  test("answers 404 as JSON to what nobody serves, and names no software", async () => {
    const answer = await ask(await start(), "/");
    expect([answer.status, jsonOf(answer)]).toEqual([404, { error: "Cannot find what the path names" }]);
    expect(Object.keys(answer.headers)).not.toContain("x-powered-by");
    expect(Object.keys(answer.headers)).not.toContain("server");
  });
  test("answers 500 without the reason where a route fails, and logs it", async () => {
    const router = Router().get("/", () => {
      throw new RangeError("secret");
    });
    const served = await start({}, router);
    const answer = await ask(served, "/");
    expect([answer.status, jsonOf(answer)]).toEqual([500, { error: "Cannot answer, see the operator's log" }]);
    expect(served.lines.at(-1)).toMatchObject({ level: "error", error: "RangeError: secret" });
  });
  test("answers 400 to a path that cannot be decoded", async () => {
    const served = await start(
      {},
      Router().get("/a/:b", (_, response) => void response.end()),
    );
    expect((await ask(served, "/a/%ff")).status).toBe(400);
  });
  test("takes over a new certificate, and keeps open connections", async () => {
    const served = await start();
    const { socket, received } = await open(served);
    const next = await makeTls();
    served.renew(next);
    await expect(ask(served, "/")).rejects.toMatchObject({ code: expect.stringMatching(/CERT|UNABLE|SIGNATURE/) });
    expect((await ask({ port: served.port, tls: next }, "/")).status).toBe(404);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => received().includes("404 Not Found"));
  });
  test("speaks nothing older than TLS 1.2", async () => {
    const { port } = await start();
    const socket = connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
    });
    sockets.push(socket);
    await expect(
      new Promise((resolve, reject) => {
        socket.once("secureConnect", resolve);
        socket.once("error", reject);
      }),
    ).rejects.toMatchObject({ code: expect.stringContaining("ERR_SSL") });
  });
  test("bounds the connections of one address, and counts those that closed no more", async () => {
    const served = await start({ connectionsPerAddress: 2 });
    const [one] = [await open(served), await open(served)];
    await (await open(served)).closed;
    one!.socket.destroy();
    await one!.closed;
    let third: TLSSocket | undefined;
    while (third === undefined || third.destroyed) third = (await open(served)).socket;
    expect(third.authorized).toBe(true);
  });
  test("bounds the connections of all", async () => {
    const served = await start({ connections: 1 });
    const first = await open(served);
    await (await open(served)).closed;
    expect(first.socket.destroyed).toBe(false);
  });
  test("ends a connection whose headers do not come, whose body does not come, and one that does not read", async () => {
    let cut = (): void => {};
    const given = new Promise<void>((resolve) => {
      cut = () => resolve();
    });
    const big = Buffer.alloc(64 * 1024 * 1024);
    const router = Router()
      .get("/big", (_, response) => {
        response.once("close", () => cut()).end(big);
      })
      .post("/", (request, response) => {
        request.resume().on("end", () => response.end());
      });
    const served = await start({ headersMs: 150, requestMs: 200, stillMs: 250 }, router);
    const slow = await open(served);
    slow.socket.write("GET / HTTP/1.1\r\n");
    await slow.closed;
    const half = await open(served);
    half.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx");
    await half.closed;
    const deaf = await open(served);
    deaf.socket.write("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => deaf.received().length > 0);
    deaf.socket.pause();
    await given;
    deaf.socket.resume();
    await deaf.closed;
    expect(deaf.received().length).toBeLessThan(big.length);
  });
  test("refuses headers that are too large", async () => {
    const served = await start();
    expect((await ask(served, "/", { headers: { "x-a": "a".repeat(20_000) } })).status).toBe(404);
    await expect(ask(served, "/", { headers: { "x-a": "a".repeat(40_000) } })).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|EPIPE/),
    });
  });
  test("stop() answers what is in flight, refuses what is new, and closes idle connections at once", async () => {
    let answer = (): void => {};
    const router = Router().get("/", (_, response) => {
      answer = () => void response.end("done");
    });
    const served = await start({}, router);
    const idle = await open(served);
    const busy = await open(served);
    const before = answer;
    busy.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => answer !== before);
    const stopped = served.stop(60_000);
    await idle.closed;
    await expect(ask(served, "/")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    answer();
    await stopped;
    await busy.closed;
    expect(busy.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*done$/s);
  });
  test("stop() cuts what is not answered in time", async () => {
    const router = Router().get("/", () => {});
    const served = await start({}, router);
    const busy = await open(served);
    busy.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await served.stop(100);
    await busy.closed;
  });
  test("listens on all addresses where no host is named", async () => {
    const served = await serve([], { listen: ":0" });
    running.push(served);
    expect(served.port).toBeGreaterThan(0);
  });
  test("rejects where it cannot listen", async () => {
    const { port } = await start();
    const { startSecureServer } = await import("../../../../operator/serve/server.ts");
    const tls = await makeTls();
    const certificate = { current: () => tls, onChange: () => {} };
    const log = { with: () => log, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    await expect(
      startSecureServer({ listen: `127.0.0.1:${port}`, certificate, log, routers: [] }),
    ).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
