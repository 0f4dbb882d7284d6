import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { withFolder } from "../../support/local/folder.ts";
import { tenon } from "../../support/local/tenon.ts";
import { buildComponent } from "../../support/wiring/dummy.ts";

const query = (limit: string, more = "") => `package acme:shop;
interface query {
  record page { limit: ${limit} }
  find: func(page: page) -> list<string>;
  ${more}
}
`;
const front = `interface pages { show: func() -> string; }
world front { import query; export pages; }`;
const store = "world store { export query; }";

/** Components that differ in one record field, and a function. */
let components: Record<string, Uint8Array>;

beforeAll(async () => {
  const wit = (text: string) => buildComponent({ kind: "wit", text });
  components = {
    "front.wasm": await wit(`${query("u32")}${front}`),
    "store.wasm": await wit(`${query("u32")}${store}`),
    "store-64.wasm": await wit(`${query("u64")}${store}`),
    "store-wide.wasm": await wit(`${query("u32", "count: func() -> u32;")}${store}`),
  };
});

const composeFile = (store = "store.wasm", exported = "front/acme:shop/pages") => `components:
  front: ./front.wasm
  store: ./${store}
instances:
  front: { component: front }
  store: { component: store }
exports:
  - from: ${exported}
`;

const withShop = <T>(files: Readonly<Record<string, string>>, use: (cwd: string) => Promise<T>): Promise<T> =>
  withFolder({ ...components, ...files }, use);

describe("tenon check", () => {
  test("ends with 0 and one line where all is well", () =>
    withShop({ "compose.yaml": composeFile() }, async (cwd) => {
      const { code, out, err } = await tenon(["check", "compose.yaml"], { cwd });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/^✓ tenon-test-\S+ {2}2 instances, 1 connection, 0 host imports, 1 export\n$/);
    }));

  test("shows a mismatch down to the record field, at its line, and ends with 1", () =>
    withShop({ "compose.yaml": composeFile("store-64.wasm"), "a/x.yaml": "" }, async (cwd) => {
      const { code, out } = await tenon(["check", "compose.yaml"], { cwd });
      expect(code).toBe(1);
      expect(
        out.replace(/tenon-test-\S+/, "shop"),
      ).toBe(`error[type-mismatch]: Cannot serve "front" import "acme:shop/query" from "store": the types differ
  ╭─ compose.yaml:5:3  instances.front
 5│    front: { component: front }
  │    ▲
  │  at        acme:shop/query#page.limit
  │  expected  u32
  │  found     u64
  ╰─ hint Build "front" and "store" against one version of the interface

✗ shop

1 error
`);
    }));

  test("shows mistakes of manifests and of the wiring at once", () =>
    withShop(
      {
        "shop.yaml": `apiVersion: tenon.dev/v1alpha1
kind: Component
metadata: { name: front }
spec: { source: { file: { path: ./frunt.wasm } } }
---
apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: shop }
spec:
  instances:
    - { name: front, component: { name: front } }
    - { name: store, component: { name: store } }
    - { name: other, component: { name: stor } }
  replicas: many
---
apiVersion: tenon.dev/v1alpha1
kind: Component
metadata: { name: store }
spec: { sauce: {} }
`,
      },
      async (cwd) => {
        const { code, out } = await tenon(["check", "shop.yaml", "-o", "json"], { cwd });
        const data = JSON.parse(out);
        expect(code).toBe(1);
        expect(data.valid).toBe(false);
        expect(
          data.remarks.map(({ code, message, place }: never) => [code, message, (place as { line: number }).line]),
        ).toEqual([
          ["manifest", 'Must be an integer: "many"', 14],
          ["manifest", 'Unknown field: "sauce"', 19],
          ["manifest", 'Missing field: "source"', 19],
          ["source", `Cannot find the file: ${join(cwd, "frunt.wasm")}`, 4],
          ["unknown-component", 'Cannot find the component of instance "other": stor', 13],
        ]);
        expect(data.compositions).toMatchObject([{ name: "shop", valid: false }]);
      },
    ));

  test("tells of an import that nobody serves, and of a composition that exports nothing", () =>
    withShop(
      {
        "shop.yaml": `apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: shop }
spec:
  instances:
    - { name: front, component: { source: { file: { path: front.wasm } } } }
`,
      },
      async (cwd) => {
        const { code, out } = await tenon(["check", ".", "-o", "yaml"], { cwd });
        expect(code).toBe(1);
        expect(parse(out).remarks).toMatchObject([
          { severity: "warning", message: "Nothing can reach the composition, it exports nothing: shop" },
          { severity: "error", code: "unhosted-import", interface: "acme:shop/query", place: { line: 6 } },
        ]);
      },
    ));

  test("ends with 3 where a path of the command line cannot be read", () =>
    withShop({}, async (cwd) => {
      const { code, out } = await tenon(["check", "nowhere.yaml"], { cwd });
      expect(code).toBe(3);
      expect(out).toBe(`error: Cannot find the file: ${join(cwd, "nowhere.yaml")}
  ╭─ nowhere.yaml
  ╰─ hint Build it, or correct the path

1 error
`);
    }));

  test("says where bytes are no component, once an instance uses them or not", () =>
    withShop({ "store.wasm": "text", "compose.yaml": `${composeFile()}` }, async (cwd) => {
      const { out } = await tenon(["check", "compose.yaml", "-o", "json"], { cwd });
      expect(JSON.parse(out).remarks[0]).toMatchObject({ code: "invalid-component", place: { line: 6 } });
      const alone = `apiVersion: tenon.dev/v1alpha1\nkind: Component\nmetadata: { name: s }\nspec: { source: { file: { path: store.wasm } } }\n`;
      await withFolder({ "store.wasm": "text", "s.yaml": alone }, async (other) => {
        const checked = JSON.parse((await tenon(["check", "s.yaml", "-o", "json"], { cwd: other })).out);
        expect(checked.remarks).toMatchObject([{ code: "invalid-component", place: { line: 3 } }]);
      });
    }));

  test.each([
    ["oci", "oci: { image: r.example/a, ref: { tag: v } }", "Cannot pull an oci source locally: r.example/a"],
    [
      "http",
      `http: { url: "https://a/b.wasm", sha256: ${"a".repeat(64)} }`,
      "Cannot download an http source locally: https://a/b.wasm",
    ],
    ["package", "package: { name: acme:auth, version: ^1 }", "Cannot fetch a package locally: acme:auth"],
    ["configMap", "configMap: { name: c, key: k }", "Cannot read a configMap source without a cluster: c"],
  ])("refuses a source of kind %s at its field, saying what to do", (kind, source, message) => {
    const text = `apiVersion: tenon.dev/v1alpha1\nkind: Component\nmetadata: { name: a }\nspec: { source: { ${source} } }\n`;
    return withFolder({ "a.yaml": text }, async (cwd) => {
      const { code, out } = await tenon(["check", ".", "-o", "json"], { cwd });
      expect(code).toBe(1);
      expect(JSON.parse(out).remarks).toMatchObject([
        { message, place: { path: `spec.source.${kind}` }, hint: expect.stringContaining("source: { file:") },
      ]);
    });
  });
});

describe("tenon check of backends", () => {
  const shop = (more: string) => `apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: shop }
spec:
  instances: [{ name: store, component: { source: { file: { path: store.wasm } } } }]
  exports: [{ name: "acme:shop/query", from: "store/acme:shop/query" }]
  backends: [{ name: m, keyvalue: { memory: {} } }]
  ${more}
`;

  test.each([
    ["one process", "replicas: 1", []],
    ["several replicas", "replicas: 2", ["2"]],
    ["several processes in several replicas", "{ replicas: 2, runner: { processes: 3 } }", ["6"]],
  ])("of a memory backend in %s", (_, more, numbers) =>
    withShop(
      { "shop.yaml": shop(more.startsWith("{") ? more.slice(2, -2).replace(", runner", "\n  runner") : more) },
      async (cwd) => {
        const { code, out } = await tenon(["check", ".", "-o", "json"], { cwd });
        expect(code).toBe(0);
        const { remarks } = JSON.parse(out) as { remarks: { severity: string; message: string }[] };
        expect(remarks.map(({ severity, message }) => `${severity} ${message}`)).toEqual(
          numbers.map(
            (number) => `warning Every process has a memory of its own for backend "m", and there would be: ${number}`,
          ),
        );
      },
    ),
  );
});

describe("tenon compose", () => {
  test("writes the same bytes from a compose file and from a script, to a file and to a pipe", () =>
    withShop(
      {
        "compose.yaml": composeFile(),
        "shop.wac": `package acme:app;
let store = new acme:store { ... };
let front = new acme:front { "acme:shop/query": store["acme:shop/query"], ... };
export front["acme:shop/pages"];
`,
      },
      async (cwd) => {
        await mkdir(join(cwd, "deps/acme"), { recursive: true });
        await writeFile(join(cwd, "deps/acme/store.wasm"), components["store.wasm"]!);
        await writeFile(join(cwd, "deps/acme-front.wasm"), components["front.wasm"]!);
        const first = await tenon(["compose", "compose.yaml", "-o", "one.wasm"], { cwd });
        expect(first).toMatchObject({ code: 0, out: "" });
        expect(first.err).toMatch(/^✓ one\.wasm {2}\d+\.\d KiB, 2 instances, sha256:[0-9a-f]{64}\n$/);
        const one = await readFile(join(cwd, "one.wasm"));
        expect((await tenon(["compose", "compose.yaml", "-o", "-"], { cwd })).out).toBe(one.toString("latin1"));
        expect(await tenon(["compose", "shop.wac", "-o", "two.wasm"], { cwd })).toMatchObject({ code: 0 });
        expect((await readFile(join(cwd, "two.wasm"))).equals(one)).toBe(true);
        const inspected = await tenon(["inspect", "two.wasm", "-o", "json"], { cwd });
        expect(JSON.parse(inspected.out)).toMatchObject({
          imports: [],
          exports: [{ name: "acme:shop/pages", kind: "instance" }],
        });
      },
    ));

  test("leaves imports open with --wiring explicit", () =>
    withShop({ "compose.yaml": composeFile() }, async (cwd) => {
      expect(await tenon(["compose", "compose.yaml", "-o", "o.wasm", "--wiring", "explicit"], { cwd })).toMatchObject({
        code: 0,
      });
      const { out } = await tenon(["inspect", "o.wasm", "-o", "json"], { cwd });
      expect(JSON.parse(out).imports).toMatchObject([
        { name: "acme:shop/query", interface: "acme:shop/query", served: "instance" },
      ]);
    }));

  test("writes nothing where something is wrong", () =>
    withShop({ "compose.yaml": composeFile("store-64.wasm") }, async (cwd) => {
      const { code, err } = await tenon(["compose", "compose.yaml", "-o", "o.wasm"], { cwd });
      expect(code).toBe(1);
      expect(err).toMatch(/^error\[type-mismatch\]/);
      await expect(readFile(join(cwd, "o.wasm"))).rejects.toMatchObject({ code: "ENOENT" });
    }));

  test("does not write over an input, nor where it cannot", () =>
    withShop({ "compose.yaml": composeFile() }, async (cwd) => {
      expect(await tenon(["compose", ".", "-o", "front.wasm"], { cwd })).toMatchObject({
        code: 2,
        err: expect.stringContaining("Cannot write over an input"),
      });
      expect(await tenon(["compose", ".", "-o", "no/where.wasm"], { cwd })).toMatchObject({
        code: 3,
        err: expect.stringContaining("Cannot write the file (ENOENT)"),
      });
    }));

  test("asks which of several compositions is meant", () => {
    const one = (name: string) => `apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: ${name} }
spec:
  instances: [{ name: store, component: { source: { file: { path: store.wasm } } } }]
  exports: [{ name: "acme:shop/query", from: "store/acme:shop/query" }]
`;
    return withShop({ "shop.yaml": `${one("a")}---\n${one("b")}` }, async (cwd) => {
      const argv = ["compose", "shop.yaml", "-o", "o.wasm"];
      expect(await tenon(argv, { cwd })).toMatchObject({
        code: 2,
        err: expect.stringContaining("Cannot choose between 2 compositions: a, b"),
      });
      expect(await tenon([...argv, "--composition", "b"], { cwd })).toMatchObject({ code: 0 });
      expect(await tenon([...argv, "--composition", "c"], { cwd })).toMatchObject({
        code: 2,
        err: expect.stringContaining("Known here: a, b"),
      });
    });
  });

  test("names the packages that a script lacks, and the line where it cannot be read", () =>
    withShop(
      { "a.wac": "package a:b;\nlet x = new acme:nowhere { ... };\n", "b.wac": "package a:b;\nlet x = nothing;\n" },
      async (cwd) => {
        expect((await tenon(["compose", "a.wac", "-o", "o.wasm"], { cwd })).err).toContain(
          "Cannot find the component of package acme:nowhere in: ",
        );
        expect((await tenon(["compose", "b.wac", "-o", "o.wasm"], { cwd })).err).toContain("╭─ b.wac:2:9");
      },
    ));
});

describe("tenon inspect", () => {
  test("shows imports, who serves them, exports, size and digest", () =>
    withShop({}, async (cwd) => {
      const { code, out } = await tenon(["inspect", "front.wasm"], { cwd });
      expect(code).toBe(0);
      expect(out.replace(/sha256:[0-9a-f]{64}/, "sha256:…").replace(/\d+\.\d KiB/, "…")).toBe(`front.wasm
  digest  sha256:…
  size    …, 3 core modules, 1 inner component

  imports 1
    acme:shop/query  needs an instance that exports it

  exports 1
    acme:shop/pages  instance
`);
    }));

  test("prints the world with --wit, and all of it as JSON", () =>
    withShop({}, async (cwd) => {
      const wit = (await tenon(["inspect", "front.wasm", "--wit"], { cwd })).out;
      expect(wit).toContain("record page");
      const data = JSON.parse((await tenon(["inspect", "front.wasm", "-o", "json"], { cwd })).out);
      expect(data).toMatchObject({
        file: "front.wasm",
        digest: expect.stringMatching(/^sha256:/),
        wit,
        exports: [{ kind: "instance" }],
      });
    }));

  test.each([
    ["a missing file", "nowhere.wasm", "Cannot find the file"],
    ["a core module", "core.wasm", "this is a core WebAssembly module"],
    ["text", "text.wasm", "Cannot inspect text.wasm"],
    ["a folder without WIT", ".", "Cannot find a .wit file in the folder"],
  ])("ends with 3 on %s", (_, file, message) =>
    withFolder({ "core.wasm": new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]), "text.wasm": "text" }, async (cwd) => {
      expect(await tenon(["inspect", file], { cwd })).toMatchObject({
        code: 3,
        out: "",
        err: expect.stringContaining(message),
      });
    }),
  );
});

describe("tenon diff", () => {
  test("ends with 0 where nothing breaks", () =>
    withShop({}, async (cwd) => {
      expect(await tenon(["diff", "store.wasm", "store.wasm"], { cwd })).toEqual({
        code: 0,
        out: "No difference in imports and exports\n",
        err: "",
      });
      expect(await tenon(["diff", "store.wasm", "store-wide.wasm"], { cwd })).toEqual({
        code: 0,
        out: "~ fits    export acme:shop/query widened\n\n1 change, none of them breaking\n",
        err: "",
      });
    }));

  test("ends with 1 and shows what breaks, old and new", () =>
    withShop({}, async (cwd) => {
      expect(await tenon(["diff", "store.wasm", "store-64.wasm"], { cwd })).toMatchObject({
        code: 1,
        out: `~ breaks  export acme:shop/query changed
      page.limit: the types differ
        old  u32
        new  u64

1 breaking change
`,
      });
      const { code, out } = await tenon(["diff", "store-wide.wasm", "store.wasm", "-o", "json"], { cwd });
      expect(code).toBe(1);
      expect(JSON.parse(out)).toMatchObject({ breaking: true, changes: [{ side: "export", breaking: true }] });
    }));
});

describe("tenon graph", () => {
  test("draws on the terminal, for Mermaid and for Graphviz", () =>
    withShop({ "compose.yaml": composeFile() }, async (cwd) => {
      const { code, out } = await tenon(["graph", "."], { cwd });
      expect(code).toBe(0);
      expect(out.replace(/^tenon-test-\S+/, "shop")).toBe(`shop
├─ export  acme:shop/pages  from front
├─ front  front
│  └─ acme:shop/query  ← store  implicit
└─ store  store
`);
      expect((await tenon(["graph", ".", "--format", "mermaid"], { cwd })).out).toMatch(/^flowchart LR\n/);
      expect((await tenon(["graph", ".", "--format", "dot"], { cwd })).out).toMatch(/^digraph /);
    }));

  test("draws what is there of a broken composition, and says what is wrong", () =>
    withShop({ "compose.yaml": composeFile("store-64.wasm") }, async (cwd) => {
      const { code, out, err } = await tenon(["graph", "."], { cwd });
      expect(code).toBe(1);
      expect(out).toContain("← store");
      expect(err).toContain("page.limit");
    }));
});

describe("tenon convert", () => {
  test("prints manifests that compose to the same bytes as the compose file", () =>
    withShop({ "compose.yaml": composeFile() }, async (cwd) => {
      const { code, out, err } = await tenon(["convert", "compose.yaml"], { cwd });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      await writeFile(join(cwd, "made.yaml"), out);
      const [made, composed] = await Promise.all([
        tenon(["compose", "made.yaml", "-o", "-"], { cwd }),
        tenon(["compose", "compose.yaml", "-o", "-"], { cwd }),
      ]);
      expect(made).toMatchObject({ code: 0, err: "" });
      expect(made.out).toBe(composed.out);
    }));

  test("says what is wrong with the file instead", () =>
    withShop({ "compose.yaml": "components: {}\n" }, async (cwd) => {
      const { code, out, err } = await tenon(["convert", "compose.yaml"], { cwd });
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain('Missing field: "instances"');
      expect(await tenon(["convert", "nowhere.yaml"], { cwd })).toMatchObject({ code: 3, out: "" });
    }));
});
