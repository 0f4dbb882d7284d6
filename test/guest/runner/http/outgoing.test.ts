import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type Served, serve } from "./serve.ts";

let upstream: Server;
let port = 0;
const sockets = new Set<Socket>();
beforeAll(async () => {
  upstream = createServer((request, response) => {
    if (request.url === "/silent") return;
    if (request.url === "/big") {
      response.writeHead(200, { "content-type": "application/x-big" });
      response.end(Buffer.alloc(5 << 20, "z"));
      return;
    }
    response.writeHead(418, { "content-type": "text/teapot" }).end(`you asked for ${request.url}`);
  });
  upstream.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  port = (upstream.address() as AddressInfo).port;
});
afterAll(async () => {
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

jest.setTimeout(60_000);

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});
async function start(allowedHosts: string[], allowedCIDRs: string[] = [], limits = {}): Promise<Served> {
  served = await serve("outgoing", { grants: { http: { allowedHosts, allowedCIDRs } }, limits });
  return served;
}
const ask = (url: string, target: string) => fetch(`${url}/?url=${encodeURIComponent(target)}`);

describe("a guest that asks another server", () => {
  test("gets status, headers and body, streamed", async () => {
    const { url, log } = await start([`http://127.0.0.1:${port}`], ["127.0.0.1"]);
    const small = await ask(url, `http://127.0.0.1:${port}/a?b`);
    expect([small.status, small.headers.get("content-type"), await small.text()]).toEqual([
      418,
      "text/teapot",
      "you asked for /a?b",
    ]);
    const big = await ask(url, `http://127.0.0.1:${port}/big`);
    expect((await big.arrayBuffer()).byteLength).toBe(5 << 20);
    expect(log).toEqual([]);
  });

  test("is refused what its grant does not name, and its log says why", async () => {
    const { url, log } = await start(["https://api.example.com"]);
    const response = await ask(url, `http://127.0.0.1:${port}/`);
    expect([response.status, await response.text()]).toEqual([502, expect.stringMatching(/HttpRequestDenied/)]);
    expect(log).toEqual([expect.stringMatching(/^warn: .*no pattern of allowedHosts matches/)]);
  });

  test("is refused a private address that only a pattern names, in whatever spelling", async () => {
    const { url } = await start(["http://*:*"]);
    for (const host of [
      "127.0.0.1",
      "localhost",
      "0x7f000001",
      "2130706433",
      "017700000001",
      "[::1]",
      "[::ffff:7f00:1]",
    ]) {
      const response = await ask(url, `http://${host}:${port}/`);
      expect([host, response.status, await response.text()]).toEqual([
        host,
        502,
        expect.stringMatching(/IpProhibited/),
      ]);
    }
    expect((await ask(url, `http://[fe80::1%25lo]:${port}/`)).status).toBe(502);
  });

  test("is ended by its deadline while it waits, and its connection with it", async () => {
    const { url, pool } = await start([`http://127.0.0.1:${port}`], ["127.0.0.1"], { requestTimeoutMs: 300 });
    for (const socket of sockets) socket.destroy();
    const response = await ask(url, `http://127.0.0.1:${port}/silent`);
    expect([response.status, pool.running]).toEqual([504, 0]);
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});
