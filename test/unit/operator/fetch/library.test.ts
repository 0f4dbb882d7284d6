import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Source } from "../../../../api/source.ts";
import { ComposerError } from "../../../../composer/error.ts";
import { sha256 } from "../../../../operator/digest.ts";
import { FetchError } from "../../../../operator/fetch/error.ts";
import { type LibraryDeps, makeLibrary } from "../../../../operator/fetch/library.ts";
import type { Store } from "../../../../operator/package/store.ts";
import { settled } from "../../../support/clock.ts";
import { withStore } from "../../../support/store.ts";
import { func, table } from "../../../support/wiring/tables.ts";

const bytes = Buffer.from("a component");
const digest = `sha256:${sha256(bytes)}`;
const http = (path: string): Source => ({ http: { url: `https://example.com/${path}`, sha256: sha256(bytes) } });
const map = (name: string): Source => ({ configMap: { name, key: "k" } });
const signal = new AbortController().signal;

/** A library over a real store; what it asks the world for is counted, and waits while `gate` does. */
function makeTestLibrary(
  store: Store,
  {
    inspect,
    gate,
    download,
  }: { inspect?: () => Promise<never>; gate?: Promise<void>; download?: () => Promise<never> } = {},
) {
  const counts = { downloads: 0, gets: 0, inspections: 0 };
  const deps = {
    store,
    maxBytes: 1000,
    client: {
      async get() {
        counts.gets++;
        await gate;
        return { metadata: { name: "m", resourceVersion: "3" }, binaryData: { k: bytes.toString("base64") } };
      },
    },
    http: {
      async download() {
        counts.downloads++;
        await gate;
        return download?.() ?? bytes;
      },
      close: async () => {},
    },
    composer: {
      async inspect() {
        counts.inspections++;
        return inspect?.() ?? table({ exports: { f: func() } });
      },
    },
  } as unknown as LibraryDeps;
  return { counts, library: makeLibrary(deps) };
}

describe("makeLibrary()", () => {
  test("reads, keeps and inspects a source once", () =>
    withStore(async ({ open }) => {
      const store = await open();
      const { library, counts } = makeTestLibrary(store);
      expect([await library.types(digest), await library.bytes(digest)]).toEqual([undefined, undefined]);
      const found = await library.acquire({ namespace: "a", source: http("a"), signal });
      expect(found).toMatchObject({ digest, revision: undefined, size: bytes.length });
      expect(await library.types(digest)).toBe(found.table);
      expect(Buffer.from((await library.bytes(digest))!).equals(bytes)).toBe(true);
      await library.acquire({ namespace: "a", source: http("a"), signal });
      expect(counts).toEqual({ downloads: 1, gets: 0, inspections: 1 });
      // After a restart nothing is fetched or inspected again.
      const later = makeTestLibrary(store);
      expect(await later.library.acquire({ namespace: "a", source: http("a"), signal })).toMatchObject({ digest });
      expect(later.counts).toEqual({ downloads: 0, gets: 0, inspections: 0 });
      expect(await later.library.recall({ namespace: "a", source: http("a") })).toBe(digest);
    }));

  test("gives nobody bytes that another namespace fetched, or another source, for their digest alone", () =>
    withStore(async ({ open }) => {
      const store = await open();
      const owner = makeTestLibrary(store).library;
      await owner.acquire({ namespace: "a", source: http("a"), signal });
      const refused = new FetchError("SourceUnavailable", "No such host", { final: false });
      const { library, counts } = makeTestLibrary(store, { download: () => Promise.reject(refused) });
      for (const other of [
        { namespace: "b", source: http("a") },
        { namespace: "a", source: http("nowhere") },
        // Where one ends and the other begins is told apart.
        { namespace: "", source: http("a") },
      ]) {
        expect(await library.recall(other)).toBeUndefined();
        for (let round = 0; round < 2; round++)
          await expect(library.acquire({ ...other, signal })).rejects.toBe(refused);
      }
      expect(counts).toEqual({ downloads: 6, gets: 0, inspections: 0 });
    }));

  test("fetches again what was fetched before and is lost", () =>
    withStore(async ({ open, folder }) => {
      const { library, counts } = makeTestLibrary(await open());
      await library.acquire({ namespace: "a", source: http("a"), signal });
      await rm(join(folder, "components", digest.slice("sha256:".length)));
      await library.acquire({ namespace: "a", source: http("a"), signal });
      expect(counts).toEqual({ downloads: 2, gets: 0, inspections: 1 });
    }));

  test("remembers nothing of a ConfigMap, which may change", () =>
    withStore(async ({ open }) => {
      const { library } = makeTestLibrary(await open());
      await library.acquire({ namespace: "n", source: map("a"), signal });
      expect(await library.recall({ namespace: "n", source: map("a") })).toBeUndefined();
    }));

  test("reads a ConfigMap each time, as it may have changed, and inspects equal bytes once", () =>
    withStore(async ({ open }) => {
      const { library, counts } = makeTestLibrary(await open());
      const found = [];
      for (const name of ["a", "a", "b"])
        found.push(await library.acquire({ namespace: "n", source: map(name), signal }));
      expect(counts).toEqual({ downloads: 0, gets: 3, inspections: 1 });
      expect(found[0]).toMatchObject({ digest, revision: "3" });
      expect(new Set(found.map((one) => one.table)).size).toBe(1);
    }));

  test("shares one reading among those who ask at once, but never across namespaces", () =>
    withStore(async ({ open }) => {
      const gate = Promise.withResolvers<void>();
      const { library, counts } = makeTestLibrary(await open(), { gate: gate.promise });
      const all = ["a", "a", "a", "b"].map((namespace) => library.acquire({ namespace, source: map("m"), signal }));
      await settled();
      expect(counts.gets).toBe(2);
      gate.resolve();
      expect(new Set((await Promise.all(all)).map((one) => one.table)).size).toBe(1);
      expect(counts.inspections).toBe(1);
    }));

  test("keeps bytes that are no component, so that they are not read again, and says why each time", () =>
    withStore(async ({ open }) => {
      const failure = { code: "invalid-component", stage: "inspect", message: "cut short" } as const;
      const inspect = async (): Promise<never> => {
        throw new ComposerError(failure);
      };
      const { library, counts } = makeTestLibrary(await open(), { inspect });
      for (let round = 0; round < 2; round++)
        await expect(library.acquire({ namespace: "a", source: http("a"), signal })).rejects.toMatchObject(failure);
      expect(counts.downloads).toBe(1);
      expect(await library.types(digest)).toBeUndefined();
    }));

  test("says that the store has no room, and tries again later", () =>
    withStore(async ({ open }) => {
      const { library } = makeTestLibrary(await open({ bytes: 100 }));
      await expect(library.acquire({ namespace: "a", source: http("a"), signal })).rejects.toMatchObject({
        name: "FetchError",
        reason: "StoreUnavailable",
        final: false,
        message: expect.stringMatching(/^Cannot keep 4096 bytes more/),
      });
    }));
});
