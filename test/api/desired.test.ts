import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { fieldManager } from "../../api/names.ts";
import type { Desired } from "../../operator/desired/desired.ts";
import { stands } from "../../operator/desired/stands.ts";
import { type KubeObject, resources } from "../../operator/kube/object.ts";
import { type ApiServer, startApiServer } from "../support/api-server/server.ts";
import { command, desiredOf, type Json, podOf } from "../unit/operator/desired/inputs.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ crds: false });
  await server.client.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "store", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
}, 120_000);
afterAll(() => server?.stop());

function pathOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): string {
  const { plural } = Object.values(resources).find((one) => one.kind === kind)!;
  return `${apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`}/namespaces/${namespace}/${plural}/${name}`;
}

/** Applies all objects; gives those that the server stored in another form than we wrote, and those that a second apply changed. */
async function applyAll({ objects }: Desired): Promise<string[]> {
  const wrong: string[] = [];
  for (const object of objects) {
    const live: Json = await server.client.apply(pathOf(object), object, fieldManager);
    if (!stands(object, live)) wrong.push(`${object.kind} is stored as ${JSON.stringify(live.spec)}`);
    const again: Json = await server.client.apply(pathOf(object), object, fieldManager);
    if (again.metadata.resourceVersion !== live.metadata.resourceVersion) wrong.push(`${object.kind} changed again`);
  }
  return wrong;
}

const everything = `
replicas: 2
minReadySeconds: 5
progressDeadlineSeconds: 100
revisionHistoryLimit: 3
service: { type: NodePort, port: 8080, call: true, annotations: { acme.example/x: y } }
backends: [{ name: db, keyvalue: { sqlite: { volume: data, path: x/y.db } } }, { name: f, keyvalue: { sqlite: {} } }]
instances:
  - name: a
    component: { name: x }
    grants:
      http: { allowedHosts: ["https://api.example.com", "http://*.svc:8080"], allowedCIDRs: ["10.0.0.5/8", "FD00:0:0::1/8"] }
      filesystem: [{ volume: data, guestPath: /data }, { volume: cm, guestPath: /cm, readOnly: true }]
      configFrom: [{ configMapRef: { name: conf } }, { secretRef: { name: sec } }]
      env:
        - { name: B, valueFrom: { secretKeyRef: { name: sec, key: k, optional: true } } }
        - { name: C, valueFrom: { configMapKeyRef: { name: conf, key: k2 } } }
      sockets: { allowedAddresses: ["10.0.0.0/8:5432", "[fd00::/8]:53", "1.2.3.4/32:*"] }
template:
  metadata: { labels: { team: a, empty: "" }, annotations: { acme.example/x: "1" } }
  spec:
    nodeSelector: { disk: ssd }
    priorityClassName: low
    imagePullSecrets: [{ name: reg }]
    tolerations: [{ key: x, operator: Exists, value: "", effect: NoExecute, tolerationSeconds: 0 }, { operator: Exists }]
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: In, values: [a, ""] }, { key: z, operator: Exists, values: [] }] }]
      podAffinity: {}
      podAntiAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 1
            podAffinityTerm: { topologyKey: host, labelSelector: { matchLabels: {} }, namespaceSelector: {}, namespaces: [] }
    topologySpreadConstraints:
      - { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { a: b } }, minDomains: 2, matchLabelKeys: [team] }
      - { maxSkew: 2, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, nodeAffinityPolicy: Honor }
    volumes:
      - { name: data, persistentVolumeClaim: { claimName: d, readOnly: false } }
      - { name: ro, persistentVolumeClaim: { claimName: d2, readOnly: true } }
      - { name: cm, configMap: { name: c, items: [{ key: a, path: b/c }], optional: false } }
      - { name: se, secret: { secretName: s, items: [] } }
      - { name: tmp, emptyDir: { medium: Memory, sizeLimit: 1024Mi } }
      - { name: tmp2, emptyDir: { medium: "", sizeLimit: "0.5Gi" } }
`;

describe("makeDesired(), at the API server", () => {
  test.each([
    ["with nothing but an instance", desiredOf("{}", { name: "least" })],
    ["with everything that a spec may say", desiredOf(everything, { name: "most" })],
    ["of a Job", desiredOf("{}", { name: "job", exports: [command] })],
    ["of a CronJob", desiredOf("schedule: '*/5 * * * *'", { name: "c".repeat(63), exports: [command] })],
    ["of the longest name", desiredOf("replicas: 2", { name: "n".repeat(63) })],
  ])("makes objects that are stored as they were written: %s", async (_what, desired) => {
    expect(await applyAll(desired)).toEqual([]);
  });

  test("writes quantities as the server does", async () => {
    const forms = [
      "1",
      2,
      "0.5",
      "1000m",
      "1.5Gi",
      "1024Mi",
      "0.1Mi",
      "1e3",
      "12E2",
      "1e-3",
      "1500000",
      "1.25",
      "123456789n",
    ];
    for (const form of [...forms, "5000u", "1025Ki", "0.5Ki", "1Ei", "0", "0.0001m", "3.3Gi", "1.5k", "+2"]) {
      const volumes = [{ name: "t", emptyDir: { sizeLimit: form } }];
      const yaml = JSON.stringify({ template: { spec: { volumes, resources: { limits: { cpu: form } } } } });
      expect([form, await applyAll(desiredOf(yaml, { name: "quantities" }))]).toEqual([form, []]);
    }
  });

  test("follows every change of the strategy, there and back", async () => {
    const name = "strategies";
    for (const strategy of ["{ type: Recreate }", "{ rollingUpdate: { maxSurge: 2 } }", "{ type: Recreate }", "{}"]) {
      expect(await applyAll(desiredOf(`strategy: ${strategy}`, { name }))).toEqual([]);
    }
    expect((await server.client.get(`/apis/apps/v1/namespaces/store/deployments/${name}`)).spec.strategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
    });
  });

  test("follows every change of the Service's type and port", async () => {
    const name = "services";
    for (const service of [
      "{ type: NodePort, port: 80 }",
      "{ type: NodePort, port: 8080 }",
      "{ type: LoadBalancer, port: 8080, annotations: { a: b } }",
      "{ port: 80 }",
    ]) {
      expect(await applyAll(desiredOf(`service: ${service}`, { name }))).toEqual([]);
    }
    const { metadata, spec } = await server.client.get(`/api/v1/namespaces/store/services/${name}`);
    expect(spec.ports).toEqual([{ name: "http", port: 80, protocol: "TCP", targetPort: "http" }]);
    expect(metadata.annotations).not.toHaveProperty("a");
  });

  test("takes back what the template no longer says", async () => {
    const name = "shrinks";
    await applyAll(desiredOf(everything, { name }));
    const least = desiredOf("replicas: 1", { name });
    expect(await applyAll(least)).toEqual([]);
    const { spec } = await server.client.get(`/apis/apps/v1/namespaces/store/deployments/${name}`);
    for (const field of ["affinity", "tolerations", "nodeSelector", "topologySpreadConstraints", "priorityClassName"]) {
      expect(spec.template.spec).not.toHaveProperty(field);
    }
    expect(spec.template.spec.volumes.map((volume: Json) => volume.name)).toEqual(
      podOf(least).spec.volumes.map((volume: Json) => volume.name),
    );
    expect(spec.progressDeadlineSeconds).toBe(600);
  });

  test("leaves alone what an autoscaler set where the spec has no replicas", async () => {
    const desired = desiredOf("{}", { name: "scaled" });
    await applyAll(desired);
    const at = "/apis/apps/v1/namespaces/store/deployments/scaled";
    await server.client.patch(at, { spec: { replicas: 4 } });
    expect(await applyAll(desired)).toEqual([]);
    expect((await server.client.get(at)).spec.replicas).toBe(4);
  });

  test.each([
    ["a Deployment", desiredOf(everything.replace("priorityClassName: low", ""), { name: "pods" })],
    ["a Job", desiredOf("{}", { name: "pods", exports: [command] })],
  ])("makes pods of %s that the restricted level of Pod Security takes", async (_what, desired) => {
    await applyAll(desired);
    await server.client.apply("/api/v1/namespaces/store/serviceaccounts/pods-runner", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "pods-runner" },
    });
    const { metadata, spec } = podOf(desired);
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, generateName: "pods-" }, spec };
    await expect(server.client.create("/api/v1/namespaces/store/pods", pod)).resolves.toMatchObject({ kind: "Pod" });
    const privileged = { ...spec, hostNetwork: true };
    await expect(server.client.create("/api/v1/namespaces/store/pods", { ...pod, spec: privileged })).rejects.toThrow(
      "violates PodSecurity",
    );
  });
});
