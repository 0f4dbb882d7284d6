import { describe, expect, test } from "@jest/globals";
import { configInterfaces } from "../../../../runner/host/config.ts";
import { bound, hostInstance } from "./bound.ts";

describe.each([
  ["wasi:config/store", "0.2.0-rc.1"],
  ["wasi:config/store", "0.2.0-draft"],
  ["wasi:config/runtime", "0.2.0-draft"],
  ["wasi:config/runtime", "0.2.0-draft-2024-09-27"],
])("%s@%s", (name, version) => {
  const config = (values?: Record<string, string>) =>
    bound(configInterfaces, name, hostInstance(values && { config: values }), { version });

  test("gives the granted keys", () => {
    const call = config({ url: "https://example.com", empty: "" });
    expect(call("get", "url")).toBe("https://example.com");
    expect(call("get", "empty")).toBe("");
    expect(call("get-all")).toEqual([
      ["url", "https://example.com"],
      ["empty", ""],
    ]);
  });

  test("has no other keys, not those of every object either", () => {
    for (const key of ["absent", "constructor", "__proto__", "toString", ""]) {
      expect(config({ url: "x" })("get", key)).toBe(undefined);
    }
  });

  test("is empty without the grant", () => {
    expect(config()("get", "url")).toBe(undefined);
    expect(config()("get-all")).toEqual([]);
  });
});
