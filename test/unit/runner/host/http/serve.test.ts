import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { out } from "../io/guest.ts";
import { type GuestProgram, type HttpGuest, raw, serveProgram, type TestServer } from "./guest.ts";

const close = "Connection: close\r\n";
let running: TestServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});
async function serve(program: GuestProgram, limits = {}): Promise<TestServer> {
  running = await serveProgram(program, limits);
  return running;
}
const bodyOf = (guest: HttpGuest, request: number) => {
  const body = guest.method("incoming-request.consume", request)!;
  return { body, stream: guest.method("incoming-body.stream", body)! };
};

describe("incoming-request", () => {
  test("gives method, path, scheme, authority and the headers but those of the connection", async () => {
    let seen: unknown;
    const { port } = await serve(async (guest, request, outparam) => {
      guest.call("[method]incoming-request.method", request, out);
      const method = guest.u8(out);
      guest.call("[method]incoming-request.path-with-query", request, out);
      const path = guest.textAt(out + 4);
      guest.call("[method]incoming-request.scheme", request, out);
      const scheme = [guest.u8(out), guest.u8(out + 4)];
      guest.call("[method]incoming-request.authority", request, out);
      const authority = guest.textAt(out + 4);
      const headers = guest.entries(guest.call("[method]incoming-request.headers", request) as number);
      seen = { method, path, scheme, authority, headers };
      guest.answer(outparam, "");
    });
    await raw(port, `PUT /a?b=%20 HTTP/1.1\r\nHost: shop.example\r\nX-Two: 1\r\nx-two: \xe9\xff\r\n${close}\r\n`);
    expect(seen).toEqual({
      method: 3,
      path: "/a?b=%20",
      scheme: [1, 0],
      authority: "shop.example",
      headers: [
        ["x-two", "1"],
        ["x-two", "\xe9\xff"],
      ],
    });
  });

  test("gives a method that has no case of its own by its name", async () => {
    let method: unknown;
    const { port } = await serve(async (guest, request, outparam) => {
      guest.call("[method]incoming-request.method", request, out);
      method = [guest.u8(out), guest.textAt(out + 4)];
      guest.answer(outparam, "");
    });
    await raw(port, `PROPFIND / HTTP/1.1\r\nHost: x\r\n${close}\r\n`);
    expect(method).toEqual([9, "PROPFIND"]);
  });

  test("its headers are immutable, its body is taken once and its stream once", async () => {
    const seen: unknown[] = [];
    const { url } = await serve(async (guest, request, outparam) => {
      const headers = guest.call("[method]incoming-request.headers", request) as number;
      guest.call("[method]fields.append", headers, ...guest.put("a"), ...guest.put("b"), out);
      seen.push([guest.u8(out), guest.u8(out + 1)]);
      const { body } = bodyOf(guest, request);
      seen.push(guest.method("incoming-request.consume", request), guest.method("incoming-body.stream", body));
      guest.answer(outparam, "");
    });
    await fetch(url);
    expect(seen).toEqual([[1, 2], undefined, undefined]);
  });

  test("its body is read to the end, with trailers after it", async () => {
    let seen: unknown;
    const { port } = await serve(async (guest, request, outparam) => {
      const { body, stream } = bodyOf(guest, request);
      const read = await guest.readAll(stream);
      guest.drop(stream);
      seen = [read, await guest.trailers(body)];
      guest.answer(outparam, "");
    });
    await raw(
      port,
      `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${close}\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n`,
    );
    expect(seen).toEqual([{ text: "abcde" }, [["x-sum", "5"]]]);
  });

  test("trailers come also where the guest did not read the body, and there are none without a body", async () => {
    const seen: unknown[] = [];
    const { port, url } = await serve(async (guest, request, outparam) => {
      const body = guest.method("incoming-request.consume", request)!;
      seen.push(await guest.trailers(body));
      guest.answer(outparam, "");
    });
    await raw(
      port,
      `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${close}\r\n3\r\nabc\r\n0\r\nX-Sum: 5\r\n\r\n`,
    );
    await fetch(url);
    expect(seen).toEqual([[["x-sum", "5"]], undefined]);
  });

  test("finish() of a body whose stream is still there is a trap", async () => {
    const { url, failures } = await serve((guest, request) => {
      const { body } = bodyOf(guest, request);
      guest.call("[static]incoming-body.finish", body);
    });
    expect((await fetch(url)).status).toBe(500);
    expect(failures).toMatchObject([{ name: "Trap", message: expect.stringMatching(/input-stream/) }]);
  });

  test("a client that leaves in the middle of its body is an error of the stream", async () => {
    const seen: unknown[] = [];
    const { port, done } = await serve(async (guest, request) => {
      const { stream } = bodyOf(guest, request);
      seen.push(await guest.readAll(stream), await guest.readAll(stream));
    });
    const socket = connect(port, "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    await sleep(50);
    socket.destroy();
    await sleep(50);
    await done();
    expect(seen).toEqual([{ text: "abc", error: 7 }, { text: "" }]);
  });
});

describe("limits of requests", () => {
  test("a content-length above the limit is 413 before any guest runs; one at the limit is served", async () => {
    let calls = 0;
    const { url, failures } = await serve(
      async (guest, request, outparam) => {
        calls++;
        guest.answer(outparam, (await guest.readAll(bodyOf(guest, request).stream)).text);
      },
      { bodyBytes: 5 },
    );
    expect(await (await fetch(url, { method: "POST", body: "12345" })).text()).toBe("12345");
    expect((await fetch(url, { method: "POST", body: "123456" })).status).toBe(413);
    expect([calls, failures]).toEqual([1, [expect.objectContaining({ limit: "body" })]]);
  });

  test("a chunked body above the limit is an error of the stream that names the limit", async () => {
    let seen: unknown;
    const { port } = await serve(
      async (guest, request, outparam) => {
        seen = (await guest.readAll(bodyOf(guest, request).stream)).error;
        guest.answer(outparam, "refused", { status: 413 });
      },
      { bodyBytes: 5 },
    );
    const answer = await raw(
      port,
      `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${close}\r\n6\r\nabcdef\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(seen).toBe(17);
  });

  test("a body above the limit that the guest passes over is an error in place of its trailers", async () => {
    let seen: unknown;
    const { port } = await serve(
      async (guest, request, outparam) => {
        seen = await guest.trailers(guest.method("incoming-request.consume", request)!);
        guest.answer(outparam, "refused", { status: 413 });
      },
      { bodyBytes: 5 },
    );
    const answer = await raw(
      port,
      `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${close}\r\n6\r\nabcdef\r\n0\r\n\r\n`,
    );
    expect([answer.slice(0, 12), seen]).toEqual(["HTTP/1.1 413", { error: 17 }]);
  });

  test("headers above the limit are 431, and counted", async () => {
    const { port, failures } = await serve((guest, _request, outparam) => guest.answer(outparam, "fine"), {
      headerBytes: 1000,
    });
    const get = (size: number) => raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(size)}\r\n${close}\r\n`);
    expect(await get(500)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get(2000)).toMatch(/^HTTP\/1\.1 431 /);
    expect(failures).toMatchObject([{ limit: "headers" }]);
  });

  test("what is no HTTP is 400", async () => {
    const { port } = await serve(() => {});
    expect(await raw(port, "hello?\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("100-continue", () => {
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;

  test("is sent when the guest first reads the body", async () => {
    const { port } = await serve(async (guest, request, outparam) => {
      guest.answer(outparam, (await guest.readAll(bodyOf(guest, request).stream)).text);
    });
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    socket.write(head);
    const [first] = await once(socket, "data");
    expect(first).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("abc");
    const [second] = await once(socket, "data");
    expect(second).toMatch(/^HTTP\/1\.1 200 [\s\S]*abc$/);
    socket.destroy();
  });

  test("is not sent for a guest that does not read, and the connection is not used again", async () => {
    const { port } = await serve((guest, _request, outparam) => guest.answer(outparam, "no thanks"));
    expect(await raw(port, head)).toMatch(/^HTTP\/1\.1 200 [\s\S]*Connection: close[\s\S]*no thanks$/);
  });
});

function once(emitter: NodeJS.EventEmitter, event: string): Promise<string[]> {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

describe("outgoing-response", () => {
  test("a whole body has its length, and header values keep their bytes and their order", async () => {
    const { port } = await serve((guest, _request, outparam) => {
      const fields = guest.fields([
        ["Set-Cookie", "a=1"],
        ["x-bytes", new Uint8Array([0xe9, 0xff, 0x09, 0x20])],
        ["set-cookie", "b=2"],
      ]);
      guest.answer(outparam, "hello", { fields, status: 201 });
    });
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: x\r\n${close}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 201 Created\r\nset-cookie: a=1\r\nx-bytes: \xe9\xff\t \r\nset-cookie: b=2\r\n/);
    expect(answer).toMatch(/\r\ncontent-length: 5\r\n[\s\S]*\r\n\r\nhello$/);
  });

  test("a large whole body arrives byte for byte", async () => {
    const data = Uint8Array.from({ length: 30_000 }, (_, i) => i % 251);
    const { url } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam);
      const stream = guest.method("outgoing-body.write", body)!;
      for (let at = 0; at < data.length; at += 1000) {
        guest.call("[method]output-stream.check-write", stream, out);
        guest.call("[method]output-stream.write", stream, ...guest.put(data.subarray(at, at + 1000)), out);
      }
      guest.finish(body, stream);
    });
    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(data);
  });

  test("what the guest writes arrives before it has finished", async () => {
    let proceed = () => {};
    const { url } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam);
      const stream = guest.method("outgoing-body.write", body)!;
      await guest.write(stream, "first");
      await new Promise<void>((resolve) => {
        proceed = resolve;
      });
      await guest.write(stream, "second");
      guest.finish(body, stream);
    });
    const reader = (await fetch(url)).body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("first");
    proceed();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("second");
    expect((await reader.read()).done).toBe(true);
  });

  test("a client that does not read makes the guest wait, and gets everything once it reads", async () => {
    let written = 0;
    const { url } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam);
      const stream = guest.method("outgoing-body.write", body)!;
      const block = guest.put(new Uint8Array(4096).fill(120));
      for (; written < 5000; written++)
        await guest.call("[method]output-stream.blocking-write-and-flush", stream, ...block, out);
      guest.finish(body, stream);
    });
    const response = await new Promise<IncomingMessage>((resolve) => httpRequest(url, resolve).end());
    let before = -1;
    while (written !== before) {
      before = written;
      await sleep(100);
    }
    expect(written).toBeLessThan(5000);
    let size = 0;
    for await (const chunk of response) size += chunk.length;
    expect(size).toBe(5000 * 4096);
  });

  test.each([
    ["HEAD", 200, [["content-length", "5"]], "", "5"],
    ["HEAD", 200, [], "hello", "5"],
    ["HEAD", 200, [], "", null],
    ["GET", 204, [], "", null],
    ["GET", 304, [["content-length", "5"]], "", "5"],
    ["GET", 200, [], "", "0"],
    ["GET", 200, [["content-length", "5"]], "hello", "5"],
  ] as const)("%s %d with %j and %j has the content-length %j", async (method, status, entries, text, length) => {
    const { url, failures } = await serve(async (guest, _request, outparam) => {
      if (text === "") guest.respond(outparam, { status, fields: guest.fields(entries), body: false });
      else guest.answer(outparam, text, { status, fields: guest.fields(entries) });
    });
    const response = await fetch(url, { method });
    expect([response.status, response.headers.get("content-length")]).toEqual([status, length]);
    expect([await response.text(), failures]).toEqual([method === "HEAD" ? "" : text, []]);
  });

  test("trailers follow the body", async () => {
    const { port } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam);
      const stream = guest.method("outgoing-body.write", body)!;
      await guest.write(stream, "hello");
      guest.finish(body, stream, guest.fields([["x-sum", "5"]]));
    });
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: x\r\n${close}\r\n`);
    expect(answer).toMatch(/5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n$/);
  });

  test("a body shorter than its content-length fails to finish, and does not look whole", async () => {
    let error: unknown;
    const { url } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam, { fields: guest.fields([["content-length", "9"]]) });
      const stream = guest.method("outgoing-body.write", body)!;
      guest.writeNow(stream, "short");
      error = guest.finish(body, stream);
    });
    expect((await fetch(url)).status).toBe(500);
    expect(error).toBe(28);
  });

  test("a body longer than its content-length fails to write", async () => {
    const seen: unknown[] = [];
    const { url } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam, { fields: guest.fields([["content-length", "3"]]) });
      const stream = guest.method("outgoing-body.write", body)!;
      seen.push(await guest.write(stream, "long"), guest.u8(out + 4) === 0 && guest.errorOf(guest.u32(out + 8)));
    });
    expect((await fetch(url)).status).toBe(500);
    expect(seen).toEqual([false, 28]);
  });

  test("a content-length that makes no sense gives no body", async () => {
    const seen: unknown[] = [];
    const { url } = await serve(async (guest, _request, outparam) => {
      for (const entries of [
        [["content-length", "x"]],
        [
          ["content-length", "1"],
          ["content-length", "1"],
        ],
      ] as const) {
        const response = guest.call("[constructor]outgoing-response", guest.fields(entries as never)) as number;
        seen.push(guest.method("outgoing-response.body", response));
      }
      guest.answer(outparam, "");
    });
    await fetch(url);
    expect(seen).toEqual([undefined, undefined]);
  });

  test("a body is taken once, its stream once; finish() before the stream's drop is a trap", async () => {
    const seen: unknown[] = [];
    const { url, failures } = await serve((guest, _request, outparam) => {
      const response = guest.call("[constructor]outgoing-response", guest.fields()) as number;
      const body = guest.method("outgoing-response.body", response)!;
      seen.push(guest.method("outgoing-response.body", response));
      guest.method("outgoing-body.write", body);
      seen.push(guest.method("outgoing-body.write", body));
      guest.call("[static]response-outparam.set", outparam, 0, response, 0, 0n, 0, 0, 0, 0);
      guest.finish(body);
    });
    expect((await fetch(url)).status).toBe(500);
    expect(seen).toEqual([undefined, undefined]);
    expect(failures).toMatchObject([{ name: "Trap", message: expect.stringMatching(/output-stream/) }]);
  });

  test("status codes are 100 to 999, and a 1xx is no final answer", async () => {
    const seen: unknown[] = [];
    const { url, failures } = await serve((guest, _request, outparam) => {
      const response = guest.call("[constructor]outgoing-response", guest.fields()) as number;
      for (const status of [99, 1000, 100, 999])
        seen.push(guest.call("[method]outgoing-response.set-status-code", response, status));
      guest.respond(outparam, { status: 101 });
    });
    expect((await fetch(url)).status).toBe(500);
    expect(seen).toEqual([1, 1, 0, 0]);
    expect(failures).toMatchObject([{ code: "bad-response" }]);
  });

  test("a client that leaves is an error of the stream, told with its code, and no failure of the guest", async () => {
    let seen: unknown;
    const { port, failures, done } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam);
      const stream = guest.method("outgoing-body.write", body)!;
      const block = guest.put(new Uint8Array(4096));
      do await guest.call("[method]output-stream.blocking-write-and-flush", stream, ...block, out);
      while (guest.u8(out) === 0);
      seen = [guest.u8(out + 4), guest.errorOf(guest.u32(out + 8))];
      guest.drop(stream);
      guest.drop(body);
    });
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
    socket.destroy();
    await sleep(20);
    await done();
    expect([seen, failures]).toEqual([[0, 7], []]);
  });
});

describe("a guest that does not answer well", () => {
  test("no response is 500 with a request id, the client's own where it is a plain word", async () => {
    const { url, failures } = await serve(() => {});
    const first = await fetch(url);
    expect([first.status, first.headers.get("x-request-id")]).toEqual([500, expect.stringMatching(/^[\w-]{36}$/)]);
    const second = await fetch(url, { headers: { "x-request-id": "abc-1" } });
    expect(second.headers.get("x-request-id")).toBe("abc-1");
    const third = await fetch(url, { headers: { "x-request-id": "<script>" } });
    expect(third.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
    expect(failures[0]).toMatchObject({ code: "no-response" });
  });

  test.each([
    [6, 502],
    [8, 504],
    [15, 500],
    [17, 413],
    [38, 500],
  ])("error-code %d is answered with %d", async (code, status) => {
    const { url } = await serve((guest, _request, outparam) => {
      guest.call("[static]response-outparam.set", outparam, 1, code, 0, 0n, 0, 0, 0, 0);
    });
    expect((await fetch(url)).status).toBe(status);
  });

  test("an unknown error-code is a trap", async () => {
    const { url, failures } = await serve((guest, _request, outparam) => {
      guest.call("[static]response-outparam.set", outparam, 1, 39, 0, 0n, 0, 0, 0, 0);
    });
    expect((await fetch(url)).status).toBe(500);
    expect(failures).toMatchObject([{ name: "Trap" }]);
  });

  test("a trap says nothing of itself to the client", async () => {
    const { url } = await serve(() => {
      throw new Error("secret inside");
    });
    const text = await (await fetch(url)).text();
    expect(text).toMatch(/^The component failed\nrequest [\w-]{36}\n$/);
  });

  test("a trap in the middle of a body breaks the connection", async () => {
    const { url, failures } = await serve(async (guest, _request, outparam) => {
      const body = guest.respond(outparam);
      const stream = guest.method("outgoing-body.write", body)!;
      await guest.write(stream, "the beginning");
      await sleep(20);
      throw new Error("trap");
    });
    const response = await fetch(url);
    await expect(response.text()).rejects.toThrow();
    expect(failures).toHaveLength(1);
  });

  test("a body that is dropped or left unfinished never looks whole", async () => {
    for (const drop of [true, false]) {
      const {
        url,
        failures,
        close: end,
      } = await serveProgram(async (guest, _request, outparam) => {
        const body = guest.respond(outparam);
        const stream = guest.method("outgoing-body.write", body)!;
        await guest.write(stream, "the beginning");
        await sleep(20);
        if (drop) guest.drop(body);
      });
      await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
      expect(failures).toMatchObject([{ code: "body-unfinished" }]);
      await end();
    }
  });
});

describe("send-informational", () => {
  test("sends early hints, and refuses what is no 1xx", async () => {
    const seen: unknown[] = [];
    const { port } = await serve(async (guest, _request, outparam) => {
      for (const status of [103, 101, 200]) {
        const fields = guest.fields([["link", "</a.css>; rel=preload"]]);
        guest.call("[method]response-outparam.send-informational", outparam, status, fields, out);
        seen.push(guest.u8(out) === 0 ? "sent" : guest.u8(out + 8));
      }
      guest.answer(outparam, "done");
    });
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: x\r\n${close}\r\n`);
    expect(answer).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
    );
    expect(seen).toEqual(["sent", 35, 35]);
  });

  test("sends headers with the names of what every object has", async () => {
    const { port } = await serve(async (guest, _request, outparam) => {
      const fields = guest.fields([
        ["constructor", "a"],
        ["__proto__", "b"],
        ["constructor", "c"],
      ]);
      guest.call("[method]response-outparam.send-informational", outparam, 103, fields, out);
      guest.answer(outparam, "done");
    });
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: x\r\n${close}\r\n`);
    expect(answer).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nconstructor: a,c\r\n__proto__: b\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
  });
});
