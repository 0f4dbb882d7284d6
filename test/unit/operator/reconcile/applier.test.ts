import { describe, expect, test } from "@jest/globals";
import type { Cache } from "../../../../operator/kube/cache.ts";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { KubeError } from "../../../../operator/kube/error.ts";
import { type KubeObject, keyOf, type OwnerReference, resources } from "../../../../operator/kube/object.ts";
import { Applier } from "../../../../operator/reconcile/applier.ts";
import { View } from "../../../../operator/reconcile/view.ts";
import { fakeClient } from "../kube/fake-client.ts";

const { signal } = new AbortController();
const owner = { name: "pair", namespace: "n", uid: "u1" };
const by = (uid: string, name = "pair", more: Partial<OwnerReference> = {}): OwnerReference => ({
  ...{ apiVersion: "tenon.dev/v1alpha1", kind: "Composition", name, uid, controller: true },
  ...more,
});
const service = (metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "pair", namespace: "n", uid: "s1", resourceVersion: "5", ...metadata },
});
const ours = service({ ownerReferences: [by("u1")] });

function cacheOf(objects: readonly KubeObject[]): Cache {
  return {
    get: (key) => objects.find((one) => keyOf(one) === key),
    list: () => objects,
    byIndex: () => objects,
    onChange: () => {},
    onListed: () => {},
    synced: async () => {},
    healthy: () => true,
  };
}

/** An applier to which the objects `labelled` have our label, and the others have not. */
function start(parts: { labelled?: KubeObject[]; others?: KubeObject[]; apply?: KubeClient["apply"]; same?: boolean }) {
  const forced: boolean[] = [];
  const apply: KubeClient["apply"] = async (resource, object, options) => {
    forced.push(options.force);
    return (await parts.apply?.(resource, object, options)) ?? (ours as never);
  };
  const view = new View(cacheOf(parts.labelled ?? []));
  const owned = new Map([["v1/Service", { resource: resources.services, view, others: cacheOf(parts.others ?? []) }]]);
  const comparison = { appliedHash: () => "h", stands: () => parts.same ?? true };
  const applier = new Applier(fakeClient({ apply }), owned, comparison);
  return { forced, view, ensure: () => applier.ensure(owner, ours, signal) };
}

describe("Applier.ensure()", () => {
  test("makes what is not there, without force", async () => {
    const { forced, ensure } = start({});
    expect(await ensure()).toEqual({ live: ours });
    expect(forced).toEqual([false]);
  });

  test("writes nothing where all is as desired", async () => {
    const { forced, ensure } = start({ labelled: [ours] });
    expect(await ensure()).toEqual({ live: ours });
    expect(forced).toEqual([]);
  });

  test.each<[string, object]>([
    ["nobody", {}],
    ["somebody", { ownerReferences: [by("x", "pair", { apiVersion: "apps/v1", kind: "Deployment" })] }],
    ["another Composition", { ownerReferences: [by("x", "other")] }],
    ["a kind of another group", { ownerReferences: [by("x", "pair", { apiVersion: "tenon.dev.example/v1" })] }],
    ["us, but not as its controller", { ownerReferences: [by("u1", "pair", { controller: false })] }],
  ])("sends nothing over an object that belongs to %s, with our label or without", async (_, metadata) => {
    for (const where of ["labelled", "others"]) {
      const { forced, ensure } = start({ [where]: [service(metadata)] });
      expect(await ensure()).toEqual({
        outcome: { kind: "stalled", reason: "NotOwned", message: expect.stringContaining('"pair"'), afterMs: 60_000 },
      });
      expect(forced).toEqual([]);
    }
  });

  test("takes its own object back, with force, from which somebody took our label", async () => {
    const { forced, ensure } = start({ others: [ours] });
    expect(await ensure()).toEqual({ live: ours });
    expect(forced).toEqual([true]);
  });

  test.each<[string, object]>([
    ["of a Composition that was made again", { ownerReferences: [by("u0")] }],
    ["of ours that is going away", { ownerReferences: [by("u1")], deletionTimestamp: "2026-01-01T00:00:00Z" }],
    ["of somebody that is going away", { deletionTimestamp: "2026-01-01T00:00:00Z" }],
  ])("waits for the end of an object %s", async (_, metadata) => {
    for (const where of ["labelled", "others"]) {
      const { forced, ensure } = start({ [where]: [service(metadata)] });
      expect(await ensure()).toMatchObject({ outcome: { kind: "waiting", reason: "InProgress", afterMs: 10_000 } });
      expect(forced).toEqual([]);
    }
  });

  test.each<[string, KubeError, object]>([
    [
      "a foreign field",
      new KubeError("conflict", "x", { managers: ["helm"] }),
      { kind: "stalled", reason: "NotOwned" },
    ],
    ["an invalid field", new KubeError("invalid", "x"), { kind: "stalled", reason: "InvalidSpec" }],
    ["a policy", new KubeError("denied", "x"), { kind: "failed", reason: "Forbidden" }],
  ])("says why the server refuses an object: %s", async (_, error, outcome) => {
    const apply = () => Promise.reject(error);
    expect(await start({ apply }).ensure()).toMatchObject({ outcome });
  });
});
