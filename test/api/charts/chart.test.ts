import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { argumentsOf, chartFolder, type RenderOptions, renderChart, runHelm } from "../../support/helm/chart.ts";

const values = join(import.meta.dirname, "../../unit/charts/values");
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
let server: ApiServer;

beforeAll(async () => {
  await runHelm(["version"]);
  server = await startApiServer({ crds: false });
  for (const name of ["tenon-system", "shop", "blog"])
    await server.client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}, 900_000);
afterAll(() => server?.stop());

/** Where an object of a kind of the chart is. */
function pathOf({ apiVersion, kind, metadata: { name, namespace } }: Json): string {
  const plural = `${kind.toLowerCase().replace(/y$/, "ie")}s`;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}/${name}`;
}

const helm = (command: string, options: RenderOptions = {}, ...more: readonly string[]) =>
  runHelm([command, "tenon", chartFolder, "--kubeconfig", server.admin.kubeconfig, ...argumentsOf(options), ...more]);

describe("a dry run on the API server", () => {
  test.each(readdirSync(values))("takes every object of the chart with values/%s", async (file) => {
    const objects = await renderChart({ files: [join(values, file)] });
    // The Prometheus operator is not here.
    const ours = objects.filter(({ apiVersion }) => !apiVersion.startsWith("monitoring.coreos.com/"));
    for (const object of ours) {
      const query = "fieldManager=test&force=true&fieldValidation=Strict&dryRun=All";
      const ask = { body: object, contentType: "application/apply-patch+yaml" };
      const { status, body } = await server.client.request("PATCH", `${pathOf(object)}?${query}`, ask);
      expect([object.kind, object.metadata.name, status, body.message]).toEqual([
        object.kind,
        object.metadata.name,
        201,
        undefined,
      ]);
    }
    expect(ours.length).toBeGreaterThan(2);
  });
});

describe("helm", () => {
  test("installs, upgrades with other values, and uninstalls but for the CustomResourceDefinitions", async () => {
    await helm("install");
    const deployment = "/apis/apps/v1/namespaces/tenon-system/deployments/tenon-operator";
    expect((await server.client.get(deployment)).spec.replicas).toBe(1);
    const found = (await server.client.list(definitions)).map(({ metadata }) => metadata.name);
    expect(found).toEqual(["components.tenon.dev", "compositions.tenon.dev"]);

    await helm("upgrade", { values: { replicas: 2 } });
    expect((await server.client.get(deployment)).spec.replicas).toBe(2);

    await runHelm(["uninstall", "tenon", "--namespace", "tenon-system", "--kubeconfig", server.admin.kubeconfig]);
    expect(await server.client.get(deployment)).toBeUndefined();
    expect(await server.client.list(definitions)).toHaveLength(2);
  }, 120_000);

  test("takes the CustomResourceDefinitions over that it left behind, and keeps what is in them", async () => {
    await server.client.apply(paths.component("shop", "kept"), {
      apiVersion: "tenon.dev/v1alpha1",
      kind: "Component",
      metadata: { name: "kept" },
      spec: { source: { configMap: { name: "a", key: "a" } } },
    });
    await helm("install", { values: { watchNamespaces: ["shop"] } });
    expect(await server.client.get(paths.component("shop", "kept"))).toBeDefined();
    const roles = await server.client.list("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles");
    expect(roles.map(({ metadata }) => metadata.name)).toEqual(["tenon-operator.tenon-system"]);
  }, 120_000);

  test("leaves the CA bundle and the path alone that the operator wrote, a new port among what it changes", async () => {
    const at = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/tenon-operator.tenon-system";
    const { webhooks } = await server.client.get(at);
    const caBundle = Buffer.from(server.ca).toString("base64");
    await server.client.patch(at, {
      webhooks: webhooks.map(({ clientConfig, ...webhook }: Json) => ({
        ...webhook,
        clientConfig: { service: { ...clientConfig.service, path: "/admission/abc" }, caBundle },
      })),
    });
    await helm("upgrade", { values: { watchNamespaces: ["shop"], "webhook.timeoutSeconds": 7, "service.port": 8443 } });
    const [webhook] = (await server.client.get(at)).webhooks;
    expect(webhook.timeoutSeconds).toBe(7);
    expect(webhook.clientConfig).toMatchObject({ caBundle, service: { path: "/admission/abc", port: 8443 } });
  }, 60_000);
});
