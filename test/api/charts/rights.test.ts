import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { AuditedRequest } from "../../support/api-server/audit.ts";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, type Shop } from "../../support/api-server/shop.ts";
import type { PolicyRule } from "../../support/api-server/users.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { findStatusProblems } from "../../support/conditions.ts";
import {
  argumentsOf,
  chartFolder,
  chartRules,
  parseObjects,
  type RenderOptions,
  renderChart,
  runHelm,
} from "../../support/helm/chart.ts";

/** The operator with the rights that the chart gives to it, the flags that the chart gives to it, and nothing else. */
let server: ApiServer;
let operator: Operator;
let shop: Shop;
let granted: readonly string[];

beforeAll(async () => {
  await runHelm(["version"]);
  server = await startApiServer();
  await server.ensureNamespace("tenon-system");
  const rights = await chartRules();
  granted = [...rights.rules, ...rights.namespaced["tenon-system"]!].flatMap(rightsOf);
  operator = await startAsIn({}, "chart");
}, 900_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

/** An operator with the rights and the flags that the chart makes of these values. */
async function startAsIn(options: RenderOptions, user: string): Promise<Operator> {
  const objects = await renderChart(options);
  const deployment = objects.find(({ kind }) => kind === "Deployment");
  const webhook = objects.find(({ kind }) => kind === "ValidatingWebhookConfiguration");
  const webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  await server.client.apply(`${webhooks}/${webhook.metadata.name}`, webhook);
  // Of these a test has its own.
  const bound = /^--(listen|secure-listen|data-folder)=/;
  const args: string[] = deployment.spec.template.spec.containers[0].args.filter((arg: string) => !bound.test(arg));
  return startOperator(server, {
    name: `${user}-0`,
    user: await server.addUser(user, await chartRules(options)),
    flags: [...args, "--leader-election=true"],
  });
}

function rightsOf({ apiGroups = [], resources = [], verbs }: PolicyRule): string[] {
  return apiGroups.flatMap(() => resources.flatMap((plural) => verbs.map((verb) => `${verb} ${plural}`)));
}

/** A server-side apply of a new object is a patch that needs create too. */
function neededBy({ verb, resource, subresource, code }: AuditedRequest): string[] {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  return verb === "patch" && code === 201 ? [`patch ${what}`, `create ${what}`] : [`${verb} ${what}`];
}

/** The objects of the `kubectl apply` in the chart's notes. */
async function objectsOfNotes(): Promise<readonly Json[]> {
  const args = ["--kubeconfig", server.admin.kubeconfig, ...argumentsOf({ values: { "crds.enabled": false } })];
  const text = await runHelm(["install", "notes", chartFolder, "--dry-run=server", ...args]);
  return parseObjects(/<<'END'\n([\s\S]*?)\nEND$/m.exec(text)![1]!);
}

describe("the operator with the chart's rights", () => {
  test("runs what the notes show", async () => {
    shop = await openShop(server);
    const objects = await objectsOfNotes();
    expect(objects.map(({ kind }) => kind)).toEqual(["ConfigMap", "Component", "Composition"]);
    for (const object of objects) {
      const { name } = object.metadata;
      if (object.kind === "ConfigMap") await server.client.apply(paths.configMap(shop.namespace, name), object);
      if (object.kind === "Component") await server.client.apply(paths.component(shop.namespace, name), object);
      if (object.kind === "Composition") await server.client.apply(paths.composition(shop.namespace, name), object);
    }
    await shop.deploy("hello");
    const composition = await shop.until("composition", "hello", { Ready: "True" });
    expect(findStatusProblems(composition)).toEqual([]);
    expect(await server.client.get(`/api/v1/namespaces/${shop.namespace}/services/hello`)).toBeDefined();
  }, 120_000);

  test("is refused nothing", async () => {
    const requests = await server.audit.requests({ user: "chart" });
    expect(requests.length).toBeGreaterThan(20);
    expect(requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
  });

  test("uses what it is given: what it did not use here is listed with its reason", async () => {
    await shop.putPair();
    await shop.putComposition("pair");
    await shop.deploy("pair");
    await shop.putComposition("pair", { replicas: 2 });
    await waitFor("an event", async () => (await usedRights()).has("create events"));
    const used = await usedRights();
    const missing = granted.filter((right) => !used.has(right));
    const expected = [
      // Other kinds of workloads, and what goes when a spec asks for less: other tests have these.
      /^(create|patch) (jobs|cronjobs)$/,
      /^delete /,
      // Events that happen again, TokenReviews of runners.
      /^patch events$/,
      /^create tokenreviews$/,
      // Renewals of the Lease and of the certificate.
      /^update (leases|secrets)$/,
    ];
    expect(missing.filter((right) => !expected.some((one) => one.test(right)))).toEqual([]);
    expect([...used].filter((right) => !granted.includes(right))).toEqual([]);
  }, 120_000);
});

describe("the operator with the rights of some namespaces", () => {
  test("works in these, is refused nothing, and asks for no other", async () => {
    await operator.stop();
    const [watched, other] = [await openShop(server), await openShop(server)];
    const values = { watchNamespaces: [watched.namespace] };
    operator = await startAsIn({ release: "some", values }, "namespaced");
    for (const one of [watched, other]) {
      await one.putPair();
      await one.putComposition("pair");
    }
    await watched.deploy("pair");
    await operator.idle();
    expect((await other.composition("pair")).status).toBeUndefined();
    const requests = await server.audit.requests({ user: "namespaced" });
    expect(requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
    const namespaces = new Set(requests.map(({ namespace }) => namespace));
    expect([...namespaces].sort()).toEqual([watched.namespace, "tenon-system", undefined]);
    const everywhere = requests.filter(({ namespace }) => namespace === undefined).map(({ resource }) => resource);
    expect([...new Set(everywhere)]).toEqual(["validatingwebhookconfigurations"]);
  }, 120_000);
});

async function usedRights(): Promise<ReadonlySet<string>> {
  return new Set((await server.audit.requests({ user: "chart" })).flatMap(neededBy));
}
