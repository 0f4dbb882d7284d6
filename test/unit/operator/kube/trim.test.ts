import { describe, expect, test } from "@jest/globals";
import { trim, trimToIdentity } from "../../../../operator/kube/trim.ts";
import { configMap } from "./fake-client.ts";

describe("trim()", () => {
  test("drops managedFields and kubectl's copy of the object, and nothing else", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "a secret", kept: "yes" };
    const object = { ...configMap("a", 1, { managedFields: [{ manager: "x" }], annotations }), data: { x: "1" } };
    expect(trim(object)).toEqual({ ...configMap("a", 1, { annotations: { kept: "yes" } }), data: { x: "1" } });
    expect(trim(configMap("a", 1))).toEqual(configMap("a", 1));
  });
});

test("trimToIdentity() leaves who an object is and whose, and nothing else", () => {
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: true }];
  const more = { labels: { a: "b" }, annotations: { c: "d" }, creationTimestamp: "2026-01-01T00:00:00Z" };
  const object = { ...configMap("a", 1, { ...more, ownerReferences }), data: { x: "1" } };
  expect(trimToIdentity(object)).toEqual(configMap("a", 1, { ownerReferences }));
  expect(Object.keys(trimToIdentity(configMap("a", 1)).metadata)).toEqual([
    "name",
    "namespace",
    "uid",
    "resourceVersion",
  ]);
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  expect(trimToIdentity(configMap("a", 1, { deletionTimestamp }))).toEqual(configMap("a", 1, { deletionTimestamp }));
});
