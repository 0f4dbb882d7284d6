import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeLog } from "../../../../operator/log.ts";
import type { AdmissionDeps } from "../../../../operator/serve/admit-composition.ts";
import { type WebhookVerdict, webhookRouter } from "../../../../operator/serve/webhook.ts";
import { FakeClock } from "../../../support/clock.ts";
import { ask, jsonOf, type Served, serve } from "./https.ts";

const clock = new FakeClock();
const silent = makeLog(() => {}, { level: "error", now: Date.now });
const lines: Record<string, unknown>[] = [];
const verdicts: WebhookVerdict[] = [];
let path = `/admission/${"a".repeat(64)}`;
let usersOf: AdmissionDeps["usersOf"] = () => [];
let served: Served;

beforeAll(async () => {
  const log = makeLog((line) => lines.push(JSON.parse(line)), { level: "info", now: () => clock.now() });
  const deps = { lookUp: () => undefined, usersOf: (namespace: string, name: string) => usersOf(namespace, name) };
  const router = webhookRouter({ deps, path: () => path, clock, log, onVerdict: (verdict) => verdicts.push(verdict) });
  served = await serve([router]);
});
afterAll(() => served.stop(1000));

const source = (digit: string) => ({ http: { url: "https://example.com/a.wasm", sha256: digit.repeat(64) } });
const reviewOf = (request: object) => ({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
const component = (now: object, old?: object) =>
  reviewOf({
    uid: "u-1",
    kind: { group: "tenon.dev", version: "v1alpha1", kind: "Component" },
    operation: old === undefined ? "CREATE" : "UPDATE",
    namespace: "ns",
    name: "store",
    dryRun: true,
    object: { metadata: { name: "store" }, spec: { source: now } },
    ...(old === undefined ? {} : { oldObject: { metadata: { name: "store" }, spec: { source: old } } }),
  });
const headers = { "Content-Type": "application/json" };
const post = (body: unknown, more: object = {}) =>
  ask(served, `${path}?timeout=10s`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...more,
  });

describe("POST to the path of the webhook", () => {
  test.each([
    ["/admission"],
    ["/admission/"],
    [`/admission/${"b".repeat(64)}`],
    [`/ADMISSION/${"a".repeat(64)}`],
    [`/admission/${"a".repeat(64)}/`],
    [`/x/../admission/${"b".repeat(64)}`],
  ])("is asked there alone: %s is not found", async (other) => {
    for (const method of ["POST", "GET"]) {
      const body = JSON.stringify(component(source("a")));
      const answer = await ask(served, other, method === "POST" ? { method, headers, body } : { method });
      expect([answer.status, jsonOf(answer)]).toEqual([404, { error: "Cannot find what the path names" }]);
    }
  });
  test("follows the path: the old one is not found from then on", async () => {
    const before = path;
    path = `/admission/${"c".repeat(64)}`;
    expect((await post(component(source("a")))).status).toBe(200);
    expect((await ask(served, before, { method: "POST", headers, body: "{}" })).status).toBe(404);
    path = before;
  });
  test("answers with the uid and allows", async () => {
    const answer = await post(component(source("a")));
    expect(answer.status).toBe(200);
    expect(jsonOf(answer)).toEqual({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: "u-1", allowed: true },
    });
    expect(answer.headers["x-powered-by"]).toBeUndefined();
  });
  test("denies with a status that kubectl shows whole", async () => {
    const answer = jsonOf(await post(component({ file: { path: "a.wasm" } })));
    expect(answer["response"]).toEqual({
      uid: "u-1",
      allowed: false,
      status: {
        status: "Failure",
        code: 422,
        reason: "Invalid",
        message: expect.stringMatching(/^Cannot accept Component "store": 1 error\n\nerror: /),
      },
    });
    expect(verdicts.at(-1)).toEqual({ kind: "Component", outcome: "denied", ms: 0 });
    expect(lines.at(-1)).toMatchObject({
      message: "Judged an object",
      namespace: "ns",
      name: "store",
      outcome: "denied",
    });
  });
  test("allows with warnings", async () => {
    usersOf = () => ["shop"];
    const answer = jsonOf(await post(component(source("a"), source("b"))));
    expect(answer["response"]).toEqual({
      uid: "u-1",
      allowed: true,
      warnings: ["The new bytes will be judged for the Compositions that use it: shop"],
    });
  });
  test("allows, with a warning and a line in the log, where judging fails", async () => {
    usersOf = () => {
      throw new RangeError("a mistake of ours");
    };
    const answer = jsonOf(await post(component(source("a"), source("b"))));
    expect(answer["response"]).toEqual({
      uid: "u-1",
      allowed: true,
      warnings: ["Not judged, the operator failed on it: see its log"],
    });
    expect(lines.find(({ level }) => level === "error")).toMatchObject({ error: "RangeError: a mistake of ours" });
  });
  test("allows a composition that took longer than 2 seconds to judge", async () => {
    const composition = {
      instances: [{ name: "a", component: { name: "b" } }],
      connections: [{ from: "x/p:q/r", to: "y/p:q/r" }],
    };
    const review = reviewOf({
      uid: "u-2",
      kind: { group: "tenon.dev", kind: "Composition" },
      operation: "CREATE",
      namespace: "ns",
      object: { metadata: { name: "shop" }, spec: composition },
    });
    expect(jsonOf(await post(review))["response"]).toMatchObject({ allowed: false });
    const slow = webhookRouter({
      path: () => path,
      deps: {
        lookUp: () => {
          clock.step(2000);
          return undefined;
        },
        usersOf: () => [],
      },
      clock,
      log: silent,
    });
    const other = await serve([slow], { tls: served.tls });
    const answer = await ask(other, path, { method: "POST", headers, body: JSON.stringify(review) });
    expect(jsonOf(answer)["response"]).toEqual({
      uid: "u-2",
      allowed: true,
      warnings: ["Not judged, it took too long: see the status"],
    });
    await other.stop(1000);
  });
  test.each<[string, unknown, string]>([
    ["text", "{", "Cannot read the request"],
    ["a number", "7", "Cannot read the request"],
    ["another kind", { apiVersion: "v1", kind: "Pod" }, "Must be an AdmissionReview of admission.k8s.io/v1"],
    [
      "an old version",
      { ...reviewOf({}), apiVersion: "admission.k8s.io/v1beta1" },
      "Must be an AdmissionReview of admission.k8s.io/v1",
    ],
    ["no request", reviewOf([]), "Must have a request"],
    ["no uid", reviewOf({ kind: {} }), "Must have a request.uid"],
    ["a long uid", reviewOf({ uid: "u".repeat(257), kind: {} }), "Must have a request.uid"],
    ["no kind", reviewOf({ uid: "u" }), "Must have a request.kind"],
    ["no operation", reviewOf({ uid: "u", kind: { kind: "Component" } }), "Must have a known request.operation"],
    [
      "no object",
      reviewOf({ uid: "u", kind: { kind: "Component" }, operation: "CREATE" }),
      "Must have a request.object",
    ],
    [
      "no old object",
      reviewOf({ uid: "u", kind: { kind: "Component" }, operation: "UPDATE", object: {} }),
      "Must have a request.object and a request.oldObject",
    ],
  ])("answers 400 to %s", async (_, body, error) => {
    const answer = await post(body);
    expect([answer.status, jsonOf(answer)]).toEqual([400, { error }]);
  });
  test("answers 400 to a body that is no JSON by its type, and 405 to other methods", async () => {
    expect((await post("{}", { headers: { "Content-Type": "text/plain" } })).status).toBe(400);
    const answer = await ask(served, path);
    expect([answer.status, answer.headers["allow"]]).toEqual([405, "POST"]);
  });
  test("takes a review of 3 MiB, and answers 413 to a larger one", async () => {
    const padded = (bytes: number): string => {
      const bare = JSON.stringify(component(source("a")));
      return bare.replace(/}$/, `,"padding":"${"x".repeat(bytes - bare.length - 13)}"}`);
    };
    const most = 3 * 1024 * 1024;
    expect(padded(most)).toHaveLength(most);
    expect((await post(padded(most))).status).toBe(200);
    expect((await post(padded(most + 1))).status).toBe(413);
  });
  test("takes 32 requests at once, refuses more with 503, and takes again as many when these are done", async () => {
    const other = await serve(
      [webhookRouter({ deps: { lookUp: () => undefined, usersOf: () => [] }, path: () => path, clock, log: silent })],
      { tls: served.tls },
    );
    const body = JSON.stringify(component(source("a")));
    const held = Array.from({ length: 32 }, () => {
      const sent = request({
        host: "127.0.0.1",
        port: other.port,
        servername: "localhost",
        ca: other.tls.authority,
        agent: false,
        path,
        method: "POST",
        headers: { ...headers, "Content-Length": body.length, Expect: "100-continue" },
      });
      const open = new Promise((resolve) => sent.once("continue", resolve));
      const status = new Promise((resolve) => sent.once("response", ({ statusCode }) => resolve(statusCode)));
      sent.flushHeaders();
      return { sent, open, status };
    });
    await Promise.all(held.map(({ open }) => open));
    const more = await ask(other, path, { method: "POST", headers, body });
    expect([more.status, more.headers["retry-after"]]).toEqual([503, "1"]);
    for (const { sent } of held) sent.end(body);
    expect(new Set(await Promise.all(held.map(({ status }) => status)))).toEqual(new Set([200]));
    expect((await ask(other, path, { method: "POST", headers, body })).status).toBe(200);
    await other.stop(0);
  });
  test("outlives JSON that is nested deeper than any stack", async () => {
    const deep = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
    const body = JSON.stringify(component({ deep: 0 }, { deep: 0 })).replaceAll('"deep":0', `"deep":${deep}`);
    const answer = await post(body);
    expect([answer.status, jsonOf(answer)["response"]]).toMatchObject([200, { allowed: true }]);
  });
  test("judges DELETE and CONNECT of whatever kind without an object", async () => {
    for (const operation of ["DELETE", "CONNECT"]) {
      const review = reviewOf({ uid: "u", kind: { group: "apps", kind: "Deployment" }, operation });
      expect(jsonOf(await post(review))["response"]).toEqual({ uid: "u", allowed: true });
    }
  });
});
