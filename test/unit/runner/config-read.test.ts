import { describe, expect, test } from "@jest/globals";
import { defaultLimits } from "../../../runner/config.ts";
import { readConfig } from "../../../runner/config-read.ts";

const good = {
  composition: "shop",
  artifact: "/artifact",
  listen: "0.0.0.0:8080",
  admin: "0.0.0.0:8081",
  call: false,
  isolation: "Request",
  processes: 2,
  limits: { requestTimeoutMs: null, queue: 0 },
  grants: { cart: { env: [] } },
  backends: {},
};

describe("readConfig()", () => {
  test("gives limits that are left out their defaults", () => {
    const config = readConfig(JSON.stringify(good));
    expect(config).toMatchObject({ composition: "shop", isolation: "Request", grants: { cart: { env: [] } } });
    expect(config.limits).toEqual({ ...defaultLimits, requestTimeoutMs: null, queue: 0 });
  });

  test("grants nothing where nothing is written", () => {
    const { grants: _, backends: __, ...rest } = good;
    expect(readConfig(JSON.stringify(rest))).toMatchObject({ grants: {}, backends: {} });
  });

  test.each([
    ["composition", 1],
    ["artifact", ""],
    ["listen", null],
    ["admin", {}],
    ["adminToken", 5],
    ["call", "yes"],
    ["isolation", "None"],
    ["processes", 0],
    ["processes", 1.5],
    ["limits", []],
    ["grants", []],
    ["backends", "x"],
  ])("names the field that is wrong: %s = %j", (field, value) => {
    expect(() => readConfig(JSON.stringify({ ...good, [field]: value }))).toThrow(`${field} must be`);
  });

  test.each([
    ["concurrency", 0],
    ["concurrency", null],
    ["queue", -1],
    ["requestTimeoutMs", 2 ** 31],
    ["memoryBytes", 1],
    ["maxRequests", 0],
    ["headerBytes", "16k"],
    ["drainMs", -1],
    ["timeout", 1],
  ])("names the limit that is wrong: %s = %j", (name, value) => {
    expect(() => readConfig(JSON.stringify({ ...good, limits: { [name]: value } }))).toThrow(`limits.${name} must be`);
  });

  test.each<[string, unknown]>([
    ["grants.cart", 1],
    ["grants.cart.configFolders", { configFolders: "x" }],
    ["grants.cart.configFolders", { configFolders: [1] }],
    ["grants.cart.env", { env: {} }],
    ["grants.cart.env[0].name", { env: [{ value: "v" }] }],
    ["grants.cart.env[0]", { env: [{ name: "A" }] }],
    ["grants.cart.env[0]", { env: [{ name: "A", value: "v", file: "/f" }] }],
  ])("names the field of values that is wrong: %s in %j", (field, cart) => {
    expect(() => readConfig(JSON.stringify({ ...good, grants: { cart } }))).toThrow(`${field} must be`);
  });

  test.each([
    ["fetch.url", { url: "http://x" }],
    ["fetch.url", { url: "x" }],
    ["fetch.digest", { digest: "sha256:x" }],
    ["fetch.caFile", { caFile: 1 }],
    ["fetch.tokenFile", { tokenFile: undefined }],
  ])("names the field of the artifact's place that is wrong: %s in %j", (field, change) => {
    const fetch = { url: "https://x", digest: `sha256:${"0".repeat(64)}`, caFile: "/ca", tokenFile: "/token" };
    expect(readConfig(JSON.stringify({ ...good, fetch })).fetch).toEqual(fetch);
    expect(() => readConfig(JSON.stringify({ ...good, fetch: { ...fetch, ...change } }))).toThrow(`${field} must be`);
  });

  test("refuses what is no JSON, and what is no object", () => {
    expect(() => readConfig("{")).toThrow("Cannot read the configuration as JSON");
    for (const text of ["null", "[]", "1"]) expect(() => readConfig(text)).toThrow("the document must be an object");
  });

  test("does not repeat a secret", () => {
    expect(() => readConfig(JSON.stringify({ ...good, adminToken: { value: "secret" } }))).toThrow(/^(?!.*secret)/);
  });
});
