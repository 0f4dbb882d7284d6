import { describe, expect, test } from "@jest/globals";
import { hashData } from "../../../../operator/desired/data-hashes.ts";
import { stands } from "../../../../operator/desired/stands.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";

const configMap = (content: object, kind = "ConfigMap"): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "a", namespace: "n" },
  ...content,
});

describe("hashData()", () => {
  test("has a hash of each value in the place of the content, of bounded size", () => {
    const hashed = hashData(configMap({ data: { a: "x".repeat(10_000) }, binaryData: { b: "AAAA" } }));
    expect(hashed).toEqual(
      configMap({
        dataHashes: { a: expect.stringMatching(/^[0-9a-f]{32}$/), b: expect.stringMatching(/^[0-9a-f]{32}$/) },
      }),
    );
  });

  test("changes neither what is hashed already, nor another kind, nor the object that it was given", () => {
    const object = configMap({ data: { a: "1" } });
    const hashed = hashData(object);
    expect(hashData(hashed)).toBe(hashed);
    expect(object).toEqual(configMap({ data: { a: "1" } }));
    const secret = configMap({ data: { a: "1" } }, "Secret");
    expect(hashData(secret)).toBe(secret);
  });
});

describe("stands() of a ConfigMap whose content is hashed", () => {
  const desired = configMap({ data: { "config.json": "{}", "ca.crt": "PEM" } });

  test.each<[string, object, boolean]>([
    ["the same", { "config.json": "{}", "ca.crt": "PEM" }, true],
    ["a value more", { "config.json": "{}", "ca.crt": "PEM", more: "1" }, true],
    ["another value", { "config.json": "{ }", "ca.crt": "PEM" }, false],
    ["a value less", { "config.json": "{}" }, false],
    ["none", {}, false],
  ])("tells of %s whether it is so", (_, data, expected) => {
    const live = configMap({ data });
    expect(stands(desired, hashData(live))).toBe(expected);
    expect(stands(desired, live)).toBe(expected);
  });
});
