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

  test("refuses what is no JSON, and what is no object", () => {
    expect(() => readConfig("{")).toThrow("Cannot read the configuration as JSON");
    for (const text of ["null", "[]", "1"]) expect(() => readConfig(text)).toThrow("the document must be an object");
  });

  test("does not repeat a secret", () => {
    expect(() => readConfig(JSON.stringify({ ...good, adminToken: { value: "secret" } }))).toThrow(/^(?!.*secret)/);
  });
});
