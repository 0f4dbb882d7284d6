import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Configured, makeRunnerConfig, type RunOptions } from "../../../../operator/local/runner-config.ts";
import { withFolder } from "../../../support/local/folder.ts";
import { loadedFrom } from "../../../support/local/loaded.ts";

const given: RunOptions = { artifact: "/artifact", listen: "127.0.0.1:0", admin: "127.0.0.1:0" };
const instances = "instances: [{ name: a, component: { name: x } }]";

const configure = (spec: string, directory: string, options: Partial<RunOptions> = {}): Promise<Configured> => {
  return makeRunnerConfig(loadedFrom(spec, directory), { ...given, ...options });
};

const remarksOf = async (spec: string, options: Partial<RunOptions> = {}): Promise<string[]> => {
  const { config, remarks } = await configure(spec, "/shop", options);
  expect(config).toBeUndefined();
  return remarks.map(({ message, hint, place }) => `${place.path} ${message} / ${hint}`);
};

const grants = (text: string, backends = "") =>
  `instances:\n  - name: a\n    component: { name: x }\n    grants: ${text}\n${backends}`;

describe("makeRunnerConfig()", () => {
  test("grants nothing and takes the design's defaults where nothing is said", async () => {
    const { config } = await configure(instances, "/shop");
    expect(config).toEqual({
      composition: "api",
      artifact: "/artifact",
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      call: true,
      isolation: "Instance",
      processes: availableParallelism(),
      limits: {
        concurrency: 64,
        queue: 1024,
        requestTimeoutMs: 30_000,
        memoryBytes: 268_435_456,
        maxRequests: null,
        headerBytes: 16_384,
        bodyBytes: 67_108_864,
        drainMs: 10_000,
      },
      grants: { a: {} },
      backends: {},
    });
  });

  test("takes the runner's settings, and the command line's before them", async () => {
    const spec = `${instances}\nrunner: { isolation: Request, processes: 3, concurrency: 8, requestTimeout: 0s, memoryLimit: 64Ki, maxRequests: 5 }`;
    const { config } = await configure(spec, "/shop");
    expect(config).toMatchObject({
      isolation: "Request",
      processes: 3,
      limits: { concurrency: 8, requestTimeoutMs: null, memoryBytes: 65_536, maxRequests: 5 },
    });
    expect((await configure(spec, "/shop", { processes: 1 })).config?.processes).toBe(1);
  });

  test("runs one process where a backend lives in memory, unless told otherwise", async () => {
    const spec = `${instances}\nbackends: [{ name: m, keyvalue: { memory: {} } }]`;
    expect((await configure(spec, "/shop")).config?.processes).toBe(1);
    expect((await configure(`${spec}\nrunner: { processes: 4 }`, "/shop")).config?.processes).toBe(4);
    expect((await configure(spec, "/shop", { processes: 2 })).config?.processes).toBe(2);
  });

  test("maps a volume to a folder below the manifest, and makes it", () =>
    withFolder({}, async (folder) => {
      const { config } = await configure(
        grants("{ filesystem: [{ volume: data, guestPath: /data, readOnly: true }] }"),
        folder,
      );
      const path = join(folder, ".tenon/volumes/data");
      expect(config?.grants["a"]).toEqual({ filesystem: [{ path, guestPath: "/data", readOnly: true }] });
      expect((await stat(path)).isDirectory()).toBe(true);
    }));

  test("maps a volume to the folder of --volume, which must be there", () =>
    withFolder({ "mine/file": "" }, async (folder) => {
      const spec = grants("{ filesystem: [{ volume: data, guestPath: /data }] }");
      const { config } = await configure(spec, folder, { volumes: { data: join(folder, "mine") } });
      expect(config?.grants["a"]?.filesystem).toEqual([
        { path: join(folder, "mine"), guestPath: "/data", readOnly: false },
      ]);
      await expect(configure(spec, folder, { volumes: { data: join(folder, "mine/file") } })).rejects.toMatchObject({
        code: "option",
        message: `Cannot find the folder of volume "data": ${join(folder, "mine/file")}`,
      });
    }));

  test("gives two volumes two folders, however alike their names are", () =>
    withFolder({}, async (folder) => {
      const mounts = "{ volume: a.b, guestPath: /x }, { volume: a_b, guestPath: /y }, { volume: a/b, guestPath: /z }";
      const { config } = await configure(grants(`{ filesystem: [${mounts}] }`), folder);
      const paths = config?.grants["a"]?.filesystem?.map(({ path }) => path);
      expect(new Set(paths).size).toBe(3);
    }));

  test("keeps a volume's folder inside, whatever its name is", () =>
    withFolder({}, async (folder) => {
      const { config } = await configure(grants("{ filesystem: [{ volume: ../../up, guestPath: /data }] }"), folder);
      expect(config?.grants["a"]?.filesystem?.[0]?.path).toBe(
        join(folder, ".tenon/volumes/%2e%%2e%%2f%%2e%%2e%%2f%up"),
      );
    }));

  test("merges configFrom in order, below config, from the files of --config", () =>
    withFolder({ "one.yaml": "a: 1\nb: 1\nc: 1\n", "two.json": '{"b": "2", "c": "2"}' }, async (folder) => {
      const spec = grants(
        "{ config: { c: mine }, configFrom: [{ configMapRef: { name: one } }, { secretRef: { name: two } }] }",
      );
      const { config } = await configure(spec, folder, {
        configFiles: { one: join(folder, "one.yaml"), two: join(folder, "two.json") },
      });
      expect(config?.grants["a"]?.config).toEqual({ a: "1", b: "2", c: "mine" });
    }));

  test("says which file stands for a ConfigMap or a Secret", async () => {
    expect(await remarksOf(grants("{ configFrom: [{ configMapRef: { name: one } }] }"))).toEqual([
      "spec.instances[0].grants.configFrom[0] Cannot read a ConfigMap or Secret without a cluster: one / Give its values in a file: --config one=FILE",
    ]);
  });

  test("reads env from values, and leaves out what is optional", () =>
    withFolder({ f: "k: v" }, async (folder) => {
      const from = (reference: string) => `{ name: A, valueFrom: { secretKeyRef: { ${reference} } } }`;
      const spec = grants(
        `{ env: [{ name: P, value: q }, { name: E }, ${from("name: s, key: k").replace("A", "B")}, ${from("name: none, key: k, optional: true")}] }`,
      );
      const options = { configFiles: { s: join(folder, "f") } };
      expect((await configure(spec, folder, options)).config?.grants["a"]?.env).toEqual([
        { name: "P", value: "q" },
        { name: "E", value: "" },
        { name: "B", value: "v" },
      ]);
      const missing = await configure(grants(`{ env: [${from("name: s, key: other")}] }`), folder, options);
      expect(missing.remarks.map(({ message }) => message)).toEqual([
        'Cannot find the key in the file given for "s": other',
      ]);
    }));

  test("takes memory and sqlite backends", () =>
    withFolder({}, async (folder) => {
      const spec = `${instances}
backends:
  - { name: m, keyvalue: { memory: {} } }
  - { name: s, keyvalue: { sqlite: {} } }
  - { name: v, keyvalue: { sqlite: { volume: data, path: db/kv.sqlite } } }`;
      const { config } = await configure(spec, folder);
      expect(config?.backends).toEqual({
        m: { keyvalue: { memory: {} } },
        s: { keyvalue: { sqlite: { path: join(folder, ".tenon/backends/s.sqlite") } } },
        v: { keyvalue: { sqlite: { path: join(folder, ".tenon/volumes/data/db/kv.sqlite") } } },
      });
      expect((await stat(join(folder, ".tenon/volumes/data/db"))).isDirectory()).toBe(true);
    }));

  test.each([
    ["redis", "keyvalue: { redis: { url: redis://r } }"],
    ["nats", "keyvalue: { nats: { url: nats://n } }"],
    ["messaging", "messaging: { nats: { url: nats://n } }"],
  ])("refuses a backend of kind %s, saying what there is", async (kind, text) => {
    expect(await remarksOf(`${instances}\nbackends: [{ name: b, ${text} }]`)).toEqual([
      `spec.backends[0] Cannot serve backend "b", this version runs memory and sqlite, not: ${kind} / Write keyvalue: { memory: {} } or keyvalue: { sqlite: {} }`,
    ]);
  });

  test("refuses a path out of a volume, and limits that cannot be", async () => {
    expect(await remarksOf(`${instances}\nbackends: [{ name: s, keyvalue: { sqlite: { path: a/../../x } } }]`)).toEqual(
      ["spec.backends[0].keyvalue.sqlite.path Must be a file below its volume: a/../../x / Write a path without .."],
    );
    expect(await remarksOf(`${instances}\nrunner: { requestTimeout: 600h, memoryLimit: 5Gi }`)).toEqual([
      "spec.runner.requestTimeout Must be a duration of at most 24 days: 600h / Write 30s, or 0s for no limit",
      "spec.runner.memoryLimit Must be between 64Ki and 4Gi: 5Gi / Write 256Mi",
    ]);
    expect(await remarksOf(`${instances}\nrunner: { memoryLimit: 65535 }`.replace("65535", '"65535"'))).toHaveLength(1);
  });

  test("notes what has no meaning without a cluster", async () => {
    const { config, remarks } = await configure(`${instances}\nschedule: "@hourly"`, "/shop");
    expect(config).toBeDefined();
    expect(remarks).toMatchObject([
      { severity: "note", message: "The schedule is not followed in local mode: @hourly" },
    ]);
  });
});
