import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { type Served, serve } from "./serve.ts";

jest.setTimeout(60_000);

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});
async function start(...args: Parameters<typeof serve>): Promise<Served> {
  served = await serve(...args);
  return served;
}
/** Waits for something that is about to become true; the test's own time limit is the bound. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

describe("hello", () => {
  test.each(["Instance", "Request"] as const)("answers again and again under isolation %s", async (isolation) => {
    const { url, pool, failures } = await start("hello", { isolation });
    for (let i = 0; i < 50; i++) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(url).then((it) => it.text())));
      expect(answers).toEqual(["hello", "hello", "hello", "hello"]);
    }
    expect([pool.running, pool.size().instances <= 4, failures]).toEqual([0, true, []]);
  });

  test("HEAD has the length and no body", async () => {
    const { url } = await start("hello");
    const response = await fetch(url, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "5", ""]);
  });
});

describe("echo-http", () => {
  test("gives every byte back, with method and target", async () => {
    const { url } = await start("echo-http");
    const data = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256);
    const response = await fetch(`${url}/a?b`, { method: "PATCH", body: data });
    expect([response.headers.get("x-method"), response.headers.get("x-target")]).toEqual(["PATCH", "/a?b"]);
    expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true);
  });

  test("100 MB go through while a client that does not read holds up the sender, not the memory", async () => {
    const { url } = await start("echo-http", { limits: { bodyBytes: 200 << 20 } });
    const block = Buffer.alloc(1 << 16, "x");
    const total = (100 << 20) / block.length;
    let sent = 0;
    const request = httpRequest(url, { method: "POST" });
    const response = new Promise<IncomingMessage>((resolve) => request.once("response", resolve));
    const sending = (async () => {
      for (; sent < total; sent++) {
        if (!request.write(block)) await new Promise((resolve) => request.once("drain", resolve));
      }
      request.end();
    })();
    const answer = await response;
    let before = -1;
    while (before !== sent) {
      before = sent;
      await sleep(300);
    }
    // What is not here yet nobody can have buffered: the rest is in sockets and high-water marks.
    expect(sent * block.length).toBeLessThan(40 << 20);
    let received = 0;
    for await (const chunk of answer) received += chunk.length;
    await sending;
    expect(received).toBe(100 << 20);
  }, 60_000);

  test("a chunked body above the limit breaks the answer off; the next request is served", async () => {
    const { url, failures } = await start("echo-http", { limits: { bodyBytes: 100_000 } });
    const outcome = await new Promise<string | undefined>((resolve) => {
      const request = httpRequest(url, { method: "POST" }, (response) => {
        response.on("error", (error: NodeJS.ErrnoException) => resolve(error.code)).on("end", () => resolve("whole"));
        response.resume();
      });
      request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      const more = (): void => {
        if (!request.destroyed && request.write(Buffer.alloc(50_000))) setImmediate(more);
      };
      request.on("drain", more);
      more();
    });
    expect(["ECONNRESET", "EPIPE"]).toContain(outcome);
    await until(() => failures.length > 0);
    expect(failures).toMatchObject([{ error: { code: "body-unfinished" } }]);
    expect(await (await fetch(url, { method: "POST", body: "fine" })).text()).toBe("fine");
  });

  test("an announced body above the limit is 413 and counted", async () => {
    const { url, stats } = await start("echo-http", { limits: { bodyBytes: 10 } });
    expect((await fetch(url, { method: "POST", body: "more than ten" })).status).toBe(413);
    expect(stats.rejections).toEqual({ body: 1 });
  });

  test("a client that leaves in the middle frees the instance for the next", async () => {
    const { url, port, pool, failures } = await start("echo-http");
    const socket = connect(port, "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
    await new Promise((resolve) => socket.once("data", resolve));
    expect(pool.running).toBe(1);
    socket.destroy();
    await until(() => pool.running === 0);
    expect(await (await fetch(url, { method: "POST", body: "next" })).text()).toBe("next");
    expect([pool.size().instances, failures]).toEqual([1, []]);
  });
});

describe("slow clients", () => {
  test("one that never ends its headers is cut off with 408", async () => {
    const { port, server } = await start("hello");
    server.headersTimeout = 50;
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    await new Promise((resolve) => socket.once("close", resolve));
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("one that keeps a long answer unread does not hold up others", async () => {
    const { url, port, pool } = await start("bad");
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /big-body?mb=64 HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => pool.running === 1);
    expect(await (await fetch(`${url}/ok`)).text()).toBe("ok");
    socket.destroy();
    await until(() => pool.running === 0);
  });
});

describe("bad guests", () => {
  const status = async (url: string) => (await fetch(url)).status;

  test.each([
    ["/trap", "Trap"],
    ["/panic", "Trap"],
    ["/recurse", "Trap"],
    ["/err", "HttpError"],
    ["/noresp", "HttpError"],
    ["/unfinished", "HttpError"],
  ])("%s is a 500 with a request id, and the next request is served", async (path, name) => {
    const { url, failures } = await start("bad");
    const response = await fetch(url + path);
    expect(response.status).toBe(500);
    expect(failures).toMatchObject([{ id: response.headers.get("x-request-id"), error: { name } }]);
    expect(await status(`${url}/ok`)).toBe(200);
  });

  test("a trap in the middle of a body never looks like a whole answer", async () => {
    const { url, failures } = await start("bad");
    const answer = await fetch(`${url}/trap-mid-body`).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => "broken",
    );
    expect([{ status: 500, text: expect.any(String) }, "broken"]).toContainEqual(answer);
    expect(failures).toMatchObject([{ error: { name: "Trap" } }]);
  });

  test("/loop is 504 when its time is over, while others are served", async () => {
    const { url, stats } = await start("bad", { limits: { requestTimeoutMs: 400 } });
    const slow = fetch(`${url}/sleep?ms=100`);
    const loop = fetch(`${url}/loop-after-sleep?ms=20`);
    expect([(await loop).status, (await slow).status]).toEqual([504, 200]);
    expect(await status(`${url}/ok`)).toBe(200);
    expect(stats.rejections).toEqual({ requestTimeout: 1 });
  });

  test("memory is refused above the limit and given below it", async () => {
    const { url } = await start("bad", { limits: { memoryBytes: 32 << 20 } });
    expect(await (await fetch(`${url}/grow?mb=64`)).text()).toBe("refused");
    expect(await (await fetch(`${url}/grow?mb=8`)).text()).toBe("grown");
  });

  test("duplicate headers arrive both, names in lower case", async () => {
    const { url } = await start("bad");
    const response = await fetch(`${url}/headers`);
    expect([response.headers.getSetCookie(), response.headers.get("x-case")]).toEqual([["a=1", "b=2"], "Y"]);
  });

  test("headers of 64 KiB go out, and above 128 KiB the guest traps", async () => {
    const { port, url, failures } = await start("bad");
    const big = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port, host: "127.0.0.1", path: "/big-header?kb=64", maxHeaderSize: 1 << 20 }, resolve).end(),
    );
    big.resume();
    expect(String(big.headers["x-big"]).length).toBe(65_536);
    expect(await status(`${url}/big-header?kb=200`)).toBe(500);
    expect(failures).toMatchObject([{ error: { name: "Trap" } }]);
  });

  test("guests that sleep do not wait for each other, up to the concurrency", async () => {
    const { url, pool } = await start("bad", { limits: { concurrency: 8 } });
    const sleeping = Array.from({ length: 16 }, () => status(`${url}/sleep?ms=100`));
    await until(() => pool.running === 8 && pool.waiting === 8);
    expect(await Promise.all(sleeping)).toEqual(Array(16).fill(200));
    expect(pool.size().instances).toBe(8);
  });
});
