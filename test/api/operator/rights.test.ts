import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";

/** A Composition never lends its author the operator's rights, and never takes what is not its own. */
let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  operator = await startOperator(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});
beforeEach(async () => {
  shop = await openShop(server);
  await shop.putPair();
});

const put = (spec: object) => shop.putComposition("pair", { exports: pairExports, ...spec });

/** Applied without validation, as by a client that does not ask for it. */
async function putUnchecked(template: object): Promise<number> {
  const at = `${paths.compositions(shop.namespace)}?fieldValidation=Ignore`;
  const spec = {
    instances: ["echo", "relay"].map((name) => ({ name, component: { name } })),
    exports: pairExports,
    template,
  };
  const body = { apiVersion: "tenon.dev/v1alpha1", kind: "Composition", metadata: { name: "pair" }, spec };
  return (await server.client.request("POST", at, { body })).status;
}

async function podOf(name: string): Promise<Json> {
  await shop.deploy(name);
  return (await shop.deployment(name)).spec.template;
}

describe("template", () => {
  test.each([
    ["a privileged container", { containers: [{ name: "runner", securityContext: { privileged: true } }] }],
    ["an extra container", { initContainers: [{ name: "x", image: "evil" }] }],
    ["the host's network", { hostNetwork: true, hostPID: true, hostIPC: true }],
    ["a security context", { securityContext: { runAsUser: 0, runAsNonRoot: false } }],
    ["a token of the ServiceAccount", { automountServiceAccountToken: true }],
    ["a node by name", { nodeName: "control-plane" }],
    ["a runtime", { runtimeClassName: "unconfined" }],
  ])("cannot ask for %s: it is an error, and pruned where a client asks for no validation", async (_, spec) => {
    await expect(put({ template: { spec } })).rejects.toThrow(/unknown field|field not declared/);
    expect(await putUnchecked({ spec })).toBe(201);
    const pod = (await podOf("pair")).spec;
    expect([pod.hostNetwork, pod.hostPID, pod.hostIPC, pod.nodeName, pod.runtimeClassName]).toEqual(
      new Array(5).fill(undefined),
    );
    expect(pod.containers).toHaveLength(1);
    expect(pod.initContainers).toBeUndefined();
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 });
    expect(pod.containers[0].securityContext.privileged).toBeUndefined();
  });

  test("cannot mount a path of the host", async () => {
    const volumes = [{ name: "v", hostPath: { path: "/" } }];
    await expect(put({ template: { spec: { volumes } } })).rejects.toThrow(/hostPath/);
    expect(await putUnchecked({ spec: { volumes } })).toBe(422);
  });

  test("cannot mount a token of a ServiceAccount", async () => {
    const volumes = [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }];
    await expect(put({ template: { spec: { volumes } } })).rejects.toThrow(/projected/);
    expect(await putUnchecked({ spec: { volumes } })).toBe(422);
  });

  test("cannot name a ServiceAccount that the operator's configuration does not allow", async () => {
    await put({ template: { spec: { serviceAccountName: "default" } } });
    const stalled = await shop.until("composition", "pair", { Stalled: "True/InvalidSpec" });
    expect(conditionOf(stalled, "Ready").message).toContain("serviceAccountName");
    expect(await shop.deployment("pair")).toBeUndefined();
  });

  test("cannot set a label that is the operator's own", async () => {
    await put({ template: { metadata: { labels: { "tenon.dev/composition": "other" } } } });
    await shop.until("composition", "pair", { Stalled: "True/InvalidSpec" });
    expect(await shop.deployment("pair")).toBeUndefined();
  });

  test("may choose nodes and set resources", async () => {
    await put({
      template: {
        spec: { nodeSelector: { disk: "fast" }, resources: { limits: { memory: "300Mi" } }, priorityClassName: "" },
      },
    });
    const pod = (await podOf("pair")).spec;
    expect(pod.nodeSelector).toEqual({ disk: "fast" });
    expect(pod.containers[0].resources.limits).toMatchObject({ memory: "300Mi" });
  });
});

const foreignDeployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "pair" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "theirs" } },
    template: { metadata: { labels: { app: "theirs" } }, spec: { containers: [{ name: "app", image: "theirs" }] } },
  },
};

describe("an object of the wanted name", () => {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "pair" },
    spec: { selector: { app: "theirs" }, ports: [{ name: "http", port: 80, targetPort: 1234 }] },
  };
  const servicePath = () => `/api/v1/namespaces/${shop.namespace}/services/pair`;

  test("that somebody made is never taken over: a Deployment", async () => {
    const path = paths.deployment(shop.namespace, "pair");
    const before = await server.client.apply(path, foreignDeployment, "somebody");
    await put({});
    const stalled = await shop.until("composition", "pair", { Stalled: "True/NotOwned" });
    expect(conditionOf(stalled, "Ready").message).toContain('Deployment "pair"');
    expect(await server.client.get(path)).toEqual(before);
  });

  test("that somebody made is never taken over: a Service", async () => {
    const before = await server.client.apply(servicePath(), service, "somebody");
    await put({ service: { call: true } });
    await shop.until("composition", "pair", { Stalled: "True/NotOwned" });
    expect(await server.client.get(servicePath())).toEqual(before);
  });

  test("that has our label and another owner is never taken over", async () => {
    const owned = {
      ...service,
      metadata: {
        name: "pair",
        labels: { "app.kubernetes.io/managed-by": "tenon-operator", "tenon.dev/composition": "pair" },
        ownerReferences: [
          {
            apiVersion: "tenon.dev/v1alpha1",
            kind: "Composition",
            name: "other",
            uid: "11111111-2222-3333-4444-555555555555",
            controller: true,
          },
        ],
      },
    };
    const before = await server.client.apply(servicePath(), owned, "somebody");
    await put({ service: { call: true } });
    await shop.until("composition", "pair", { Stalled: "True/NotOwned" });
    expect(await server.client.get(servicePath())).toEqual(before);
  });

  /** Without a field that would be in conflict with one of ours. */
  const bare: readonly [string, string, Json][] = [
    [
      "Service without a selector",
      "api/v1",
      { apiVersion: "v1", kind: "Service", metadata: { name: "pair" }, spec: { ports: [{ name: "db", port: 5432 }] } },
    ],
    [
      "PodDisruptionBudget",
      "apis/policy/v1",
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "pair-runner" }, spec: {} },
    ],
  ];
  test.each(bare)("is never taken over, though no field is in conflict: a %s", async (_, root, object) => {
    const plural = `${object.kind.toLowerCase()}s`;
    const path = `/${root}/namespaces/${shop.namespace}/${plural}/${object.metadata.name}`;
    const before = await server.client.apply(path, object, "somebody");
    await put({ service: { call: true }, replicas: 2 });
    const stalled = await shop.until("composition", "pair", { Stalled: "True/NotOwned" });
    expect(conditionOf(stalled, "Ready").message).toContain(`${object.kind} "${object.metadata.name}"`);
    expect(await server.client.get(path)).toEqual(before);
  });

  test("is written as soon as its name is free", async () => {
    await server.client.apply(servicePath(), service, "somebody");
    await put({ service: { call: true } });
    await shop.until("composition", "pair", { Stalled: "True/NotOwned" });
    await server.client.delete(servicePath());
    await shop.deploy("pair");
    expect((await server.client.get(servicePath())).metadata.ownerReferences[0].name).toBe("pair");
  });

  test("that is ours stays ours, where somebody takes our label off", async () => {
    await put({ service: { call: true } });
    await shop.deploy("pair");
    const label = "app.kubernetes.io/managed-by";
    await server.client.patch(servicePath(), { metadata: { labels: { [label]: null } } });
    await waitFor(
      "the label to be back",
      async () => (await server.client.get(servicePath())).metadata.labels[label] === "tenon-operator",
    );
    await shop.until("composition", "pair", { Ready: "True" });
  });
});

describe("what a policy of the cluster refuses", () => {
  const root = "/apis/admissionregistration.k8s.io/v1";
  const policy = (): readonly Json[] => [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: shop.namespace },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"] },
          ],
        },
        validations: [{ expression: "'team' in object.metadata.labels", message: "no label team", reason: "Invalid" }],
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: shop.namespace },
      spec: {
        policyName: shop.namespace,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": shop.namespace } } },
      },
    },
  ];
  const pathOf = ({ kind, metadata }: Json): string =>
    `${root}/${kind === "ValidatingAdmissionPolicy" ? "validatingadmissionpolicies" : "validatingadmissionpolicybindings"}/${metadata.name}`;

  test("is tried again: it is written once the policy is gone", async () => {
    for (const object of policy()) await server.client.apply(pathOf(object), object);
    await waitFor("the policy to be in force", async () => {
      const at = `/apis/apps/v1/namespaces/${shop.namespace}/deployments?dryRun=All`;
      const body = { ...foreignDeployment, metadata: { name: "probe" } };
      return (await server.client.request("POST", at, { body })).status === 422;
    });
    await put({});
    const told = await shop.until("composition", "pair", { Ready: "False/Forbidden", Reconciling: "True" });
    expect(conditionOf(told, "Ready").message).toContain("no label team");
    for (const object of policy()) await server.client.delete(pathOf(object));
    await shop.deploy("pair");
  }, 60_000);
});
