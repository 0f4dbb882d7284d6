import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { defaultLimits } from "../../../../runner/config.ts";
import { HttpServer } from "../../../../runner/serve/http-server.ts";
import { emptyStats } from "../../../../runner/stats.ts";

let front: Server;
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  front.close();
});

async function start(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  options: { readonly maxConnections?: number; readonly readMs?: number },
) {
  const stats = emptyStats();
  const server = new HttpServer(listener, { limits: defaultLimits, stats, ...options });
  front = createServer({ allowHalfOpen: true }, (socket) => server.accept(socket));
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return { stats, port: (front.address() as AddressInfo).port };
}

/** A connection that asks once; `ended` gives what came until it was closed. */
function ask(port: number) {
  const client = connect(port, "127.0.0.1");
  clients.push(client);
  client.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  client.on("error", () => {});
  return client;
}

const text = (client: Socket, wanted: RegExp) =>
  new Promise<string>((resolve) => {
    let all = "";
    client.on("data", (part) => {
      all += part;
      if (wanted.test(all)) resolve(all);
    });
    client.on("close", () => resolve(all));
  });

describe("HttpServer", () => {
  test("closes connections above its limit, and counts them", async () => {
    const { stats, port } = await start((_, response) => response.end("whole"), { maxConnections: 1 });
    expect(await text(ask(port), /whole/)).toContain("whole");
    expect(await text(ask(port), /whole/)).toBe("");
    expect(stats.rejections).toEqual({ connections: 1 });
  });

  test("cuts a client that does not read its answer", async () => {
    const closed = Promise.withResolvers<boolean>();
    const { stats, port } = await start(
      (_, response) => {
        response.on("close", () => closed.resolve(response.writableFinished));
        response.end(Buffer.alloc(32 << 20));
      },
      { readMs: 100 },
    );
    ask(port).pause();
    expect(await closed.promise).toBe(false);
    expect(stats.rejections).toEqual({ slowReader: 1 });
  });

  test("waits for an answer that takes its time", async () => {
    const { stats, port } = await start((_, response) => setTimeout(() => response.end("whole"), 400), { readMs: 50 });
    expect(await text(ask(port), /whole/)).toContain("whole");
    expect(stats.rejections).toEqual({});
  });
});
