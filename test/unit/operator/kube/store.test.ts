import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ownerIndex } from "../../../../operator/kube/cache.ts";
import { type KubeObject, keyOf } from "../../../../operator/kube/object.ts";
import { Store } from "../../../../operator/kube/store.ts";
import { configMap } from "./fake-client.ts";

const owned = (name: string, version: number, uid: string): KubeObject =>
  configMap(name, version, {
    ownerReferences: [
      { apiVersion: "v1", kind: "Other", name: "x", uid: "other" },
      { apiVersion: "tenon.dev/v1alpha1", kind: "Composition", name: "c", uid, controller: true },
    ],
  });
const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name).sort();

describe("Store", () => {
  test("says how each step changed it, and nothing for a version that it has", () => {
    const store = new Store();
    const [first, second] = [configMap("a", 1), configMap("a", 2)];
    expect(store.put(first)).toEqual({ type: "added", object: first, old: undefined });
    expect(store.put(configMap("a", 1))).toBeUndefined();
    expect(store.put(second)).toEqual({ type: "updated", object: second, old: first });
    expect(store.remove(configMap("a", 3))).toEqual({ type: "deleted", object: configMap("a", 3), old: second });
    expect(store.remove(configMap("a", 3))).toBeUndefined();
  });

  test("finds by the controlling owner, and no longer when that changes", () => {
    const store = new Store();
    store.put(owned("a", 1, "one"));
    store.put(owned("b", 1, "one"));
    expect(names(store.byIndex(ownerIndex, "one"))).toEqual(["a", "b"]);
    expect(store.byIndex(ownerIndex, "other")).toEqual([]);
    store.put(owned("a", 2, "two"));
    store.remove(owned("b", 2, "one"));
    expect(store.byIndex(ownerIndex, "one")).toEqual([]);
    expect(store.byIndex(ownerIndex, "two")).toEqual([owned("a", 2, "two")]);
    expect(store.byIndex("no such index", "two")).toEqual([]);
  });

  test("replaceAll() tells what is gone, what is new and what differs, the gone first", () => {
    const store = new Store();
    for (const object of [configMap("gone", 1), configMap("same", 1), configMap("changed", 1)]) store.put(object);
    const now = [configMap("same", 1), configMap("changed", 2), configMap("new", 3)];
    const changes = store.replaceAll(new Map(now.map((object) => [keyOf(object), object])));
    expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "deleted gone",
      "updated changed",
      "added new",
    ]);
    expect(names(store.list())).toEqual(["changed", "new", "same"]);
  });

  test("an index always finds what a search of all objects would find", () => {
    const label = (object: KubeObject) => Object.values(object.metadata.labels ?? {});
    const step = fc.record({
      name: fc.constantFrom("a", "b", "c"),
      labels: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const store = new Store({ label });
        steps.forEach(({ name, labels, remove }, version) => {
          const object = configMap(name, version, { labels });
          if (remove) store.remove(object);
          else store.put(object);
        });
        for (const value of ["1", "2"]) {
          const wanted = store.list().filter((object) => label(object).includes(value));
          expect(names(store.byIndex("label", value))).toEqual(names(wanted));
        }
      }),
    );
  });
});
