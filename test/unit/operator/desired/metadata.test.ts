import { describe, expect, test } from "@jest/globals";
import { desiredOf, find, podOf, problemsOf } from "./inputs.ts";

const problems = (part: string, key: string, value = "x") =>
  problemsOf(JSON.stringify({ template: { metadata: { [part]: { [key]: value } } } })).map(({ message }) => message);

describe("makeTemplateMetadata()", () => {
  test.each([
    "tenon.dev/revision",
    "x.tenon.dev/y",
    "app.kubernetes.io/name",
    "app.kubernetes.io/managed-by",
    "pod-security.kubernetes.io/enforce",
    "container.apparmor.security.beta.kubernetes.io/runner",
    "k8s.v1.cni.cncf.io/networks",
    "iam.amazonaws.com/role",
    "sidecar.istio.io/proxyImage",
    "config.linkerd.io/proxy-image",
    "vault.hashicorp.com/agent-inject",
    "openshift.io/scc",
  ])("refuses a key that is ours or changes what runs: %s", (key) => {
    for (const part of ["labels", "annotations"]) expect(problems(part, key)).toEqual([expect.stringContaining(key)]);
  });

  test.each([
    "team",
    "acme.example/team",
    "app.kubernetes.io/version",
    "prometheus.io/scrape",
    "sidecar.istio.io/inject",
    "linkerd.io/inject",
    "cluster-autoscaler.kubernetes.io/safe-to-evict",
    "kubectl.kubernetes.io/restartedAt",
  ])("takes any other: %s", (key) => {
    for (const part of ["labels", "annotations"]) expect(problems(part, key)).toEqual([]);
  });

  test("refuses what Kubernetes would not take, at its key", () => {
    for (const key of ["", "a b", "/a", "a/", "a/b/c", "A_B.example/x", "x".repeat(64)]) {
      expect([key, problems("labels", key).length]).toEqual([key, 1]);
    }
    for (const value of ["a b", "-a", "x".repeat(64)]) expect(problems("labels", "a", value)).toHaveLength(1);
    for (const value of ["", "a", "x".repeat(63)]) expect(problems("labels", "a", value)).toEqual([]);
    expect(problems("annotations", "a", "anything at all\n")).toEqual([]);
  });

  test("leaves the operator's own labels as they are", () => {
    const { labels } = podOf(desiredOf("template: { metadata: { labels: { a: b } } }")).metadata;
    expect(labels).toMatchObject({ a: "b", "app.kubernetes.io/part-of": "tenon", "tenon.dev/composition": "shop" });
  });
});

describe("makeService()", () => {
  test("takes the type, the port and the annotations of the spec", () => {
    const yaml = `service: { type: LoadBalancer, port: 8443, annotations: { service.beta.kubernetes.io/x: "y" } }`;
    const { metadata, spec } = find(desiredOf(yaml), "Service");
    expect(metadata.name).toBe("shop");
    expect(metadata.annotations).toMatchObject({ "service.beta.kubernetes.io/x": "y" });
    expect(spec).toEqual({
      type: "LoadBalancer",
      selector: { "tenon.dev/composition": "shop" },
      ports: [{ name: "http", port: 8443, protocol: "TCP", targetPort: "http" }],
    });
  });
});
