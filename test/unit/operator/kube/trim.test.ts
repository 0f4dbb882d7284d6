import { describe, expect, test } from "@jest/globals";
import { trim } from "../../../../operator/kube/trim.ts";
import { configMap } from "./fake-client.ts";

describe("trim()", () => {
  test("drops managedFields and kubectl's copy of the object, and nothing else", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "a secret", kept: "yes" };
    const object = { ...configMap("a", 1, { managedFields: [{ manager: "x" }], annotations }), data: { x: "1" } };
    expect(trim(object)).toEqual({ ...configMap("a", 1, { annotations: { kept: "yes" } }), data: { x: "1" } });
    expect(trim(configMap("a", 1))).toEqual(configMap("a", 1));
  });
});
