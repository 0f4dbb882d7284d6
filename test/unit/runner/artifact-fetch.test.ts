import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { fetchArtifact } from "../../../runner/artifact-fetch.ts";
import { Backoff } from "../../../runner/backoff.ts";
import { type Authority, type KeyPair, makeAuthority } from "../../support/api-server/pki.ts";

const digestOf = (bytes: string | Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const blobs = ["first blob", "second blob", "third blob"];
const index = (list: readonly object[]) => JSON.stringify({ format: 1, blobs: list });
const goodIndex = index([...blobs, blobs[0]!].map((blob) => ({ digest: digestOf(blob), size: blob.length })));

let authority: Authority;
let pair: KeyPair;
let folder: string;
let server: Server | undefined;
let asked: string[];
let lines: string[];
let aborted: AbortController;
beforeAll(async () => {
  authority = await makeAuthority("artifacts");
  pair = await authority.issueServer(["localhost", "127.0.0.1"]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-fetch-"));
  [asked, lines, aborted] = [[], [], new AbortController()];
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves what is in `files`, by path; gives its address. */
async function serve(files: Readonly<Record<string, string>>, first?: Handler): Promise<string> {
  server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    asked.push(request.url ?? "");
    if (first !== undefined && asked.length === 1) return first(request, response);
    if (request.headers.authorization !== "Bearer pod-token") return response.writeHead(401).end();
    const body = files[request.url ?? ""];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `https://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const pathOf = (digest: string, blob?: string) => `/artifacts/${digest}${blob === undefined ? "" : `/blobs/${blob}`}`;
const filesOf = (text: string) => ({
  [pathOf(digestOf(text))]: text,
  ...Object.fromEntries(blobs.map((blob) => [pathOf(digestOf(text), digestOf(blob)), blob])),
});

/** Fetches; a test ends it by `aborted` where it cannot succeed. */
async function fetch(url: string, text = goodIndex, more: { readonly ca?: string; readonly silenceMs?: number } = {}) {
  const [caFile, tokenFile] = [join(folder, "ca"), join(folder, "token")];
  await writeFile(caFile, more.ca ?? authority.certificate);
  await writeFile(tokenFile, "pod-token\n");
  await fetchArtifact(
    { url, digest: digestOf(text), caFile, tokenFile },
    {
      folder: join(folder, "artifact"),
      signal: aborted.signal,
      log: { event: (_level, message) => void lines.push(message) },
      backoff: new Backoff({ firstMs: 1, maxMs: 2 }),
      ...(more.silenceMs === undefined ? {} : { silenceMs: more.silenceMs }),
    },
  );
}

/** Fetches what never succeeds, until it has failed once. */
async function failure(...args: Parameters<typeof fetch>): Promise<string> {
  const fetching = fetch(...args);
  fetching.catch(() => {});
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  aborted.abort(new Error("the test ends"));
  await expect(fetching).rejects.toThrow("the test ends");
  return lines[0]!;
}

const content = async () => {
  const at = join(folder, "artifact");
  const names = (await readdir(at, { recursive: true })).filter((name) => name !== "blobs").sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(at, name), "utf8")])),
  );
};
const whole = Object.fromEntries([
  ...blobs.map((blob) => [`blobs/${digestOf(blob).slice(7)}`, blob]),
  ["index.json", goodIndex],
]);

describe("fetchArtifact()", () => {
  test("brings the index and each of its blobs once, with the pod's token", async () => {
    await fetch(await serve(filesOf(goodIndex)));
    expect(await content()).toEqual(whole);
    expect(asked.toSorted()).toEqual(Object.keys(filesOf(goodIndex)).sort());
    expect(lines).toEqual([]);
  });

  test("asks for nothing that is there: it needs no server then, and no token", async () => {
    await fetch(await serve(filesOf(goodIndex)));
    server!.closeAllConnections();
    server!.close();
    asked = [];
    await fetch("https://127.0.0.1:1");
    expect(asked).toEqual([]);
  });

  test("brings again what is missing or damaged, and only that", async () => {
    const url = await serve(filesOf(goodIndex));
    await fetch(url);
    asked = [];
    await writeFile(join(folder, "artifact/blobs", digestOf(blobs[1]!).slice(7)), "damaged");
    await rm(join(folder, "artifact/blobs", digestOf(blobs[2]!).slice(7)));
    await fetch(url);
    const wanted = [blobs[1]!, blobs[2]!].map((blob) => pathOf(digestOf(goodIndex), digestOf(blob)));
    expect(asked.toSorted()).toEqual(wanted.sort());
    expect(await content()).toEqual(whole);
  });

  test.each<[string, Handler, string]>([
    ["answers that it is not there", (_, response) => response.writeHead(404).end(), "answers 404"],
    ["knows the pod no more", (_, response) => response.writeHead(403).end(), "answers 403: no Composition runs as"],
    ["sends something else", (_, response) => response.end("else"), "what came for sha256:"],
    ["cuts the connection", (request) => request.socket.destroy(), ""],
    [
      "cuts the body",
      (_, response) => void response.writeHead(200, { "content-length": 9 }).write("x", () => response.destroy()),
      "",
    ],
    [
      "sends it elsewhere",
      (_, response) => response.writeHead(302, { location: "https://example.org" }).end(),
      "answers 302",
    ],
  ])("tries again where the server %s", async (_what, first, message) => {
    await fetch(await serve(filesOf(goodIndex), first));
    expect(await content()).toEqual(whole);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^Cannot fetch the artifact, trying again in \\d ms: .*${message}`)),
    ]);
  });

  test("tries again where the server is silent, and waits for one that is not", async () => {
    await fetch(await serve(filesOf(goodIndex), () => {}), goodIndex, { silenceMs: 50 });
    expect(lines).toEqual([expect.stringContaining("silent for 50 ms")]);
  });

  test("trusts no server of another authority", async () => {
    const other = await makeAuthority("other");
    const url = await serve(filesOf(goodIndex));
    expect(await failure(url, goodIndex, { ca: other.certificate })).toMatch(/certificate/i);
    expect(asked).toEqual([]);
  });

  test("keeps nothing of a blob that is larger than the index says", async () => {
    const text = index([{ digest: digestOf(blobs[0]!), size: blobs[0]!.length - 1 }]);
    expect(await failure(await serve(filesOf(text)), text)).toContain("more than the 9 bytes");
    expect(await content()).toEqual({ "index.json": text });
  });

  test.each([
    ["that leads out of the folder", [{ digest: "sha256:../../x", size: 1 }]],
    ["of no size", [{ digest: digestOf("x"), size: -1 }]],
    ["that no disk holds", [{ digest: digestOf("x"), size: 2 ** 40 }]],
  ])("takes no index with a blob %s", async (_what, list) => {
    const text = index(list);
    expect(await failure(await serve(filesOf(text)), text)).toMatch(/its (index|blobs)/);
  });

  test("ends with the signal's reason while it waits for an answer", async () => {
    const url = await serve(filesOf(goodIndex), () => aborted.abort(new Error("enough")));
    await expect(fetch(url)).rejects.toThrow("enough");
  });

  test("never writes the token to the log", async () => {
    expect(await failure(await serve({}))).not.toContain("pod-token");
  });
});
