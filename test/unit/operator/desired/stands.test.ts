import { describe, expect, test } from "@jest/globals";
import { applied, appliedHash } from "../../../../operator/desired/applied.ts";
import { stands } from "../../../../operator/desired/stands.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { desiredOf, type Json } from "./inputs.ts";

const [deployment] = desiredOf("replicas: 2").objects.slice(-1) as [KubeObject];
const change = (edit: (live: Json) => void): KubeObject => {
  const live = structuredClone(deployment);
  edit(live);
  return live;
};

describe("stands()", () => {
  test("is true of the object itself, and of one with more in it", () => {
    expect(stands(deployment, deployment)).toBe(true);
    const live = change(({ metadata, spec }) => {
      metadata.labels.other = "x";
      metadata.ownerReferences.unshift({ apiVersion: "v1", kind: "Other", name: "o", uid: "other" });
      spec.paused = true;
      spec.template.spec.dnsPolicy = "ClusterFirst";
      spec.template.spec.containers.unshift({ name: "sidecar", image: "proxy" });
      spec.template.spec.containers[1].volumeMounts.reverse();
      spec.template.spec.containers[1].ports[0].hostPort = 0;
    });
    expect(stands(deployment, live)).toBe(true);
  });

  test.each<[string, (live: Json) => void]>([
    ["a number", ({ spec }) => (spec.replicas = 3)],
    ["a label that is gone", ({ metadata }) => delete metadata.labels["tenon.dev/composition"]],
    ["an owner that is gone", ({ metadata }) => metadata.ownerReferences.pop()],
    ["an argument more", ({ spec }) => spec.template.spec.containers[0].args.push("--debug")],
    ["an argument less", ({ spec }) => spec.template.spec.containers[0].args.pop()],
    ["another image", ({ spec }) => (spec.template.spec.containers[0].image = "evil")],
    ["a capability", ({ spec }) => spec.template.spec.containers[0].securityContext.capabilities.drop.pop()],
    ["a mount that is gone", ({ spec }) => spec.template.spec.containers[0].volumeMounts.shift()],
    [
      "another source of a volume",
      ({ spec }) => (spec.template.spec.volumes[0] = { name: "tenon-config", emptyDir: {} }),
    ],
    ["a list that became a map", ({ spec }) => (spec.template.spec.containers = {})],
    ["a map that became null", ({ spec }) => (spec.template.spec.securityContext = null)],
  ])("is false with %s", (_what, edit) => {
    expect(stands(deployment, change(edit))).toBe(false);
  });

  test("compares lists that the server does not merge item by item, in order", () => {
    const policy = (ports: number[]) =>
      ({ spec: { egress: [{ ports: ports.map((port) => ({ port, protocol: "TCP" })) }] } }) as unknown as KubeObject;
    expect(stands(policy([1, 2]), policy([1, 2]))).toBe(true);
    expect(stands(policy([1, 2]), policy([2, 1]))).toBe(false);
    expect(stands(policy([1]), policy([1, 2]))).toBe(false);
  });

  test("tells two ports of one number apart by their protocol", () => {
    const pod = (ports: object[]) => ({ spec: { ports } }) as unknown as KubeObject;
    const [tcp, udp] = [
      { containerPort: 1, protocol: "TCP", name: "a" },
      { containerPort: 1, protocol: "UDP", name: "b" },
    ];
    expect(stands(pod([tcp, udp]), pod([udp, tcp]))).toBe(true);
    expect(stands(pod([tcp, udp]), pod([tcp, { ...udp, name: "c" }]))).toBe(false);
  });
});

describe("applied()", () => {
  test("adds a hash of the whole object, and no other annotation goes", () => {
    const plain: KubeObject = { apiVersion: "v1", kind: "X", metadata: { name: "x", annotations: { a: "b" } } };
    const once = applied(plain);
    expect(once.metadata.annotations).toEqual({ a: "b", "tenon.dev/applied": appliedHash(once) });
    expect(appliedHash(applied(plain))).toBe(appliedHash(once));
    expect(appliedHash(applied({ ...plain, kind: "Y" }))).not.toBe(appliedHash(once));
    expect(appliedHash(plain)).toBeUndefined();
  });

  test("gives the same hash whatever the order of keys is", () => {
    const make = (labels: Record<string, string>) =>
      appliedHash(applied({ apiVersion: "v1", kind: "X", metadata: { name: "x", labels } }));
    expect(make({ a: "1", b: "2" })).toBe(make({ b: "2", a: "1" }));
  });
});
