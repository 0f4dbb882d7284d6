import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@bytecodealliance/jco";
import { describe, expect, test } from "@jest/globals";
import { leaderLabel } from "../../../api/names.ts";
import { committedCrds } from "../../support/api-server/crds.ts";
import type { Json } from "../../support/api-server/http.ts";
import { chartFolder, type RenderOptions, renderChart } from "../../support/helm/chart.ts";
import { describeWithHelm } from "../../support/helm/suite.ts";

const file = (name: string): string => join(import.meta.dirname, "values", `${name}.yaml`);
const root = join(import.meta.dirname, "../../..");

async function find(kind: string, options: RenderOptions = {}): Promise<Json> {
  return (await renderChart(options)).find((object) => object.kind === kind);
}

describeWithHelm("the chart", () => {
  describe("the operator's pod", () => {
    test.each(["default", "highly-available", "persistent", "everything"])(
      "keeps to the Pod Security Standard restricted with values/%s.yaml",
      async (name) => {
        const { spec } = (await find("Deployment", { files: [file(name)] })).spec.template;
        expect(spec).not.toHaveProperty("hostNetwork");
        expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
        for (const { securityContext } of spec.containers)
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          });
        expect(spec.volumes.filter((volume: Json) => !volume.emptyDir && !volume.persistentVolumeClaim)).toEqual([]);
      },
    );

    test("has requests and limits, and a volume that is larger than what the operator keeps", async () => {
      const { containers, volumes } = (await find("Deployment")).spec.template.spec;
      expect(containers[0].resources).toEqual({
        requests: { cpu: "100m", memory: "256Mi" },
        limits: { memory: "1Gi" },
      });
      expect(volumes[0].emptyDir).toEqual({ sizeLimit: "2561Mi" });
    });

    test("ends before the next one starts where they share a claim", async () => {
      const deployment = await find("Deployment", { files: [file("persistent")] });
      const claim = await find("PersistentVolumeClaim", { files: [file("persistent")] });
      expect(deployment.spec.strategy).toEqual({ type: "Recreate" });
      expect(deployment.spec.template.spec.volumes[0].persistentVolumeClaim.claimName).toBe(claim.metadata.name);
      expect(claim.spec.resources.requests.storage).toBe("12801Mi");
      expect(claim.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
      const values = { "data.persistence": { enabled: true, existingClaim: "mine" } };
      expect(await find("PersistentVolumeClaim", { values })).toBeUndefined();
      const { volumes } = (await find("Deployment", { values })).spec.template.spec;
      expect(volumes[0].persistentVolumeClaim.claimName).toBe("mine");
    });
  });

  describe("the objects of the chart fit together", () => {
    test.each(["default", "everything"])("with values/%s.yaml", async (name) => {
      const objects = await renderChart({ files: [file(name)] });
      const of = (kind: string) => objects.filter((object) => object.kind === kind);
      const { labels } = of("Deployment")[0].spec.template.metadata;
      const [own, metrics] = of("Service");
      expect({ ...labels, [leaderLabel]: "true" }).toMatchObject(own.spec.selector);
      expect(own.spec.selector[leaderLabel]).toBe("true");
      expect(labels).toMatchObject(metrics.spec.selector);
      expect(labels).toMatchObject(of("NetworkPolicy")[0].spec.podSelector.matchLabels);
      expect(labels).toMatchObject(of("Deployment")[0].spec.selector.matchLabels);
      const ports = of("Deployment")[0].spec.template.spec.containers[0].ports.map((port: Json) => port.name);
      expect(ports).toEqual(expect.arrayContaining([own.spec.ports[0].targetPort, metrics.spec.ports[0].targetPort]));
      const [{ clientConfig }] = of("ValidatingWebhookConfiguration")[0].webhooks;
      expect(clientConfig.service).toEqual({
        name: own.metadata.name,
        namespace: own.metadata.namespace,
        port: own.spec.ports[0].port,
      });
      for (const { subjects } of [...of("RoleBinding"), ...of("ClusterRoleBinding")])
        expect(subjects).toEqual([
          { kind: "ServiceAccount", name: of("ServiceAccount")[0].metadata.name, namespace: "tenon-system" },
        ]);
    });

    test("and none is one that a Composition could own: the operator selects its own by another manager", async () => {
      const managers = (await renderChart()).map(({ metadata }) => metadata.labels["app.kubernetes.io/managed-by"]);
      expect(new Set(managers)).toEqual(new Set(["Helm"]));
    });

    test("and a second release of the same name in another namespace has other names in the cluster", async () => {
      const names = async (namespace: string) =>
        (await renderChart({ namespace, values: { "crds.enabled": false } }))
          .filter(({ metadata }) => metadata.namespace === undefined)
          .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      const [one, other] = [await names("one"), await names("other")];
      expect(one.length).toBeGreaterThan(3);
      expect(one.filter((name) => other.includes(name))).toEqual([]);
    });

    test("and names stay within bounds for a long release", async () => {
      const objects = await renderChart({ release: "r".repeat(53), values: { watchNamespaces: ["a"] } });
      const long = objects.filter(
        ({ kind, metadata }) => /^(Service|Deployment)$/.test(kind) && metadata.name.length > 63,
      );
      expect(long).toEqual([]);
    });
  });

  describe("the webhook", () => {
    test("never blocks the cluster, and sees only watched namespaces", async () => {
      const [everywhere] = (await find("ValidatingWebhookConfiguration")).webhooks;
      expect(everywhere).toMatchObject({ failurePolicy: "Ignore", sideEffects: "None", timeoutSeconds: 5 });
      expect(everywhere).not.toHaveProperty("namespaceSelector");
      expect(everywhere.clientConfig).not.toHaveProperty("caBundle");
      const [some] = (await find("ValidatingWebhookConfiguration", { files: [file("namespaced")] })).webhooks;
      expect(some.namespaceSelector.matchExpressions).toEqual([
        { key: "kubernetes.io/metadata.name", operator: "In", values: ["shop", "blog"] },
      ]);
    });
    test("is not there where it is turned off", async () => {
      expect(await find("ValidatingWebhookConfiguration", { values: { "webhook.enabled": false } })).toBeUndefined();
    });
  });

  describe("the CustomResourceDefinitions", () => {
    const definitions = async (values: object) =>
      (await renderChart({ values })).filter(({ kind }) => kind === "CustomResourceDefinition");

    test("are those of crds/, and stay when the release goes", async () => {
      const found = await definitions({});
      expect(found.map(({ spec }) => spec)).toEqual(committedCrds().map(({ spec }) => spec));
      for (const { metadata } of found) expect(metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    });
    test("go with the release, or are left to others, where that is asked for", async () => {
      for (const { metadata } of await definitions({ "crds.keep": false }))
        expect(metadata).not.toHaveProperty("annotations");
      expect(await definitions({ "crds.enabled": false })).toEqual([]);
    });
    test("are copied byte for byte", () => {
      const names = readdirSync(join(root, "crds"));
      expect(readdirSync(join(chartFolder, "files/crds"))).toEqual(names);
      for (const name of names)
        expect(readFileSync(join(chartFolder, "files/crds", name), "utf8")).toBe(
          readFileSync(join(root, "crds", name), "utf8"),
        );
    });
  });

  test("the chart has the version of the project", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const chart = readFileSync(join(chartFolder, "Chart.yaml"), "utf8");
    expect(chart).toContain(`\nversion: ${version}\n`);
    expect(chart).toContain(`\nappVersion: ${version}\n`);
  });

  test("the component of the notes is made from the text beside it", async () => {
    const text = readFileSync(join(chartFolder, "files/hello.wat"), "utf8");
    const made = Buffer.from(await parse(text));
    expect(readFileSync(join(chartFolder, "files/hello.wasm")).equals(made)).toBe(true);
  });
});
