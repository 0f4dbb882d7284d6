import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../../operator/clock.ts";
import { sha256 } from "../../../../operator/digest.ts";
import { type Downloader, type DownloaderOptions, makeDownloader } from "../../../../operator/fetch/http.ts";
import { FakeClock } from "../../../support/clock.ts";

const content = Buffer.from("a component, or so it says");
const wanted = sha256(content);
const forever = new AbortController().signal;

const MIB = 2 ** 20;

/** Waits for what sockets bring. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

function downloader(options: Partial<DownloaderOptions> = {}): Downloader {
  const http = makeDownloader({
    clock: systemClock,
    maxBytes: 1000,
    totalBytes: 10_000,
    timeoutMs: 60_000,
    allowedCIDRs: ["127.0.0.1/32"],
    ...options,
  });
  cleanups.push(() => http.close());
  return http;
}

/** A server that does what the handler says; `open` is the number of its connections. */
async function serve(handler: Handler, host = "127.0.0.1") {
  const server = createServer(handler).listen(0, host);
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}/a.wasm`, origin: `http://${host}:${port}`, port };
}

const answer =
  (status: number, headers: Record<string, string> = {}, body: string | Buffer = ""): Handler =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

/** What a download of this handler's answer is refused with. */
async function refusal(handler: Handler, options: Partial<DownloaderOptions> = {}, query = "") {
  const { url } = await serve(handler);
  return downloader(options)
    .download({ url: `${url}${query}`, sha256: wanted }, forever)
    .then(
      () => "downloaded",
      ({ name, reason, final, retryAfterMs, message }) => ({ name, reason, final, retryAfterMs, message }),
    );
}

describe("download()", () => {
  test("gives the bytes that the digest names", async () => {
    const seen: unknown[] = [];
    const { url } = await serve((request, response) => {
      seen.push(request.headers["accept-encoding"], request.headers.authorization);
      response.end(content);
    });
    const bytes = await downloader().download({ url, sha256: wanted }, forever);
    expect(Buffer.from(bytes).equals(content)).toBe(true);
    expect(seen).toEqual(["identity", undefined]);
  });

  test.each([
    [404, {}, "SourceNotFound", true, undefined],
    [410, {}, "SourceNotFound", true, undefined],
    [401, {}, "SourceDenied", true, undefined],
    [403, {}, "SourceDenied", true, undefined],
    [400, {}, "SourceUnavailable", true, undefined],
    [429, { "retry-after": "7" }, "SourceUnavailable", false, 7000],
    [429, {}, "SourceUnavailable", false, undefined],
    [503, { "retry-after": "99999999" }, "SourceUnavailable", false, 3_600_000],
    [503, { "retry-after": "soon" }, "SourceUnavailable", false, undefined],
    [
      503,
      { date: "Thu, 01 Jan 2026 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" },
      "SourceUnavailable",
      false,
      60_000,
    ],
    [500, {}, "SourceUnavailable", false, undefined],
    [204, {}, "SourceUnavailable", false, undefined],
    [302, {}, "SourceUnavailable", false, undefined],
  ] as const)("classifies an answer %s with headers %j", async (status, headers, reason, final, retryAfterMs) => {
    const refused = await refusal(answer(status, headers), {}, "?token=secret#part");
    expect(refused).toMatchObject({ name: "FetchError", reason, final, retryAfterMs });
    expect(refused).toMatchObject({ message: expect.stringMatching(/http:\/\/127\.0\.0\.1:\d+\/a\.wasm$/) });
    if (status !== 302) expect(refused).toMatchObject({ message: expect.stringContaining(`${status}`) });
  });

  test("refuses bytes with another digest, saying which one", async () => {
    expect(await refusal(answer(200, {}, "other"))).toMatchObject({
      reason: "DigestMismatch",
      final: true,
      message: expect.stringContaining(`is not ${wanted}: ${sha256("other")}`),
    });
  });

  test("decodes nothing: what is compressed has another digest, however large it would become", async () => {
    const bomb = gzipSync(Buffer.alloc(500_000));
    expect(await refusal(answer(200, { "content-encoding": "gzip" }, bomb))).toMatchObject({
      reason: "DigestMismatch",
      message: expect.stringContaining("The server encoded it: gzip"),
    });
  });
});

describe("a download's bound", () => {
  const large = Buffer.alloc(1001);
  const chunked: Handler = (_, response) => {
    response.write(large.subarray(0, 600));
    response.end(large.subarray(600));
  };

  test.each([
    ["said by the server", answer(200, { "content-length": "1001" }, large)],
    ["found while it is read", chunked],
  ])("of bytes holds, %s", async (_, handler) => {
    const refused = { reason: "TooLarge", final: true, message: expect.stringContaining("more than 1000 bytes") };
    expect(await refusal(handler)).toMatchObject(refused);
    // With one byte more the content is looked at.
    expect(await refusal(handler, { maxBytes: 1001 })).toMatchObject({ reason: "DigestMismatch" });
  });

  test("does not wait for the end of what never ends", async () => {
    const endless: Handler = (_, response) => {
      const more = (): void => {
        if (response.destroyed) return;
        response.write(large);
        setImmediate(more);
      };
      more();
    };
    expect(await refusal(endless)).toMatchObject({ reason: "TooLarge" });
  });

  /** Files of 2 MiB, of which the last part comes when a test sends it; `?whole` comes whole, `?small` is small. */
  async function serveLarge({ length }: { readonly length: boolean }) {
    const body = Buffer.alloc(2 * MIB, 1);
    const begun: ServerResponse[] = [];
    const { url } = await serve((request, response) => {
      if (request.url?.endsWith("?small")) return void response.end(content);
      if (length) response.setHeader("content-length", body.length);
      begun.push(response);
      response.write(body.subarray(0, 1.5 * MIB));
      if (request.url?.endsWith("?whole")) response.end(body.subarray(1.5 * MIB));
    });
    return { url, begun, digest: sha256(body), rest: body.subarray(1.5 * MIB) };
  }

  test.each([true, false])(
    "of all bytes at once makes others wait, small ones never; length known: %s",
    async (length) => {
      const { url, begun, digest, rest } = await serveLarge({ length });
      const clock = new FakeClock();
      const http = downloader({ clock, maxBytes: 3 * MIB, totalBytes: 3 * MIB });
      const first = http.download({ url, sha256: digest }, forever);
      await until(() => clock.pending === 2);
      let isDone = false;
      const second = http.download({ url: `${url}?whole`, sha256: digest }, forever);
      void second.then(() => {
        isDone = true;
      });
      await until(() => begun.length === 2);
      expect(await http.download({ url: `${url}?small`, sha256: wanted }, forever)).toHaveLength(content.length);
      expect(isDone).toBe(false);
      begun[0]!.end(rest);
      expect((await Promise.all([first, second])).map(({ byteLength }) => byteLength)).toEqual([2 * MIB, 2 * MIB]);
      expect(clock.pending).toBe(0);
    },
  );

  test("of all bytes at once lets a slow one keep its place for 10 seconds while others wait", async () => {
    const { url, begun, digest } = await serveLarge({ length: true });
    const clock = new FakeClock();
    const http = downloader({ clock, maxBytes: 3 * MIB, totalBytes: 3 * MIB, timeoutMs: 60_000 });
    const slow = http.download({ url, sha256: digest }, forever).catch((error) => error);
    await until(() => clock.pending === 2);
    const next = http.download({ url: `${url}?whole`, sha256: digest }, forever);
    await until(() => begun.length === 2 && clock.pending === 3);
    await clock.advance(10_000);
    expect(await slow).toMatchObject({ reason: "SourceUnavailable", final: false, retryAfterMs: 5000 });
    expect(await next).toHaveLength(2 * MIB);
  });

  test("of time holds for one that sends a byte now and then", async () => {
    const drip: Handler = (_, response) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    };
    expect(await refusal(drip, { timeoutMs: 200 })).toMatchObject({
      reason: "SourceUnavailable",
      final: false,
      message: expect.stringContaining("longer than 200 ms"),
    });
  });

  test.each([
    ["answers", (() => {}) as Handler, "no answer came in time"],
    ["goes on", ((_, response) => void response.write("x")) as Handler, "the answer stopped"],
  ])("of silence holds for one that never %s", async (_, handler, why) => {
    expect(await refusal(handler, { idleMs: 100 })).toMatchObject({
      reason: "SourceUnavailable",
      final: false,
      message: expect.stringContaining(why),
    });
  });

  test("of headers holds", async () => {
    expect(await refusal(answer(200, { "x-long": "x".repeat(20_000) }, content))).toMatchObject({
      reason: "SourceUnavailable",
      message: expect.stringContaining("headers are too large"),
    });
    expect(await refusal(answer(200, { "x-long": "x".repeat(10_000) }, content))).toBe("downloaded");
  });
});

describe("a broken connection", () => {
  test("is tried again later", async () => {
    const reset: Handler = (request) => void request.socket.destroy();
    expect(await refusal(reset)).toMatchObject({ reason: "SourceUnavailable", final: false });
  });

  test("in the middle of an answer is no other digest", async () => {
    const cut: Handler = (request, response) => {
      response.writeHead(200, { "content-length": `${content.length}` });
      response.write(content.subarray(0, 5), () => request.socket.destroy());
    };
    expect(await refusal(cut)).toMatchObject({ reason: "SourceUnavailable", final: false });
  });

  test("that nobody accepts is named", async () => {
    const { url, port } = await serve(answer(200));
    for (const clean of cleanups.splice(0)) await clean();
    await expect(downloader().download({ url, sha256: wanted }, forever)).rejects.toMatchObject({
      reason: "SourceUnavailable",
      message: `Cannot download source.http.url, the connection was refused: http://127.0.0.1:${port}/a.wasm`,
    });
  });

  test("by the caller rejects with the caller's reason", async () => {
    const caller = new AbortController();
    const { url } = await serve((_, response) => {
      response.write("x");
      caller.abort(new RangeError("enough"));
    });
    await expect(downloader().download({ url, sha256: wanted }, caller.signal)).rejects.toMatchObject({
      message: "enough",
    });
  });
});

describe("redirects", () => {
  /** `/N` leads to `/N-1`, `/0` has the content. */
  const chain: Handler = (request, response) => {
    const at = Number(request.url!.slice(1));
    if (at === 0) response.end(content);
    else response.writeHead(301 + (at % 2), { location: `/${at - 1}` }).end("moved");
  };

  test("are followed five times, not six", async () => {
    const { origin } = await serve(chain);
    const http = downloader();
    expect(await http.download({ url: `${origin}/5`, sha256: wanted }, forever)).toHaveLength(content.length);
    await expect(http.download({ url: `${origin}/6`, sha256: wanted }, forever)).rejects.toMatchObject({
      reason: "SourceUnavailable",
      message: expect.stringContaining("more than 5 times"),
    });
  });

  test.each([
    ["a private address", "http://10.0.0.1/", "SourceDenied"],
    ["an address that no range names", "http://127.0.0.2/", "SourceDenied"],
    ["a file", "file:///etc/passwd", "InvalidSpec"],
    ["an address with a password", "http://user:secret@127.0.0.1/", "InvalidSpec"],
    ["nothing", "http://", "InvalidSpec"],
  ])("to %s are refused", async (_, location, reason) => {
    const refused = await refusal(answer(302, { location }));
    expect(refused).toMatchObject({ reason, final: true });
    expect(JSON.stringify(refused)).not.toMatch(/secret|passwd/);
  });
});

describe("addresses", () => {
  test.each([
    "http://127.0.0.1:1/",
    "http://localhost:1/",
    "http://[::1]:1/",
    "http://[::ffff:127.0.0.1]:1/",
    "http://2130706433:1/",
    "http://0x7f.1:1/",
    "http://10.1.2.3/",
    "http://169.254.169.254/latest/meta-data",
    "http://0.0.0.0/",
    "http://[fd00::1]/",
  ])("that are not public are refused: %s", async (url) => {
    await expect(downloader({ allowedCIDRs: [] }).download({ url, sha256: wanted }, forever)).rejects.toMatchObject({
      reason: "SourceDenied",
      final: true,
      message: expect.stringContaining("--fetch-allowed-cidrs"),
    });
  });

  test("that a name has are used only where they are allowed", async () => {
    const { port } = await serve(answer(200, {}, content));
    const source = { url: `http://localhost:${port}/a.wasm`, sha256: wanted };
    await expect(downloader({ allowedCIDRs: ["10.0.0.0/8"] }).download(source, forever)).rejects.toMatchObject({
      reason: "SourceDenied",
    });
    expect(await downloader().download(source, forever)).toHaveLength(content.length);
  });

  test.each(["http://user@127.0.0.1/", "http://:secret@127.0.0.1/", "ftp://127.0.0.1/", "http://"])(
    "that are no plain http ones are refused: %s",
    async (url) => {
      const refused = await downloader()
        .download({ url, sha256: wanted }, forever)
        .catch((error) => error);
      expect(refused).toMatchObject({ reason: "InvalidSpec", final: true });
      expect(refused.message).not.toContain("secret");
    },
  );
});
