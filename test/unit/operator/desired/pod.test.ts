import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Schema } from "../../../../api/schema.ts";
import { template } from "../../../../api/template.ts";
import { makeDesired } from "../../../../operator/desired/make.ts";
import { command, desiredOf, inputsOf, type Json, podOf, problemsOf } from "./inputs.ts";

describe("a runner's pod", () => {
  const { spec } = podOf(desiredOf("{}"));
  const [container] = spec.containers;

  test("runs as nobody, writes nowhere but into its own folders, and has no right at the API server", () => {
    expect(spec).toMatchObject({
      serviceAccountName: "shop-runner-c41c7c",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    const writable = container.volumeMounts.filter(({ readOnly }: Json) => readOnly !== true);
    expect(writable.map(({ mountPath }: Json) => mountPath)).toEqual([
      "/var/lib/tenon/artifact",
      "/var/lib/tenon/backends",
    ]);
  });

  test("has a token for artifacts alone, and room for its artifact", () => {
    const volumes = Object.fromEntries(spec.volumes.map(({ name, ...rest }: Json) => [name, rest]));
    expect(volumes["tenon-token"].projected.sources).toEqual([
      { serviceAccountToken: { audience: "tenon.dev/artifacts", expirationSeconds: 3600, path: "token" } },
    ]);
    expect(volumes["tenon-artifact"]).toEqual({ emptyDir: { sizeLimit: "18Mi" } });
  });

  test("has probes at its admin port where it serves, and none where it runs once", () => {
    expect(container.livenessProbe.httpGet).toEqual({ path: "/healthz", port: "admin" });
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "admin" });
    expect(container.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    const [job] = podOf(desiredOf("{}", { exports: [command] })).spec.containers;
    for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "ports", "lifecycle"])
      expect(job).not.toHaveProperty(field);
  });

  test("takes a ServiceAccount that is allowed, and then has none of its own", () => {
    const desired = desiredOf("template: { spec: { serviceAccountName: web } }");
    expect(podOf(desired).spec.serviceAccountName).toBe("web");
    expect(desired.objects.map(({ kind }) => kind)).not.toContain("ServiceAccount");
    expect(podOf(desired).spec.automountServiceAccountToken).toBe(false);
  });

  test("pulls with the secrets of the operator and of the template, each once", () => {
    const desired = desiredOf("template: { spec: { imagePullSecrets: [{ name: b }, { name: a }, { name: b }] } }", {
      settings: { imagePullSecrets: ["a"] },
    });
    expect(podOf(desired).spec.imagePullSecrets).toEqual([{ name: "a" }, { name: "b" }]);
  });

  test("has the template's labels and annotations beside its own", () => {
    const { metadata } = podOf(desiredOf("template: { metadata: { labels: { a: b }, annotations: { c: d } } }"));
    expect(metadata.labels).toMatchObject({ a: "b", "tenon.dev/composition": "shop" });
    expect(metadata.annotations).toEqual({ c: "d" });
  });
});

/** Values that a part of the template may be given: what fits, and what was meant to lend rights. */
function arbitrary(schema: Schema): fc.Arbitrary<unknown> {
  const hostile = fc.constantFrom<unknown>(
    { hostPath: { path: "/" } },
    { privileged: true },
    { projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
    { name: "x", image: "evil", securityContext: { privileged: true } },
  );
  if (schema["x-kubernetes-preserve-unknown-fields"]) return fc.oneof(hostile, fc.constant({}));
  switch (schema.type) {
    case "object": {
      if (schema.additionalProperties !== undefined) {
        return fc.dictionary(fc.constantFrom("cpu", "team", "acme.io/x"), arbitrary({}));
      }
      const fields = Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, arbitrary(inner)] as const);
      const known = fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
      const extra = fc.option(
        fc.dictionary(fc.constantFrom("hostNetwork", "containers", "hostPath", "securityContext"), hostile),
      );
      return fc.tuple(known, extra).map(([one, more]) => ({ ...one, ...more }));
    }
    case "array":
      return fc.array(arbitrary(schema.items ?? {}), { maxLength: 2 });
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: 0, max: 9 });
    default:
      return schema.enum
        ? fc.constantFrom(...schema.enum)
        : fc.constantFrom("data", "web", "a", "admin", "1Gi", "tenon-token", "../..", "system-node-critical");
  }
}

const podFields = new Set([
  "serviceAccountName",
  "automountServiceAccountToken",
  "enableServiceLinks",
  "securityContext",
  "imagePullSecrets",
  "affinity",
  "tolerations",
  "nodeSelector",
  "topologySpreadConstraints",
  "priorityClassName",
  "containers",
  "volumes",
]);
const volumeKinds = new Set(["configMap", "secret", "emptyDir", "persistentVolumeClaim"]);

describe("makePodTemplate()", () => {
  test("lends no rights, whatever the template holds", () => {
    const [plain] = podOf(desiredOf("{}")).spec.containers;
    let made = 0;
    fc.assert(
      fc.property(arbitrary(template), (given) => {
        const inputs = inputsOf("{}");
        const { composition } = inputs;
        // As if the API server had let through what its schema would not.
        const spec = { ...composition.spec, template: given } as typeof composition.spec;
        const desired = makeDesired({ ...inputs, composition: { ...composition, spec } });
        if ("problems" in desired) return;
        made++;
        const pod = podOf(desired).spec;
        for (const field of Object.keys(pod)) expect(podFields).toContain(field);
        expect(["shop-runner-c41c7c", "web"]).toContain(pod.serviceAccountName);
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(pod.containers).toHaveLength(1);
        const [container] = pod.containers;
        for (const field of ["image", "args", "securityContext", "ports", "volumeMounts"])
          expect(container[field]).toEqual(plain[field]);
        expect(Object.keys(container).sort()).toEqual(Object.keys(plain).sort());
        for (const { name, ...source } of pod.volumes) {
          if (name.startsWith("tenon-")) continue;
          expect(Object.keys(source)).toHaveLength(1);
          for (const kind of Object.keys(source)) expect(volumeKinds).toContain(kind);
        }
        expect(JSON.stringify(pod)).not.toMatch(/hostPath|hostNetwork|"privileged"|evil/);
      }),
      { numRuns: 500, seed: 42 },
    );
    // Otherwise it would say nothing.
    expect(made).toBeGreaterThan(20);
  });

  test.each([
    ["affinity", "{ hostPath: { path: / } }", "spec.template.spec.affinity.hostPath"],
    [
      "affinity",
      "{ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } }",
      "spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]",
    ],
    ["tolerations", "[{ operator: Maybe }]", "spec.template.spec.tolerations[0].operator"],
    ["tolerations", "[{ operatr: Exists }]", "spec.template.spec.tolerations[0].operatr"],
    [
      "topologySpreadConstraints",
      "[{ maxSkew: 1, topologyKey: z }]",
      "spec.template.spec.topologySpreadConstraints[0]",
    ],
  ])("names the field of %s that no pod has: %s", (field, value, path) => {
    const problems = problemsOf(`template: { spec: { ${field}: ${value} } }`);
    expect(problems.map((one) => one.field)).toEqual([path]);
    expect(problems[0]?.hint).not.toBe("");
  });

  test("bounds what may be said about where pods run", () => {
    const tolerations = (length: number) =>
      JSON.stringify({ template: { spec: { tolerations: Array.from({ length }, () => ({ key: "k".repeat(300) })) } } });
    expect(problemsOf(tolerations(50))).toEqual([]);
    expect(problemsOf(tolerations(60)).map(({ message }) => message)).toEqual([
      expect.stringContaining("Must be at most 16384 bytes of JSON"),
    ]);
  });

  test("refuses two spread constraints that the API server would take for one", () => {
    const one = "{ maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule }";
    expect(problemsOf(`template: { spec: { topologySpreadConstraints: [${one}, ${one}] } }`)).toHaveLength(1);
    expect(problemsOf(`template: { spec: { topologySpreadConstraints: [${one}] } }`)).toEqual([]);
  });
});
