import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeLog } from "../../../../operator/log.ts";
import { openStore, type Store } from "../../../../operator/package/store.ts";
import { artifactsRouter } from "../../../../operator/serve/artifacts.ts";
import type { Verdict } from "../../../../operator/serve/token-review.ts";
import { FakeClock } from "../../../support/clock.ts";
import { type Answer, ask, jsonOf, type Served, serve } from "./https.ts";

const sha = (bytes: string | Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const moduleOf = (fill: number): Buffer => Buffer.alloc(300_000, fill);

/** An artifact with two blobs, one of which only it has. */
function artifactOf(name: string, fill: number) {
  const blobs = new Map([moduleOf(0), moduleOf(fill)].map((bytes) => [sha(bytes), bytes as Uint8Array]));
  const index = {
    format: 1,
    name,
    plan: {},
    blobs: [...blobs].map(([digest, bytes]) => ({ digest, size: bytes.byteLength })),
    wiring: { instances: [], edges: [], hostImports: [], exports: [] },
  } as const;
  const text = JSON.stringify(index);
  return { index: index as never, text, digest: sha(text), blobs };
}

const [mine, theirs] = [artifactOf("mine", 1), artifactOf("theirs", 2)];
const verdicts: Record<string, Verdict> = {
  mine: { kind: "known", serviceAccount: { namespace: "ns", name: "mine-runner" } },
  shared: { kind: "known", serviceAccount: { namespace: "ns", name: "shared" } },
  foreign: { kind: "known", serviceAccount: { namespace: "ns", name: "default" } },
  busy: { kind: "unasked", retryAfterMs: 1500 },
};
const owners: Record<string, string[]> = { "ns/mine-runner": ["uid-mine"], "ns/shared": ["uid-none", "uid-theirs"] };

let folder: string;
let store: Store;
let served: Served;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-test-"));
  const log = makeLog(() => {}, { level: "error", now: Date.now });
  store = await openStore({ folder, bytes: 100_000_000, clock: new FakeClock(), log });
  await store.store("a".repeat(64), mine);
  await store.store("b".repeat(64), theirs);
  store.hold("uid-mine", [mine.digest]);
  store.hold("uid-theirs", [theirs.digest]);
  const router = artifactsRouter({
    store,
    log,
    authenticator: { authenticate: async (token) => verdicts[token] ?? { kind: "refused" } },
    ownersOf: ({ namespace, name }) => owners[`${namespace}/${name}`] ?? [],
  });
  served = await serve([router]);
});
afterAll(async () => {
  await served.stop(1000);
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string, token?: string, more: Record<string, string> = {}, method = "GET"): Promise<Answer> =>
  ask(served, path, {
    method,
    headers: { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...more },
  });
const [own, shared] = [sha(moduleOf(1)), sha(moduleOf(0))];
const blobPath = (artifact: string, blob: string): string => `/artifacts/${artifact}/blobs/${blob}`;

describe("GET /artifacts", () => {
  test("serves the index that the Composition holds, byte for byte", async () => {
    const answer = await get(`/artifacts/${mine.digest}`, "mine");
    expect([answer.status, sha(answer.body)]).toEqual([200, mine.digest]);
    expect(answer.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      etag: `"${mine.digest}"`,
      "content-length": String(mine.text.length),
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=31536000, immutable",
    });
  });
  test("serves the blobs that the index names", async () => {
    for (const digest of [own, shared]) {
      const answer = await get(blobPath(mine.digest, digest), "mine");
      expect([answer.status, sha(answer.body), answer.headers["content-type"]]).toEqual([
        200,
        digest,
        "application/wasm",
      ]);
    }
  });
  test("answers HEAD without a body", async () => {
    const answer = await get(blobPath(mine.digest, own), "mine", {}, "HEAD");
    expect([answer.status, answer.body.length, answer.headers["content-length"]]).toEqual([200, 0, "300000"]);
  });
  test("answers a range, so that what broke off can go on, and 416 to one beyond the end", async () => {
    const path = blobPath(mine.digest, own);
    const rest = await get(path, "mine", { Range: "bytes=299990-", "If-Range": `"${own}"` });
    expect([rest.status, rest.body.length, rest.headers["content-range"]]).toEqual([
      206,
      10,
      "bytes 299990-299999/300000",
    ]);
    const whole = await get(path, "mine", { Range: "bytes=299990-", "If-Range": `"${shared}"` });
    expect([whole.status, whole.body.length]).toEqual([200, 300_000]);
    const beyond = await get(path, "mine", { Range: "bytes=300000-" });
    expect([beyond.status, jsonOf(beyond), beyond.headers["content-range"]]).toEqual([
      416,
      { error: "Cannot satisfy the range" },
      "bytes */300000",
    ]);
  });
  test("answers 304 to who has it", async () => {
    const answer = await get(blobPath(mine.digest, own), "mine", { "If-None-Match": `"${own}"` });
    expect([answer.status, answer.body.length]).toEqual([304, 0]);
  });
  test("answers 401 without a good token, and says which is needed", async () => {
    const error = "Cannot accept the request without a valid token for the audience tenon.dev/artifacts";
    for (const headers of [{}, { Authorization: "Bearer bad" }, { Authorization: "Basic bWluZTptaW5l" }]) {
      const answer = await get(`/artifacts/${mine.digest}`, undefined, headers);
      expect([answer.status, jsonOf(answer), answer.headers["www-authenticate"]]).toEqual([401, { error }, "Bearer"]);
    }
  });
  test("answers 403 to a ServiceAccount that no Composition runs as", async () => {
    for (const digest of [mine.digest, sha("nothing")]) {
      const answer = await get(`/artifacts/${digest}`, "foreign");
      expect([answer.status, jsonOf(answer)]).toEqual([
        403,
        { error: "Cannot serve artifacts to this ServiceAccount: no Composition runs as it" },
      ]);
    }
  });
  test("answers one and the same 404 to what others have, what nobody has, and what is no digest", async () => {
    const paths = [
      `/artifacts/${theirs.digest}`,
      `/artifacts/${sha("nothing")}`,
      "/artifacts/latest",
      "/artifacts/sha256:..%2f..%2fholds.json",
      blobPath(theirs.digest, sha(moduleOf(2))),
      blobPath(mine.digest, sha(moduleOf(2))),
      blobPath(theirs.digest, shared),
      blobPath(mine.digest, "..%2f..%2fholds.json"),
    ];
    const answers = await Promise.all(paths.map((path) => get(path, "mine")));
    for (const answer of answers) {
      expect([answer.status, jsonOf(answer), answer.headers["etag"]]).toEqual([
        404,
        { error: "Cannot find this artifact among those of your Composition" },
        undefined,
      ]);
    }
  });
  test("serves each Composition that shares a ServiceAccount", async () => {
    expect((await get(`/artifacts/${theirs.digest}`, "shared")).status).toBe(200);
    expect((await get(`/artifacts/${mine.digest}`, "shared")).status).toBe(404);
  });
  test("serves nothing more once the Composition holds something else", async () => {
    store.hold("uid-mine", []);
    expect((await get(`/artifacts/${mine.digest}`, "mine")).status).toBe(404);
    store.hold("uid-mine", [mine.digest]);
    expect((await get(`/artifacts/${mine.digest}`, "mine")).status).toBe(200);
  });
  test("answers 503 with a time to wait where the token cannot be checked", async () => {
    const answer = await get(`/artifacts/${mine.digest}`, "busy");
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "2"]);
  });
  test("answers 405 to other methods", async () => {
    const answer = await get(`/artifacts/${mine.digest}`, "mine", {}, "DELETE");
    expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });
});
