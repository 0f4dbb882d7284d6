import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Grants } from "../../../../../runner/config.ts";
import { makePolicy } from "../../../../../runner/host/http/allow.ts";
import { makeLookup } from "../../../../../runner/host/http/lookup.ts";
import { out } from "../io/guest.ts";
import { exchange, HttpGuest, makeHost, makeRequest, receive, send } from "./guest.ts";

const local: Grants = { http: { allowedHosts: ["http://*:*", "https://*:*"], allowedCIDRs: ["127.0.0.0/8", "::1"] } };
const servers: (Server | TcpServer)[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});
async function listen<T extends Server | TcpServer>(server: T): Promise<{ authority: string; server: T }> {
  servers.push(server);
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => (server as TcpServer).listen(0, "127.0.0.1", resolve));
  return { authority: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
const answering = async (listener: RequestListener) => (await listen(createServer(listener))).authority;
/** A server that says what the test says, whatever it is asked. */
const saying = async (text: string, end = true) =>
  (
    await listen(
      createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => {
          socket.write(text, "latin1");
          if (end) socket.end();
        });
      }),
    )
  ).authority;
function setUp(grants: Grants = local, headerBytes?: number) {
  const { host, log } = makeHost(grants, headerBytes);
  return { guest: new HttpGuest(host), host, log };
}
async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

describe("outgoing-request", () => {
  test("starts as GET without the rest, and gives back what was set", () => {
    const { guest } = setUp();
    const request = guest.call("[constructor]outgoing-request", guest.fields()) as number;
    guest.call("[method]outgoing-request.method", request, out);
    const read = (name: string) => {
      guest.call(`[method]outgoing-request.${name}`, request, out + 64);
      return guest.u8(out + 64);
    };
    expect([guest.u8(out), read("path-with-query"), read("scheme"), read("authority")]).toEqual([0, 0, 0, 0]);
    guest.call("[method]outgoing-request.set-scheme", request, 1, 2, ...guest.put("ftp"));
    read("scheme");
    expect([guest.u8(out + 68), guest.textAt(out + 72)]).toEqual([2, "ftp"]);
  });

  test.each([
    ["method", ["GET", "PURGE", "M-SEARCH"], ["", "GE T", "GET\r\n", "\u00e9", "x".repeat(33)]],
    ["path-with-query", ["/", "", "/a?b=c", "?b", "*"], ["a", "/a b", "/a\r\nb", "/#x", "/\u00e9", "\0"]],
    [
      "authority",
      ["a", "a:80", "a.b:65535", "127.0.0.1", "[::1]:80", "%61"],
      ["", "a:b", "a:65536", "u@a", "a/b", "a b", "a?b", "a#b", "a\\b", "[::1", "a\nb"],
    ],
  ])("set-%s takes what is valid and nothing else", (name, good, bad) => {
    const { guest } = setUp();
    const request = guest.call("[constructor]outgoing-request", guest.fields()) as number;
    const set = (text: string) =>
      guest.call(`[method]outgoing-request.set-${name}`, request, name === "method" ? 9 : 1, ...guest.put(text));
    for (const text of good) expect([text, set(text)]).toEqual([text, 0]);
    for (const text of bad) expect([text, set(text)]).toEqual([text, 1]);
  });

  test("timeouts of request-options are kept in nanoseconds", () => {
    const { guest } = setUp();
    const options = guest.call("[constructor]request-options") as number;
    for (const name of ["connect", "first-byte", "between-bytes"]) {
      guest.call(`[method]request-options.${name}-timeout`, options, out);
      expect(guest.u8(out)).toBe(0);
      guest.call(`[method]request-options.set-${name}-timeout`, options, 1, 5n);
      guest.call(`[method]request-options.${name}-timeout`, options, out);
      expect([guest.u8(out), guest.u64(out + 8)]).toEqual([1, 5n]);
      guest.call(`[method]request-options.set-${name}-timeout`, options, 0, 0n);
      guest.call(`[method]request-options.${name}-timeout`, options, out);
      expect(guest.u8(out)).toBe(0);
    }
  });
});

describe("handle()", () => {
  test("sends method, path, fields and host, and gives status, headers and body back", async () => {
    let seen: unknown;
    const authority = await answering((request, response) => {
      seen = [request.method, request.url, request.rawHeaders.slice(0, 6)];
      response.writeHead(201, ["set-cookie", "a=1", "Set-Cookie", "b=2"]).end("made");
    });
    const { guest, log } = setUp();
    const answer = await exchange(guest, {
      authority,
      method: "DELETE",
      path: "?q",
      fields: [
        ["x-a", "1"],
        ["x-a", "2"],
      ],
    });
    expect(seen).toEqual(["DELETE", "/?q", ["host", authority, "x-a", "1", "x-a", "2"]]);
    expect(answer).toMatchObject({ status: 201, text: "made", trailers: undefined });
    expect((answer as { headers: string[][] }).headers.filter(([name]) => name === "set-cookie")).toEqual([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    expect(log).toEqual([]);
  });

  test("a body that is whole goes with its length, one that is not goes in chunks, trailers too", async () => {
    const seen: unknown[] = [];
    const authority = await answering(async (request, response) => {
      const text = await textOf(request);
      seen.push([request.headers["content-length"], request.headers["transfer-encoding"], text, request.trailers]);
      response.end();
    });
    const { guest } = setUp();
    await exchange(guest, { authority, method: "POST", body: "hello" });
    await exchange(guest, { authority, method: "POST", body: "hello", trailers: [["x-sum", "5"]] });
    await exchange(guest, { authority, method: "POST" });
    const { request, body } = makeRequest(guest, { authority, method: "PUT", body: "" });
    const sent = send(guest, request) as { future: number };
    const stream = guest.method("outgoing-body.write", body!)!;
    await sleep(20);
    await guest.write(stream, "late");
    guest.finish(body!, stream);
    await receive(guest, sent.future);
    expect(seen).toEqual([
      ["5", undefined, "hello", {}],
      [undefined, "chunked", "hello", { "x-sum": "5" }],
      ["0", undefined, "", {}],
      [undefined, "chunked", "late", {}],
    ]);
  });

  test("a body that is not as long as its content-length fails, and the request with it", async () => {
    const authority = await answering((_request, response) => response.end());
    const { guest } = setUp();
    const { request, body } = makeRequest(guest, {
      authority,
      method: "POST",
      fields: [["content-length", "9"]],
      body: "",
    });
    const sent = send(guest, request) as { future: number };
    const stream = guest.method("outgoing-body.write", body!)!;
    guest.writeNow(stream, "short");
    expect(guest.finish(body!, stream)).toBe(17);
    expect(await receive(guest, sent.future)).toEqual({ error: 35 });
    const without = makeRequest(guest, { authority, method: "POST", fields: [["content-length", "9"]] });
    expect(send(guest, without.request)).toEqual({ error: 17 });
  });

  test("a response's trailers follow its body", async () => {
    const authority = await saying(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 2\r\n\r\n",
    );
    const { guest } = setUp();
    expect(await exchange(guest, { authority })).toMatchObject({ text: "hi", trailers: [["x-sum", "2"]] });
  });

  test("a response is taken once", async () => {
    const authority = await answering((_request, response) => response.end());
    const { guest } = setUp();
    const sent = send(guest, makeRequest(guest, { authority }).request) as { future: number };
    guest.call("[method]future-incoming-response.get", sent.future, out);
    expect(guest.u8(out)).toBe(0);
    await receive(guest, sent.future);
    guest.call("[method]future-incoming-response.get", sent.future, out);
    expect([guest.u8(out), guest.u8(out + 8)]).toEqual([1, 1]);
  });

  test("redirects are given to the guest, not followed", async () => {
    let calls = 0;
    const authority = await answering((_request, response) => {
      calls++;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(await exchange(setUp().guest, { authority })).toMatchObject({ status: 302 });
    expect(calls).toBe(1);
  });

  test("connections are kept, and shared by all linked instances of one instance", async () => {
    let connections = 0;
    const { authority, server } = await listen(createServer((_request, response) => response.end("x")));
    server.on("connection", () => connections++);
    const { guest, host } = setUp();
    for (const one of [guest, guest, new HttpGuest(host)]) await exchange(one, { authority });
    expect(connections).toBe(1);
    await exchange(setUp().guest, { authority });
    expect(connections).toBe(2);
  });
});

describe("what goes wrong outside", () => {
  test.each([
    ["no HTTP", "nonsense\r\n\r\n", 35],
    ["nothing at all", "", 7],
    ["half a head", "HTTP/1.1 200 OK\r\nx: ", 7],
    [
      "an upgrade that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      34,
    ],
    ["a head above the limit", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 26],
  ])("%s is an error with its code, and one line in the guest's log", async (_what, text, error) => {
    const authority = await saying(text);
    const { guest, log } = setUp();
    expect(await exchange(guest, { authority })).toEqual({ error });
    expect(log).toEqual([
      expect.stringMatching(new RegExp(`^test warn: outgoing request to http://${authority} failed: `)),
    ]);
  });

  test("a body that breaks off is an error of its stream", async () => {
    const authority = await saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    expect(await exchange(setUp().guest, { authority })).toMatchObject({ text: "abc", error: 7 });
  });

  test("a refused connection, and a name that is none", async () => {
    const { authority, server } = await listen(createServer());
    servers.splice(0);
    await new Promise((resolve) => server.close(resolve));
    const { guest } = setUp();
    expect(await exchange(guest, { authority })).toEqual({ error: 6 });
    const answer = (await exchange(guest, { authority: "no-such-name.invalid" })) as { error: number };
    expect([0, 1]).toContain(answer.error);
  });

  test("plain HTTP where TLS is spoken to is a TLS error", async () => {
    const authority = await saying("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect(await exchange(setUp().guest, { authority, scheme: "https" })).toEqual({ error: 12 });
  });

  test("first-byte and between-bytes timeouts are kept", async () => {
    const { guest } = setUp();
    const silent = await saying("", false);
    expect(await exchange(guest, { authority: silent, firstByte: 30 })).toEqual({ error: 33 });
    const slow = await saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false);
    expect(await exchange(guest, { authority: slow, betweenBytes: 30 })).toMatchObject({ text: "abc", error: 9 });
  });

  test("a guest that drops its future closes the connection", async () => {
    const { authority, server } = await listen(createTcpServer());
    const closed = new Promise((resolve) => {
      server.on("connection", (socket) =>
        socket
          .resume()
          .on("error", () => {})
          .on("close", resolve),
      );
    });
    const { guest } = setUp();
    const sent = send(guest, makeRequest(guest, { authority }).request) as { future: number };
    await sleep(20);
    guest.drop(sent.future);
    await closed;
  });

  test("a guest that drops a long response unread closes its connection", async () => {
    const { authority, server } = await listen(
      createServer((_request, response) => {
        response.writeHead(200, { "content-length": 1e9 });
        response.write("x");
      }),
    );
    const closed = new Promise((resolve) => server.on("connection", (socket) => socket.on("close", resolve)));
    const { guest } = setUp();
    const sent = send(guest, makeRequest(guest, { authority }).request) as { future: number };
    const { response } = (await receive(guest, sent.future)) as { response: number };
    guest.drop(response);
    await closed;
  });
});

describe("grants", () => {
  test("no grant and no matching pattern are HTTP-request-denied, said once in the log", async () => {
    for (const grants of [{}, { http: { allowedHosts: ["https://example.com"] } }]) {
      const { guest, log } = setUp(grants);
      for (let i = 0; i < 3; i++) expect(await exchange(guest, { authority: "127.0.0.1:1" })).toEqual({ error: 15 });
      expect(log).toEqual([
        expect.stringMatching(/^test warn: outgoing request to http:\/\/127\.0\.0\.1:1 failed: .*allowedHosts/),
      ]);
    }
  });

  test("the log of one instance is bounded, however many hosts it tries", () => {
    const { guest, log } = setUp({});
    for (let i = 0; i < 200; i++) send(guest, makeRequest(guest, { authority: `host-${i}.example` }).request);
    expect(log.length).toBe(32);
  });

  test("a literal private address is destination-IP-prohibited without a range", async () => {
    const { guest, log } = setUp({ http: { allowedHosts: ["http://*:*"] } });
    for (const authority of ["127.0.0.1:80", "0x7f.1:80", "[::ffff:127.0.0.1]:80", "2130706433:80"])
      expect(await exchange(guest, { authority })).toEqual({ error: 4 });
    expect(log[0]).toMatch(/allowedCIDRs/);
  });

  test("a name that resolves to a private address is refused on the resolved address, and served with a range", async () => {
    let calls = 0;
    const { server } = await listen(
      createServer((_request, response) => {
        calls++;
        response.end("inside");
      }),
    );
    const authority = `localhost:${(server.address() as AddressInfo).port}`;
    const { guest, log } = setUp({ http: { allowedHosts: ["http://localhost:*"] } });
    expect(await exchange(guest, { authority })).toEqual({ error: 4 });
    expect([calls, log]).toEqual([0, [expect.stringMatching(/not a public address/)]]);
    expect(await exchange(setUp().guest, { authority })).toMatchObject({ text: "inside" });
  });

  test("a connection that one instance may use is not lent to another that may not", async () => {
    const { server } = await listen(createServer((_request, response) => response.end("x")));
    const authority = `localhost:${(server.address() as AddressInfo).port}`;
    expect(await exchange(setUp().guest, { authority })).toMatchObject({ status: 200 });
    expect(await exchange(setUp({ http: { allowedHosts: ["http://localhost:*"] } }).guest, { authority })).toEqual({
      error: 4,
    });
  });

  test("CONNECT, other schemes and a missing authority are refused", async () => {
    const { guest } = setUp();
    expect(await exchange(guest, { authority: "a", method: "CONNECT" })).toEqual({ error: 18 });
    const plain = guest.call("[constructor]outgoing-request", guest.fields()) as number;
    expect(send(guest, plain)).toEqual({ error: 19 });
    const { request } = makeRequest(guest, { authority: "a" });
    guest.call("[method]outgoing-request.set-scheme", request, 1, 2, ...guest.put("ws"));
    expect(send(guest, request)).toEqual({ error: 19 });
  });

  test("256 requests may be under way; the next is connection-limit-reached until one ends", async () => {
    const { authority } = await listen(createTcpServer((socket) => void socket.on("error", () => {})));
    const { guest } = setUp();
    const open = () => send(guest, makeRequest(guest, { authority }).request);
    const futures = Array.from({ length: 256 }, () => (open() as { future: number }).future);
    expect(open()).toEqual({ error: 11 });
    for (const future of futures) guest.drop(future);
    expect(open()).toHaveProperty("future");
  });
});

describe("makeLookup()", () => {
  const policy = makePolicy({ allowedHosts: ["*"] });
  const resolving =
    (...addresses: string[]) =>
    (_name: string, _options: unknown, callback: (error: null, found: { address: string; family: number }[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
  const look = (all: boolean, ...addresses: string[]) =>
    new Promise<unknown>((resolve) => {
      const lookup = makeLookup(policy, resolving(...addresses) as never);
      lookup("name", { all }, (error, found) =>
        resolve(error === null ? found : (error as NodeJS.ErrnoException).code),
      );
    });

  test("passes public addresses on and leaves the others out", async () => {
    expect(await look(false, "10.0.0.1", "1.1.1.1")).toBe("1.1.1.1");
    expect(await look(true, "10.0.0.1", "1.1.1.1", "::1")).toEqual([{ address: "1.1.1.1", family: 4 }]);
  });

  test("fails where none is left", async () => {
    for (const addresses of [["127.0.0.1"], ["::ffff:10.0.0.1", "fe80::1"], []])
      expect(await look(true, ...addresses)).toBe("EACCES");
  });
});
