import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Composer, startComposer } from "../../../composer/index.ts";
import { sha256 } from "../../../operator/digest.ts";
import { build, compose } from "../../../operator/local/build.ts";
import { ArtifactCache } from "../../../operator/local/cache.ts";
import { type LoadedComposition, load, type Workspace } from "../../../operator/local/load.ts";
import type { Tables } from "../../../operator/local/sources.ts";
import { withFolder } from "../../support/local/folder.ts";
import { buildComponent } from "../../support/wiring/dummy.ts";

const wit = "package acme:shop;\ninterface query { find: func(text: string) -> list<string>; }\n";
const manifest = (name = "shop", more = "") => `apiVersion: tenon.dev/v1alpha1
kind: Composition
metadata: { name: ${name} }
spec:
  instances:
    - { name: front, component: { source: { file: { path: front.wasm } } } }
    - { name: store, component: { source: { file: { path: store.wasm } } } }
  exports:
    - { name: "acme:shop/pages", from: "front/acme:shop/pages" }
${more}`;

let composer: Composer;
let components: Record<string, Uint8Array>;

beforeAll(async () => {
  composer = startComposer();
  const front = `${wit}interface pages { show: func() -> string; }\nworld front { import query; export pages; }`;
  components = {
    "front.wasm": await buildComponent({ kind: "wit", text: front }),
    "store.wasm": await buildComponent({ kind: "wit", text: `${wit}world store { export query; }` }),
    "store-2.wasm": await buildComponent({
      kind: "wit",
      text: `${wit}interface more { f: func(); }\nworld store { export query; export more; }`,
    }),
  };
});

afterAll(() => composer.close());

interface Shop {
  readonly folder: string;
  readonly load: () => Promise<Workspace>;
  readonly one: () => Promise<LoadedComposition>;
  readonly cache: ArtifactCache;
}

const withShop = <T>(
  use: (shop: Shop) => Promise<T>,
  files: Readonly<Record<string, string>> = { "shop.yaml": manifest() },
): Promise<T> =>
  withFolder({ ...components, ...files }, async (folder) => {
    const tables: Tables = new Map();
    const loadShop = () => load(["shop.yaml"], { composer, tables, cwd: folder });
    const one = async () => {
      const { compositions, remarks } = await loadShop();
      expect(remarks).toEqual([]);
      return compositions[0]!;
    };
    return use({ folder, load: loadShop, one, cache: new ArtifactCache(join(folder, "cache")) });
  });

describe("load()", () => {
  test("reads components relative to the manifest, and lists what to watch", () =>
    withShop(async ({ folder, load }) => {
      const { compositions, files, remarks } = await load();
      expect(remarks).toEqual([]);
      expect([...files].sort()).toEqual([
        join(folder, "front.wasm"),
        join(folder, "shop.yaml"),
        join(folder, "store.wasm"),
      ]);
      const [{ components: read, spec }] = compositions as [LoadedComposition];
      expect(spec).toEqual({
        name: "shop",
        wiring: "Auto",
        instances: [
          { name: "front", component: "file:front.wasm" },
          { name: "store", component: "file:store.wasm" },
        ],
        exports: [{ name: "acme:shop/pages", from: "front/acme:shop/pages" }],
      });
      expect(read.get("file:store.wasm")?.digest).toBe(`sha256:${sha256(components["store.wasm"]!)}`);
    }));

  test("watches a component that is not built yet", () =>
    withFolder({ "shop.yaml": manifest() }, async (folder) => {
      const { files, remarks } = await load(["shop.yaml"], { composer, cwd: folder });
      expect(remarks.map(({ code, place }) => [code, place.line])).toEqual([
        ["source", 6],
        ["source", 7],
      ]);
      expect(files).toContain(join(folder, "front.wasm"));
    }));

  test("refuses two Components of one name, naming the first", () => {
    const one =
      "apiVersion: tenon.dev/v1alpha1\nkind: Component\nmetadata: { name: a }\nspec: { source: { file: { path: store.wasm } } }\n";
    return withShop(
      async ({ load }) => {
        const { remarks } = await load();
        expect(remarks).toMatchObject([
          { message: 'Already declared in shop.yaml:3: Component "a"', place: { line: 8 } },
        ]);
      },
      { "shop.yaml": `${one}---\n${one}---\n${manifest()}` },
    );
  });

  test("stops when it is aborted", () =>
    withShop(async ({ folder }) => {
      const signal = AbortSignal.abort();
      await expect(load(["shop.yaml"], { composer, cwd: folder, signal })).rejects.toMatchObject({
        name: "AbortError",
      });
    }));
});

describe("build()", () => {
  const options = (cache: ArtifactCache) => ({ composer, cache, deadlines: true });

  test("makes an artifact whose index names its blobs and tells how it was wired", () =>
    withShop(async ({ one, cache }) => {
      const { artifact, remarks } = await build(await one(), options(cache));
      expect(remarks).toEqual([]);
      const { index, folder, digest } = artifact!;
      expect(digest).toBe(`sha256:${sha256(await readFile(join(folder, "index.json")))}`);
      expect(index).toMatchObject({ format: 1, name: "shop" });
      expect(index.blobs).toHaveLength(index.plan.modules.length);
      for (const blob of index.blobs) {
        const bytes = await readFile(join(folder, "blobs", blob.digest.slice(7)));
        expect([`sha256:${sha256(bytes)}`, bytes.byteLength]).toEqual([blob.digest, blob.size]);
      }
      expect(index.wiring).toMatchObject({
        instances: [{ name: "front", component: "file:front.wasm" }, { name: "store" }],
        edges: [{ from: "front", to: "store", import: "acme:shop/query", export: "acme:shop/query", how: "Implicit" }],
        hostImports: [],
        exports: [{ name: "acme:shop/pages", instance: "front" }],
      });
    }));

  test("hits the cache for the same inputs, and only for these", () =>
    withShop(async ({ folder, one, cache }) => {
      const first = await build(await one(), options(cache));
      const again = await build(await one(), options(cache));
      expect(again).toMatchObject({ cached: true, artifact: { digest: first.artifact!.digest } });
      expect(await build(await one(), { ...options(cache), deadlines: false })).toMatchObject({ cached: false });
      await writeFile(join(folder, "shop.yaml"), manifest("other"));
      expect(await build(await one(), options(cache))).toMatchObject({
        cached: false,
        artifact: { index: { name: "other" } },
      });
      await writeFile(join(folder, "shop.yaml"), manifest());
      await writeFile(join(folder, "store.wasm"), components["store-2.wasm"]!);
      expect(await build(await one(), options(cache))).toMatchObject({ cached: false });
    }));

  test("makes a damaged entry again", () =>
    withShop(async ({ one, cache }) => {
      const { artifact } = await build(await one(), options(cache));
      await writeFile(join(artifact!.folder, "blobs", artifact!.index.blobs[0]!.digest.slice(7)), "damaged");
      const again = await build(await one(), options(cache));
      expect(again).toMatchObject({ cached: false, artifact: { digest: artifact!.digest } });
      expect(await build(await one(), options(cache))).toMatchObject({ cached: true });
    }));

  test("makes nothing of a composition with an error, and says which", () =>
    withShop(
      async ({ one, cache }) => {
        const built = await build(await one(), options(cache));
        expect(built.artifact).toBeUndefined();
        expect(built.remarks).toMatchObject([{ code: "unknown-instance", place: { line: 11 } }]);
        expect(await compose(await one(), { composer })).toMatchObject({ remarks: built.remarks });
      },
      {
        "shop.yaml": manifest(
          "shop",
          '  connections:\n    - { from: "frunt/acme:shop/query", to: "store/acme:shop/query" }\n',
        ),
      },
    ));

  test("stops when it is aborted", () =>
    withShop(async ({ one, cache }) => {
      const signal = AbortSignal.abort();
      await expect(build(await one(), { ...options(cache), signal })).rejects.toMatchObject({ name: "AbortError" });
    }));
});
