import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeArtifact, makeConfig } from "./artifact.ts";
import { startRunner, type TestRunner } from "./runner.ts";

let folder: string;
let runner: TestRunner;
beforeAll(async () => {
  folder = await makeArtifact("echo");
  runner = await startRunner(makeConfig(folder, {}, { bodyBytes: 10_000 }));
}, 60_000);
afterAll(async () => {
  await runner.stop();
  await rm(folder, { recursive: true });
});

const base = "/call/tenon%3Atest%2Fecho";

async function call(name: string, args: unknown): Promise<{ readonly status: number; readonly json: unknown }> {
  const { status, body } = await runner.get(`${base}/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(args),
  });
  return { status, json: JSON.parse(body) };
}

describe("POST /call", () => {
  const same: readonly (readonly [name: string, value: unknown])[] = [
    ["echo-bool", true],
    ["echo-s8", -128],
    ["echo-u64", "18446744073709551615"],
    ["echo-s64", -5],
    ["echo-f64", 1.25],
    ["echo-f64", "NaN"],
    ["echo-char", "😀"],
    ["echo-string", "héllo \u0000 \u{10ffff}"],
    ["echo-bytes", [0, 1, 255]],
    ["echo-strings", ["a", "", "ß"]],
    ["echo-lists", [["a"], [], ["b", "c"]]],
    ["echo-pair", [7, "x"]],
    ["echo-person", { name: "Ada", mail: "a@b", note: "" }],
    ["echo-mixed", { a: true, b: 1, c: 2, d: 3, e: -4, f: 0.5, g: "z", h: -0.25 }],
    ["echo-shape", { tag: "nothing" }],
    [
      "echo-shapes",
      [
        { tag: "at", val: { x: -1, y: 2.5 } },
        { tag: "label", val: "l" },
      ],
    ],
    ["echo-colour", "green"],
    [
      "echo-deep",
      {
        shapes: [{ tag: "big", val: 1 }, null],
        pairs: [["a", [1, 65535]]],
        outcome: { ok: ["red", "blue"] },
        rights: ["write"],
      },
    ],
  ];
  test.each(same)("%s gives back %j", async (name, value) => {
    expect(await call(name, [value])).toEqual({ status: 200, json: value });
    expect(await call(name, { value })).toEqual({ status: 200, json: value });
  });

  test("a function without a result answers null", async () => {
    expect(await call("unit", [])).toEqual({ status: 200, json: null });
  });

  test("names the place of a bad argument", async () => {
    expect(await call("echo-person", [{ name: "a", mail: 1, note: "" }])).toEqual({
      status: 400,
      json: {
        error: {
          code: "invalid-argument",
          message: "Cannot read value.mail: expected a string, found 1",
          path: "value.mail",
        },
      },
    });
    expect(await call("echo-bool", [])).toMatchObject({ status: 400, json: { error: { path: "arguments" } } });
    expect(await call("echo-bool", { valeu: true })).toMatchObject({ status: 400, json: { error: { path: "valeu" } } });
    expect(await call("echo-bool", "true")).toMatchObject({ status: 400 });
  });

  test("lists the functions where there is none of that name", async () => {
    const { status, json } = await call("nothing", []);
    expect([status, JSON.stringify(json)]).toEqual([404, expect.stringContaining("tenon:test/echo.unit")]);
  });

  test("refuses what is no JSON", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await runner.get(`${base}/echo-bool`, { method: "POST", headers, body: "[true" });
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([400, "invalid-json"]);
  });

  test("refuses a form or plain text, which any web page could send", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", undefined]) {
      const headers = type === undefined ? {} : { "content-type": type };
      const answer = await runner.get(`${base}/unit`, { method: "POST", headers, body: "[]" });
      expect(answer.status).toBe(415);
    }
  });

  test("refuses other methods", async () => {
    const answer = await runner.get(`${base}/unit`);
    expect([answer.status, answer.headers.allow]).toEqual([405, "POST"]);
  });

  test("refuses a body above the limit, announced or not", async () => {
    const body = JSON.stringify(["x".repeat(10_000)]);
    const headers = { "content-type": "application/json" };
    const announced = await runner.get(`${base}/echo-string`, { method: "POST", headers, body });
    const chunked = await runner.get(`${base}/echo-string`, {
      method: "POST",
      headers: { ...headers, "transfer-encoding": "chunked" },
      body,
    });
    expect([announced.status, chunked.status]).toEqual([413, 413]);
    expect(JSON.parse(chunked.body).error).toMatchObject({ code: "limit", limit: "body" });
  });

  test("refuses resources with a sentence", async () => {
    const document = JSON.parse((await runner.get("/call/openapi.json")).body);
    const { status, json } = await call("[constructor]counter", [1]);
    expect([status, JSON.stringify(json)]).toEqual([501, expect.stringContaining("resource")]);
    expect(Object.keys(document.paths).some((path) => path.includes("counter"))).toBe(false);
    expect(Object.keys(document.paths)).toContain(`${base}/echo-deep`);
  });

  test("says where to look when a path is not of the gateway", async () => {
    const answer = await runner.get("/users");
    expect([answer.status, answer.body]).toEqual([404, expect.stringContaining("/call/openapi.json")]);
  });
});
