/**
 * Every rule of the API with a manifest that keeps it and one that breaks it: the unit tests hold the TypeScript predicates
 * against them, a real API server can hold the CEL texts against the same.
 */
export type Data = Record<string, unknown>;

const component = (spec: Data): Data => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Component",
  metadata: { name: "auth" },
  spec,
});

const composition = (spec: Data, name = "api"): Data => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Composition",
  metadata: { name },
  spec: { instances: [{ name: "a", component: { name: "x" } }], ...spec },
});

const oci = { image: "registry.example/acme/auth", ref: { tag: "1.4" } };
const file = { path: "./a.wasm" };
const instance = (more: Data): Data => ({ instances: [{ name: "a", component: { name: "x" }, ...more }] });
const grants = (given: Data): Data => composition(instance({ grants: given }));
const memory = { keyvalue: { memory: {} } };
const messaging = { messaging: { nats: { url: "nats://nats:4222" } } };
const trigger = { messaging: { backend: "b", subjects: ["orders.*"] } };
const template = (volume: Data): Data => composition({ template: { spec: { volumes: [{ name: "v", ...volume }] } } });
const backend = (given: Data): Data => composition({ backends: [{ name: "b", ...given }] });
const key = { name: "n", key: "k" };

/** What the rule says, a manifest that keeps it, one that breaks it, and where it is told. */
export const ruleCases: readonly (readonly [message: string, good: Data, bad: Data, path: string])[] = [
  [
    "Set exactly one of oci, http, package, configMap, file",
    component({ source: { file } }),
    component({ source: { file, oci } }),
    "spec.source",
  ],
  [
    "Set exactly one of oci, http, package, configMap, file",
    component({ source: { oci } }),
    component({ source: {} }),
    "spec.source",
  ],
  [
    "Set exactly one of tag, digest, semver",
    component({ source: { oci } }),
    component({ source: { oci: { ...oci, ref: { tag: "1", semver: "^1" } } } }),
    "spec.source.oci.ref",
  ],
  [
    "Set exactly one of secretRef, matchOIDCIdentity",
    component({ source: { oci }, verify: { provider: "cosign", secretRef: { name: "keys" } } }),
    component({ source: { oci }, verify: { provider: "cosign" } }),
    "spec.verify",
  ],
  [
    "Only an oci source carries a signature: remove verify, or use source.oci",
    component({ source: { oci }, verify: { provider: "cosign", secretRef: { name: "keys" } } }),
    component({ source: { file }, verify: { provider: "cosign", secretRef: { name: "keys" } } }),
    "spec.verify",
  ],
  [
    "Only oci and package sources use pull secrets: remove pullSecrets, or use one of these sources",
    component({ source: { package: { name: "acme:auth", version: "1" } }, pullSecrets: [{ name: "s" }] }),
    component({ source: { file }, pullSecrets: [{ name: "s" }] }),
    "spec.pullSecrets",
  ],
  [
    "The Service takes the composition's name: use at most 63 lower case letters, digits and -, starting with a letter",
    composition({}, `a${"b".repeat(62)}`),
    composition({}, "a".repeat(64)),
    "metadata.name",
  ],
  [
    "The Service takes the composition's name: use at most 63 lower case letters, digits and -, starting with a letter",
    composition({}, "api-2"),
    composition({}, "2-api"),
    "metadata.name",
  ],
  [
    "Set exactly one of name, source",
    composition(instance({ component: { source: { file } } })),
    composition(instance({ component: { name: "x", source: { file } } })),
    "spec.instances[0].component",
  ],
  [
    "A connection needs two different ends",
    composition({ connections: [{ from: "a/x", to: "b/x" }] }),
    composition({ connections: [{ from: "a/x", to: "a/x" }] }),
    "spec.connections[0]",
  ],
  [
    "Set at most one of value, valueFrom",
    grants({ env: [{ name: "A" }, { name: "B", value: "1" }, { name: "C", valueFrom: { secretKeyRef: key } }] }),
    grants({ env: [{ name: "A", value: "1", valueFrom: { secretKeyRef: key } }] }),
    "spec.instances[0].grants.env[0]",
  ],
  [
    "Set exactly one of configMapKeyRef, secretKeyRef",
    grants({ env: [{ name: "A", valueFrom: { configMapKeyRef: key } }] }),
    grants({ env: [{ name: "A", valueFrom: { configMapKeyRef: key, secretKeyRef: key } }] }),
    "spec.instances[0].grants.env[0].valueFrom",
  ],
  [
    "Set exactly one of configMapRef, secretRef",
    grants({ configFrom: [{ configMapRef: { name: "c" } }] }),
    grants({ configFrom: [{}] }),
    "spec.instances[0].grants.configFrom[0]",
  ],
  ["Set exactly one of keyvalue, messaging", backend(memory), backend({ ...memory, ...messaging }), "spec.backends[0]"],
  [
    "Set exactly one of memory, sqlite, redis, nats",
    backend({ keyvalue: { sqlite: {} } }),
    backend({ keyvalue: {} }),
    "spec.backends[0].keyvalue",
  ],
  [
    "Set exactly one of url, urlFrom",
    backend({ keyvalue: { redis: { urlFrom: { secretKeyRef: key } } } }),
    backend({ keyvalue: { redis: {} } }),
    "spec.backends[0].keyvalue.redis",
  ],
  [
    "Set exactly one of url, urlFrom",
    backend({ keyvalue: { nats: { url: "nats://nats:4222" } } }),
    backend({ keyvalue: { nats: { url: "nats://nats:4222", urlFrom: { secretKeyRef: key } } } }),
    "spec.backends[0].keyvalue.nats",
  ],
  [
    "Set exactly one of url, urlFrom",
    backend(messaging),
    backend({ messaging: { nats: {} } }),
    "spec.backends[0].messaging.nats",
  ],
  [
    "A keyvalue grant must name a keyvalue backend of spec.backends",
    composition({ ...instance({ grants: { keyvalue: [{ backend: "b" }] } }), backends: [{ name: "b", ...memory }] }),
    composition({ ...instance({ grants: { keyvalue: [{ backend: "c" }] } }), backends: [{ name: "b", ...memory }] }),
    "spec.instances",
  ],
  [
    "A keyvalue grant must name a keyvalue backend of spec.backends",
    composition({ ...instance({ grants: { keyvalue: [] } }) }),
    composition({ ...instance({ grants: { keyvalue: [{ backend: "b" }] } }), backends: [{ name: "b", ...messaging }] }),
    "spec.instances",
  ],
  [
    "A trigger must name a messaging backend of spec.backends",
    composition({ triggers: [trigger], backends: [{ name: "b", ...messaging }] }),
    composition({ triggers: [trigger], backends: [{ name: "b", ...memory }] }),
    "spec.triggers",
  ],
  [
    "A scheduled composition ends after each run and has no triggers: remove schedule or triggers",
    composition({ schedule: "*/5 * * * *", triggers: [] }),
    composition({ schedule: "@hourly", triggers: [trigger], backends: [{ name: "b", ...messaging }] }),
    "spec.schedule",
  ],
  [
    "A scheduled composition ends after each run and has no Service: remove schedule or service",
    composition({ service: {} }),
    composition({ schedule: "@hourly", service: {} }),
    "spec.schedule",
  ],
  [
    "progressDeadlineSeconds (600 where it is not given) must be more than minReadySeconds",
    composition({ minReadySeconds: 599 }),
    composition({ minReadySeconds: 600 }),
    "spec.minReadySeconds",
  ],
  [
    "progressDeadlineSeconds (600 where it is not given) must be more than minReadySeconds",
    composition({ minReadySeconds: 10, progressDeadlineSeconds: 11 }),
    composition({ minReadySeconds: 10, progressDeadlineSeconds: 10 }),
    "spec.minReadySeconds",
  ],
  [
    "Only type RollingUpdate has rollingUpdate: remove it, or change the type",
    composition({ strategy: { rollingUpdate: { maxSurge: "25%" } } }),
    composition({ strategy: { type: "Recreate", rollingUpdate: { maxSurge: 1 } } }),
    "spec.strategy.rollingUpdate",
  ],
  [
    "Set exactly one of configMap, secret, emptyDir, persistentVolumeClaim",
    template({ emptyDir: {} }),
    template({ emptyDir: {}, secret: { secretName: "s" } }),
    "spec.template.spec.volumes[0]",
  ],
];
