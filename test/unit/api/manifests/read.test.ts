import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Finding } from "../../../../api/manifests/finding.ts";
import { readManifests } from "../../../../api/manifests/read.ts";

const read = (text: string) => readManifests(text, { file: "api.yaml", folder: "shop" });

const shown = ({ severity, message, hint, place }: Finding): string => {
  const at = place.line === undefined ? place.file : `${place.file}:${place.line}:${place.column}`;
  return `${severity} ${at} ${place.path ?? "-"} ${message}${hint === undefined ? "" : ` / ${hint}`}`;
};

const findings = (text: string): string[] => read(text).findings.map(shown);

const component = `apiVersion: tenon.dev/v1alpha1
kind: Component
metadata: { name: auth }
spec: { source: { file: { path: ./auth.wasm } } }
`;

describe("readManifests()", () => {
  test("reads every field that the design shows", () => {
    const text = `${component}---
apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: user-api, labels: { a: b } }
spec:
  instances:
    - name: auth-instance
      component: { name: auth }
      grants:
        http: { allowedHosts: ["https://api.example.com", "http://*.svc:8080"], allowedCIDRs: ["10.0.0.0/8"] }
        filesystem: [{ volume: data, guestPath: /data, readOnly: true }]
        keyvalue: [{ backend: sessions, bucket: default, access: ReadOnly }]
        config: { key: value }
        configFrom: [{ configMapRef: { name: c } }, { secretRef: { name: s } }]
        env: [{ name: A, value: b }, { name: B, valueFrom: { secretKeyRef: { name: s, key: k } } }]
        args: [a]
        sockets: { allowedAddresses: ["10.0.0.0/8:5432", "[fd00::/8]:53"] }
    - name: db-instance
      component: { source: { oci: { image: registry.example/db, ref: { semver: ">=1.4 <2" } } } }
  connections:
    - { from: auth-instance/wasi:keyvalue/store, to: db-instance/wasi:keyvalue/store }
  wiring: Explicit
  exports:
    - { name: "example:http/auth", from: auth-instance/example:http/auth }
  backends:
    - { name: sessions, keyvalue: { redis: { urlFrom: { secretKeyRef: { name: r, key: url } } } } }
    - { name: bus, messaging: { nats: { url: "nats://nats:4222" } } }
  runner: { isolation: Request, processes: 2, concurrency: 8, requestTimeout: 5s, memoryLimit: 64Mi, maxRequests: 100, probes: Timed }
  replicas: 2
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 25% } }
  minReadySeconds: 1
  progressDeadlineSeconds: 60
  revisionHistoryLimit: 3
  service: { type: ClusterIP, port: 80, annotations: { a: b }, call: true }
  triggers: [{ messaging: { backend: bus, subjects: [orders] } }]
  template:
    metadata: { labels: { a: b } }
    spec:
      resources: { requests: { cpu: 1, memory: 64Mi } }
      affinity: { nodeAffinity: {} }
      tolerations: [{ key: a, operator: Exists }]
      volumes: [{ name: data, persistentVolumeClaim: { claimName: c } }]
  upgradePolicy: { onBreaking: Warn }
  suspend: false
`;
    const { components, compositions, findings: none } = read(text);
    expect(none).toEqual([]);
    expect(components.map(({ manifest }) => manifest.metadata.name)).toEqual(["auth"]);
    expect(components[0]!.manifest.spec).toEqual({
      source: { file: { path: "./auth.wasm" } },
      interval: "5m",
      suspend: false,
    });
    expect(compositions[0]!.manifest.spec.instances[0]!.grants?.filesystem).toEqual([
      { volume: "data", guestPath: "/data", readOnly: true },
    ]);
    expect(compositions[0]!.manifest.spec.service).toEqual({
      type: "ClusterIP",
      port: 80,
      annotations: { a: "b" },
      call: true,
    });
  });

  test("says all mistakes with their lines", () => {
    const text = `${component}---
apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: api }
spec:
  replica: 2
  replicas: "2"
  instances:
    - name: a
      component: { name: x }
      grants:
        config: { a.b: 3 }
    - name: a
      component:
        source: {}
`;
    expect(findings(text)).toEqual([
      'error api.yaml:10:3 spec.replica Unknown field: "replica" / Did you mean "replicas"?',
      'error api.yaml:11:13 spec.replicas Must be an integer: "2"',
      'error api.yaml:16:24 spec.instances[0].grants.config["a.b"] Must be a string: 3 / Write it in quotes',
      "error api.yaml:19:9 spec.instances[1].component.source Set exactly one of oci, http, package, configMap, file",
      'error api.yaml:17:13 spec.instances[1].name Already used by spec.instances[0]: "a"',
    ]);
  });

  test("finds fields, and for an absent one the nearest around it", () => {
    const { locate } = read(component).components[0]!;
    expect(locate("spec.source.file.path")).toEqual({
      file: "api.yaml",
      line: 4,
      column: 33,
      path: "spec.source.file.path",
    });
    expect(locate("spec.source")).toMatchObject({ line: 4, column: 9 });
    expect(locate("spec.verify.provider")).toMatchObject({ line: 4, column: 1 });
    expect(locate("metadata.name")).toMatchObject({ line: 3, column: 19 });
    expect(locate("")).toEqual({ file: "api.yaml", line: 1, column: 1 });
  });

  test("finds fields behind an alias", () => {
    const text = component.replace("{ file: { path: ./auth.wasm } }", "&s { file: { path: ./auth.wasm } }");
    expect(read(text).components[0]!.locate("spec.source.file.path")).toMatchObject({ line: 4, column: 36 });
  });

  test("passes over other kinds with a note", () => {
    expect(findings("apiVersion: v1\nkind: Service\nmetadata: { name: a }\n---\na: 1\n---\nservices: {}\n")).toEqual([
      'note api.yaml:2:7 kind Passed over, not a kind of Tenon\'s: "v1" "Service"',
      "note api.yaml:5:1 - Passed over: neither a manifest (apiVersion, kind) nor a compose file (components, instances)",
      "note api.yaml:7:1 - Passed over: neither a manifest (apiVersion, kind) nor a compose file (components, instances) / This looks like a compose file of containers: Tenon's has components and instances",
    ]);
    expect(read("---\n---\n# nothing\n")).toEqual({ components: [], compositions: [], broken: [], findings: [] });
  });

  test("teaches the API version and the kinds", () => {
    expect(findings("apiVersion: tenon.dev/v1\nkind: Component\n")).toEqual([
      'error api.yaml:1:13 apiVersion Must be tenon.dev/v1alpha1: "tenon.dev/v1"',
    ]);
    expect(findings("apiVersion: tenon.dev/v1alpha1\nkind: Compostion\n")).toEqual([
      'error api.yaml:2:7 kind Must be one of Component, Composition: "Compostion" / Did you mean "Composition"?',
    ]);
    expect(findings("[1, 2]")).toEqual(["error api.yaml:1:1 - Must be a manifest: a list"]);
  });

  test("keeps the rest of a manifest beside a mistake, so that more can be said at once", () => {
    const text = component.replace("spec: {", "spec: { intervall: 5m,");
    const { components, findings: found, broken } = read(text);
    expect(found).toHaveLength(1);
    expect(broken).toEqual([]);
    expect(components).toMatchObject([
      { partial: true, manifest: { spec: { source: { file: { path: "./auth.wasm" } } } } },
    ]);
    expect(components[0]!.manifest.spec).not.toHaveProperty("intervall");
    expect(read(component).components[0]).not.toHaveProperty("partial");
  });

  test("keeps nothing without what matters most, but for the name of a Component", () => {
    expect(read(component.replace("file:", "fill:"))).toMatchObject({ components: [], broken: ["auth"] });
    const composition = `apiVersion: tenon.dev/v1alpha1\nkind: Composition\nmetadata: { name: a }\nspec: { instances: [{ name: A_B }] }\n`;
    expect(read(composition)).toMatchObject({ compositions: [], broken: [] });
    expect(read(component.replace("name: auth", "name: Auth"))).toMatchObject({ components: [], broken: ["Auth"] });
  });

  test("drops a status that came along from a cluster", () => {
    expect(read(`${component}status: { conditions: nonsense }\n`).components[0]!.manifest).not.toHaveProperty("status");
  });

  test("never throws, whatever the text is", () => {
    const pieces = fc.constantFrom(
      "apiVersion: tenon.dev/v1alpha1",
      "kind: Composition",
      "spec:",
      "  instances:",
      "- a: ",
      "&a",
      "*a",
      "{",
      "}",
      "---",
      "\n",
      ": ",
      "components: ",
      "'",
      '"',
      "|",
      "!!map ",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((all) => all.join("")),
      fc.array(pieces).map((all) => all.join("\n")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(Array.isArray(read(text).findings)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
