import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../operator/clock.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { createKubeClient } from "../../../operator/kube/create-client.ts";
import { makeLog } from "../../../operator/log.ts";
import type { KnownTypes } from "../../../operator/serve/admit-composition.ts";
import { type CertificateKeeper, startCertificate } from "../../../operator/serve/certificate.ts";
import { type SecureServer, startSecureServer } from "../../../operator/serve/server.ts";
import { webhookRouter } from "../../../operator/serve/webhook.ts";
import { hasKubectl, kubectl } from "../../support/api-server/kubectl.ts";
import { compositionOf, paths } from "../../support/api-server/objects.ts";
import { operatorRules } from "../../support/api-server/operator-rules.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { func, instance, table } from "../../support/wiring/tables.ts";

const query = instance({ find: func({ key: "string" }, "u32") });
const exporter = (of: Parameters<typeof table>[0]["exports"]) => ({
  digest: "sha256:0",
  table: table({ exports: of! }),
});
const known: Readonly<Record<string, KnownTypes>> = {
  front: {
    digest: "sha256:0",
    table: table({ imports: { "acme:shop/query": query }, exports: { "acme:shop/pages": instance({ f: func() }) } }),
  },
  store: exporter({ "acme:shop/query": query }),
  odd: exporter({ "acme:shop/query": instance({ find: func({ key: "string" }, "u64") }) }),
};
const service = { name: "tenon-operator", namespace: "tenon-system" };
const configuration = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/tenon";
const secretPath = "/api/v1/namespaces/tenon-system/secrets/tenon-tls";
const log = makeLog(() => {}, { level: "error", now: Date.now });

let api: ApiServer;
let client: KubeClient;
let keeper: CertificateKeeper;
let secure: SecureServer;
let namespace: string;

const keep = (): Promise<CertificateKeeper> => {
  const secret = { name: "tenon-tls", namespace: "tenon-system" };
  return startCertificate({ client, clock: systemClock, log, secret, service, webhook: "tenon" });
};
const bundles = async (): Promise<string[]> =>
  (await api.client.get(configuration)).webhooks.map(({ clientConfig }: { clientConfig: { caBundle?: string } }) =>
    Buffer.from(clientConfig.caBundle ?? "", "base64").toString(),
  );
const shop = (server: string, more: object = {}) =>
  compositionOf(
    "shop",
    { front: "front", back: server },
    { exports: [{ name: "acme:shop/pages", from: "front/acme:shop/pages" }], ...more },
  );

beforeAll(async () => {
  api = await startApiServer();
  await api.ensureNamespace("tenon-system");
  namespace = await api.addNamespace();
  const user = await api.addUser("operator", operatorRules("tenon-system"));
  client = createKubeClient({ kubeconfig: user.kubeconfig, clock: systemClock, log });
  await api.client.apply(configuration, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "tenon" },
    webhooks: ["components", "compositions"].map((plural) => ({
      name: `${plural}.tenon.dev`,
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      failurePolicy: "Ignore",
      timeoutSeconds: 5,
      clientConfig: { service: { ...service, port: 443 } },
      rules: [{ apiGroups: ["tenon.dev"], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources: [plural] }],
    })),
  });
  keeper = await keep();
  const deps = { lookUp: (_: string, name: string) => known[name], usersOf: () => ["shop"] };
  const routers = [webhookRouter({ deps, path: () => keeper.admissionPath(), clock: systemClock, log })];
  secure = await startSecureServer({ listen: "127.0.0.1:0", certificate: keeper, log, routers });
  // An external name is where the API server goes without a Service network; the certificate's name is still the Service's.
  await api.client.apply(`/api/v1/namespaces/tenon-system/services/${service.name}`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: service,
    spec: { type: "ExternalName", externalName: "localhost", ports: [{ port: 443 }] },
  });
  await api.client.patch(configuration, {
    webhooks: (await api.client.get(configuration)).webhooks.map((webhook: { clientConfig: { service: object } }) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, service: { ...webhook.clientConfig.service, port: secure.port } },
    })),
  });
  await waitFor("the webhook to be called", async () => {
    const answer = await api.client.request("POST", `${paths.compositions(namespace)}?dryRun=All`, {
      body: shop("odd"),
    });
    return answer.status === 422;
  });
}, 120_000);
afterAll(async () => {
  keeper?.stop();
  await secure?.stop(0);
  await client?.close();
  await api?.stop();
});

const post = (object: object, query = "") =>
  api.client.request("POST", `${paths.compositions(namespace)}${query}`, { body: object });

describe("the admission webhook on a real API server", () => {
  test("refuses a Composition that cannot type-check, with the finding", async () => {
    const { status, body } = await post(shop("odd"));
    expect([status, body.reason]).toEqual([422, "Invalid"]);
    expect(
      body.message,
    ).toBe(`admission webhook "compositions.tenon.dev" denied the request: Cannot accept Composition "shop": 1 error

error[type-mismatch]: Cannot serve "front" import "acme:shop/query" from "back": the types differ
  ╭─ Composition "shop"  spec.instances[0]
  │  at        acme:shop/query#find->
  │  expected  u32
  │  found     u64
  ╰─ hint Build "front" and "odd" against one version of the interface
`);
  });
  test("admits with warnings what is not known yet, and then never refuses its status, its labels or its deletion", async () => {
    const path = paths.composition(namespace, "shop");
    const created = await post(shop("later"));
    expect(created.status).toBe(201);
    expect(created.headers["warning"]).toContain(
      "spec.instances[1].component: Waits for a Component that does not exist yet: later",
    );
    const changed = await api.client.request("PATCH", path, {
      body: { spec: shop("odd").spec },
      contentType: "application/merge-patch+json",
    });
    expect(changed.status).toBe(422);
    await api.client.patch(`${path}/status`, { status: { observedGeneration: 1 } });
    await api.client.patch(path, { metadata: { labels: { team: "a" } } });
    await api.client.delete(path);
  });
  test("refuses a Component whose source is a file, and names who uses one that changes", async () => {
    const component = (source: object) => ({
      apiVersion: "tenon.dev/v1alpha1",
      kind: "Component",
      metadata: { name: "store" },
      spec: { source },
    });
    const create = (source: object) =>
      api.client.request("POST", paths.components(namespace), { body: component(source) });
    const refused = await create({ file: { path: "./a.wasm" } });
    expect([refused.status, refused.body.message]).toEqual([422, expect.stringContaining("Cannot read source.file")]);
    expect((await create({ configMap: { name: "a", key: "a" } })).status).toBe(201);
    const changed = await api.client.request("PATCH", paths.component(namespace, "store"), {
      body: { spec: { source: { configMap: { key: "b" } } } },
      contentType: "application/merge-patch+json",
    });
    expect([changed.status, changed.headers["warning"]]).toEqual([200, expect.stringContaining("that use it: shop")]);
  });
  (hasKubectl() ? test : test.skip)("shows kubectl users the whole finding", async () => {
    const ran = await kubectl(api, ["apply", "-f", "-"], { namespace, input: JSON.stringify(shop("odd")) });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("  │  expected  u32\n  │  found     u64\n");
  });
  test("has its trust repaired when somebody empties it", async () => {
    const { webhooks } = await api.client.get(configuration);
    await api.client.patch(configuration, {
      webhooks: webhooks.map((webhook: { clientConfig: object }) => ({
        ...webhook,
        clientConfig: { ...webhook.clientConfig, caBundle: null },
      })),
    });
    expect(await bundles()).toEqual(["", ""]);
    await keeper.check();
    const { authority } = keeper.current();
    expect(await bundles()).toEqual([authority, authority]);
  });
  test("has its path repaired when somebody takes it away", async () => {
    const { webhooks } = await api.client.get(configuration);
    const without = webhooks.map(({ clientConfig, ...webhook }: { clientConfig: { service: object } }) => ({
      ...webhook,
      clientConfig: { ...clientConfig, service: { ...clientConfig.service, path: "/admission" } },
    }));
    await api.client.patch(configuration, { webhooks: without });
    await waitFor("nobody to be asked", async () => (await post(shop("odd"), "?dryRun=All")).status === 201);
    await keeper.check();
    await waitFor("the webhook to be asked", async () => (await post(shop("odd"), "?dryRun=All")).status === 422);
  });
  test("shares one certificate among replicas that start at once, and writes nothing while it is right", async () => {
    await api.client.delete(secretPath);
    const both = await Promise.all([keep(), keep()]);
    expect(both[0]!.current()).toEqual(both[1]!.current());
    await keeper.check();
    expect(keeper.current()).toEqual(both[0]!.current());
    const since = await api.audit.mark();
    for (const one of [...both, keeper]) await one.check();
    const requests = await waitFor("six reads in the audit log", async () => {
      const found = await api.audit.requests({ user: "operator", since });
      return found.length >= 6 && found;
    });
    expect(new Set(requests.map(({ verb }) => verb))).toEqual(new Set(["get"]));
    for (const one of both) one.stop();
  });
  test("goes on working after the certificate was damaged, and while connections of the old one are open", async () => {
    await api.client.patch(secretPath, { data: { "tls.crt": Buffer.from("damaged").toString("base64") } });
    const before = keeper.current();
    await keeper.check();
    expect(keeper.current().certificate).not.toBe(before.certificate);
    expect((await post(shop("odd"), "?dryRun=All")).status).toBe(422);
  });
  test("blocks nobody while it is dead", async () => {
    await secure.stop(0);
    expect((await post(shop("odd"), "?dryRun=All")).status).toBe(201);
  });
});
