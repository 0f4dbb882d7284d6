import { describe, expect, test } from "@jest/globals";
import type { Cache, Change } from "../../../../operator/kube/cache.ts";
import { type KubeObject, keyOf } from "../../../../operator/kube/object.ts";
import { View } from "../../../../operator/reconcile/view.ts";

const object = (resourceVersion: string, uid = "u1"): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "a",
    namespace: "n",
    uid,
    resourceVersion,
    ownerReferences: [{ apiVersion: "x", kind: "y", name: "o", uid: "o1" }],
  },
});

/** A cache whose content the test sets. */
function cacheOf(...objects: KubeObject[]): { cache: Cache; set: (...next: KubeObject[]) => void } {
  let held = objects;
  return {
    set: (...next) => {
      held = next;
    },
    cache: {
      get: (key) => held.find((one) => keyOf(one) === key),
      list: () => held,
      byIndex: (_, value) => held.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === value)),
      onChange: () => {},
      onListed: () => {},
      synced: async () => {},
      healthy: () => true,
    },
  };
}

const change = (type: Change<KubeObject>["type"], one: KubeObject): Change<KubeObject> => ({
  type,
  object: one,
  old: undefined,
});

describe("View", () => {
  test("shows what a write answered until the watch has caught up", () => {
    const { cache, set } = cacheOf(object("5"));
    const view = new View(cache);
    view.wrote(object("10"));
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("10");
    expect(view.ownedBy("o1").map(({ metadata }) => metadata.resourceVersion)).toEqual(["10"]);
    set(object("10"));
    expect(view.take(change("updated", object("10")))).toBe(true);
    set(object("11"));
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("11");
  });

  test("an event that is older than our write wakes nobody and hides nothing; a newer one wakes", () => {
    const view = new View(cacheOf(object("5")).cache);
    view.wrote(object("10"));
    expect(view.take(change("updated", object("7")))).toBe(true);
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("10");
    expect(view.take(change("updated", object("12")))).toBe(false);
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("5");
  });

  test("an event of an object that was made anew wakes", () => {
    const view = new View(cacheOf().cache);
    view.wrote(object("10"));
    expect(view.take(change("added", object("12", "u2")))).toBe(false);
  });

  test("a deletion wakes and forgets the write, but not that of a successor", () => {
    const view = new View(cacheOf().cache);
    view.wrote(object("10"));
    expect(view.take(change("deleted", object("11")))).toBe(false);
    expect(view.get("n/a")).toBeUndefined();
    view.wrote(object("20", "u2"));
    expect(view.take(change("deleted", object("19", "u1")))).toBe(false);
    expect(view.get("n/a")?.metadata.uid).toBe("u2");
  });

  test("a write that answered less than the cache has is not kept", () => {
    const view = new View(cacheOf(object("12")).cache);
    view.wrote(object("10"));
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("12");
  });

  test("remembers for one version of an object that applying a hash changed nothing", () => {
    const view = new View(cacheOf(object("5")).cache);
    view.settle(object("5"), "h1");
    expect(view.isSettled(object("5"), "h1")).toBe(true);
    expect(view.isSettled(object("5"), "h2")).toBe(false);
    expect(view.isSettled(object("6"), "h1")).toBe(false);
    view.take(change("deleted", object("5")));
    expect(view.isSettled(object("5"), "h1")).toBe(false);
  });
});

test("an answer that comes after the news that its object is gone is not taken for one that lives", () => {
  const view = new View(cacheOf().cache);
  view.take(change("added", object("10")));
  view.take(change("deleted", object("10")));
  view.wrote(object("10"));
  expect(view.get("n/a")).toBeUndefined();
  view.wrote(object("12", "u2"));
  expect(view.get("n/a")?.metadata.uid).toBe("u2");
});

describe("View.takeList()", () => {
  test("forgets and gives back what was written before the list and is not in it", () => {
    const view = new View(cacheOf().cache);
    view.wrote(object("10"));
    view.settle(object("10"), "h");
    expect(view.takeList({ namespace: undefined, resourceVersion: "12" })).toEqual([object("10")]);
    expect([view.get("n/a"), view.ownedBy("o1"), view.size]).toEqual([undefined, [], 0]);
  });

  test("keeps what the list has, what is newer than it, and what is in another namespace", () => {
    const { cache, set } = cacheOf();
    const view = new View(cache);
    view.wrote(object("10"));
    expect(view.takeList({ namespace: undefined, resourceVersion: "9" })).toEqual([]);
    expect(view.takeList({ namespace: "other", resourceVersion: "12" })).toEqual([]);
    set(object("8"));
    expect(view.takeList({ namespace: "n", resourceVersion: "12" })).toEqual([]);
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("10");
  });

  test("does not take an answer that comes late for an object that lives", () => {
    const view = new View(cacheOf().cache);
    view.takeList({ namespace: "n", resourceVersion: "12" });
    view.wrote(object("10"));
    expect(view.get("n/a")).toBeUndefined();
    view.wrote(object("13"));
    expect(view.get("n/a")?.metadata.resourceVersion).toBe("13");
  });
});
