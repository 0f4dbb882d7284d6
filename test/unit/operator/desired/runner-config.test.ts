import { describe, expect, test } from "@jest/globals";
import { readConfig } from "../../../../runner/config-read.ts";
import { configOf, desiredOf, type Json, podOf, problemsOf } from "./inputs.ts";

const withGrants = (grants: string, more = "") =>
  `instances: [{ name: a, component: { name: x }, grants: ${grants} }, { name: b, component: { name: x } }]\n${more}`;
const grantsOf = (grants: string, more = "") => configOf(desiredOf(withGrants(grants, more))).grants.a;
const fieldsOf = (grants: string, more = "") => problemsOf(withGrants(grants, more)).map(({ field }) => field);

describe("makeRunnerDocument()", () => {
  test("makes a document that a runner reads, and grants nothing by itself", () => {
    const config = configOf(desiredOf(withGrants("{}")));
    expect(readConfig(JSON.stringify(config))).toEqual(config);
    expect(config).toMatchObject({
      composition: "shop",
      artifact: "/var/lib/tenon/artifact",
      fetch: {
        url: "https://tenon-operator.tenon-system.svc:8443",
        digest: `sha256:${"a".repeat(64)}`,
        caFile: "/etc/tenon/config/ca.crt",
        tokenFile: "/var/run/secrets/tenon/token",
      },
      listen: "0.0.0.0:8080",
      admin: "0.0.0.0:9090",
      isolation: "Instance",
      processes: 1,
      limits: { requestTimeoutMs: 30_000, memoryBytes: 268_435_456 },
      grants: { a: {}, b: {} },
      backends: {},
    });
  });

  test("mounts the volumes of filesystem grants, read-only where nobody writes", () => {
    const desired = desiredOf(
      withGrants(
        "{ filesystem: [{ volume: data, guestPath: /d, readOnly: true }, { volume: data, guestPath: /w }, { volume: cm, guestPath: /c, readOnly: true }] }",
        "template: { spec: { volumes: [{ name: data, emptyDir: {} }, { name: cm, configMap: { name: c } }, { name: unused, emptyDir: {} }] } }",
      ),
    );
    expect(configOf(desired).grants.a.filesystem).toEqual([
      { path: "/var/lib/tenon/volumes/data", guestPath: "/d", readOnly: true },
      { path: "/var/lib/tenon/volumes/data", guestPath: "/w", readOnly: false },
      { path: "/var/lib/tenon/volumes/cm", guestPath: "/c", readOnly: true },
    ]);
    const mounts = podOf(desired).spec.containers[0].volumeMounts.slice(-2);
    expect(mounts).toEqual([
      { name: "cm", mountPath: "/var/lib/tenon/volumes/cm", readOnly: true },
      { name: "data", mountPath: "/var/lib/tenon/volumes/data" },
    ]);
  });

  test("has values of ConfigMaps and Secrets in files, never in its own text", () => {
    const desired = desiredOf(
      withGrants(`{
        config: { own: value },
        configFrom: [{ configMapRef: { name: conf } }, { secretRef: { name: sec } }],
        env: [{ name: A, value: literal }, { name: B, valueFrom: { secretKeyRef: { name: sec, key: k } } },
              { name: C, valueFrom: { secretKeyRef: { name: sec, key: j, optional: true } } }, { name: D }] }`),
    );
    const { config, configFolders, env } = configOf(desired).grants.a;
    expect(config).toEqual({ own: "value" });
    expect(env).toEqual([
      { name: "A", value: "literal" },
      { name: "B", file: expect.stringMatching(/^\/etc\/tenon\/values\/[0-9a-f]{10}\/k$/) },
      { name: "C", file: expect.stringMatching(/^\/etc\/tenon\/values\/[0-9a-f]{10}\/j$/), optional: true },
      { name: "D", value: "" },
    ]);
    const { volumes, containers } = podOf(desired).spec;
    const sourceAt = (path: string): Json => {
      const mount = containers[0].volumeMounts.find(({ mountPath }: Json) => mountPath === path);
      expect(mount.readOnly).toBe(true);
      return volumes.find(({ name }: Json) => name === mount.name);
    };
    const folderOf = (file: string) => file.slice(0, file.lastIndexOf("/"));
    expect(configFolders.map(sourceAt)).toEqual([
      expect.objectContaining({ configMap: { name: "conf" } }),
      expect.objectContaining({ secret: { secretName: "sec" } }),
    ]);
    // Only the keys that are named, and what is optional keeps no pod from starting.
    expect(sourceAt(folderOf(env[1].file)).secret).toEqual({ secretName: "sec", items: [{ key: "k", path: "k" }] });
    expect(sourceAt(folderOf(env[2].file)).secret).toEqual({
      secretName: "sec",
      items: [{ key: "j", path: "j" }],
      optional: true,
    });
  });

  test("mounts one object once, whoever names it, and rolls nothing for the order of instances", () => {
    const instance = (name: string) =>
      `{ name: ${name}, component: { name: x }, grants: { configFrom: [{ secretRef: { name: s-${name} } }, { secretRef: { name: both } }] } }`;
    const [one, other] = [`[${instance("a")}, ${instance("b")}]`, `[${instance("b")}, ${instance("a")}]`].map((list) =>
      desiredOf(`instances: ${list}`),
    );
    const secrets = podOf(one!).spec.volumes.flatMap(({ secret }: Json) => (secret ? [secret.secretName] : []));
    expect(secrets.sort()).toEqual(["both", "s-a", "s-b"]);
    expect(one!.revision).toBe(other!.revision);
  });

  test("keeps sqlite on its volume, and in the pod without one", () => {
    const backends =
      "backends: [{ name: db, keyvalue: { sqlite: { volume: data, path: x/y.db } } }, { name: tmp, keyvalue: { sqlite: {} } }, { name: m, keyvalue: { memory: {} } }]";
    const desired = desiredOf(`${backends}\ntemplate: { spec: { volumes: [{ name: data, emptyDir: {} }] } }`);
    expect(configOf(desired).backends).toEqual({
      db: { keyvalue: { sqlite: { path: "/var/lib/tenon/volumes/data/x/y.db" } } },
      tmp: { keyvalue: { sqlite: { path: "/var/lib/tenon/backends/tmp.sqlite" } } },
      m: { keyvalue: { memory: {} } },
    });
  });

  test.each([
    [
      "a volume that is not there",
      "{ filesystem: [{ volume: data, guestPath: /d }] }",
      "",
      "grants.filesystem[0].volume",
    ],
    [
      "the name of no Secret",
      "{ configFrom: [{ secretRef: { name: ../x } }] }",
      "",
      "grants.configFrom[0].secretRef.name",
    ],
    [
      "the key of no ConfigMap",
      "{ env: [{ name: A, valueFrom: { configMapKeyRef: { name: c, key: ../k } } }] }",
      "",
      "grants.env[0].valueFrom.configMapKeyRef.key",
    ],
    [
      "a key that leads up",
      "{ env: [{ name: A, valueFrom: { configMapKeyRef: { name: c, key: .. } } }] }",
      "",
      "grants.env[0].valueFrom.configMapKeyRef.key",
    ],
  ])("names the field of %s", (_what, grants, more, field) => {
    expect(fieldsOf(grants, more)).toEqual([`spec.instances[0].${field}`]);
  });

  test.each([
    ["redis: { url: 'redis://x:1' }", "spec.backends[0]"],
    ["nats: { url: 'nats://x:1' }", "spec.backends[0]"],
    ["sqlite: { path: ../x }", "spec.backends[0].keyvalue.sqlite.path"],
    ["sqlite: { path: a//b }", "spec.backends[0].keyvalue.sqlite.path"],
    ["sqlite: { volume: c }", "spec.backends[0].keyvalue.sqlite.volume"],
  ])("names a backend that cannot be served: %s", (keyvalue, field) => {
    const volumes = "template: { spec: { volumes: [{ name: c, configMap: { name: c } }] } }";
    const more = `backends: [{ name: x, keyvalue: { ${keyvalue} } }]\n${volumes}`;
    expect(fieldsOf("{}", more)).toEqual([field]);
  });

  test("keeps the grants that need no cluster as they are", () => {
    const grants = `{ http: { allowedHosts: ["https://x.example"] }, keyvalue: [{ backend: m }], args: [a], sockets: { allowedAddresses: ["1.2.3.4/32:5"] } }`;
    expect(grantsOf(grants, "backends: [{ name: m, keyvalue: { memory: {} } }]")).toEqual({
      http: { allowedHosts: ["https://x.example"] },
      keyvalue: [{ backend: "m", bucket: "default", access: "ReadWrite" }],
      args: ["a"],
      sockets: { allowedAddresses: ["1.2.3.4/32:5"] },
    });
  });
});
