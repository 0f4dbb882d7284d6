import { describe, expect, test } from "@jest/globals";
import type { Source } from "../../../../api/source.ts";
import type { Library } from "../../../../operator/fetch/library.ts";
import type { Cache } from "../../../../operator/kube/cache.ts";
import { LookUp } from "../../../../operator/reconcile/look-up.ts";
import { table } from "../../../support/wiring/tables.ts";

const hex = "a".repeat(64);
const digest = `sha256:${hex}`;
const http: Source = { http: { url: "https://example.com/a.wasm", sha256: hex } };
const map: Source = { configMap: { name: "m", key: "k" } };
const signal = new AbortController().signal;

/** A library that knows the types of `digest`, as it is somebody's; `fetched` are the namespaces that read it themselves. */
function makeLookUp({ fetched = [], revision = "7" }: { fetched?: readonly string[]; revision?: string } = {}) {
  const acquired: string[] = [];
  const library: Library = {
    types: async (asked) => (asked === digest ? table({}) : undefined),
    bytes: async () => undefined,
    recall: async ({ namespace }) => (fetched.includes(namespace) ? digest : undefined),
    async acquire({ namespace }) {
      acquired.push(namespace);
      return { digest, revision, size: 1, table: table({}) };
    },
  };
  const configMaps = {
    onChange: () => {},
    get: (key: string) => (key === "n/m" ? { metadata: { name: "m", resourceVersion: revision } } : undefined),
  } as unknown as Cache;
  return { acquired, lookUp: new LookUp(library, configMaps) };
}

describe("LookUp.find()", () => {
  test("reads what an http source names, though its digest is known: it may be somebody else's", async () => {
    const { lookUp, acquired } = makeLookUp({ fetched: ["theirs"] });
    await lookUp.find({ namespace: "n", source: http }, { signal });
    await lookUp.find({ namespace: "n", source: http }, { before: { digest: "sha256:other" }, signal });
    expect(acquired).toEqual(["n", "n"]);
  });

  test("reads nothing that this namespace fetched before, or that the object's own status names", async () => {
    const { lookUp, acquired } = makeLookUp({ fetched: ["n"] });
    expect(await lookUp.find({ namespace: "n", source: http }, { signal })).toMatchObject({ digest });
    expect(await lookUp.find({ namespace: "o", source: http }, { before: { digest }, signal })).toMatchObject({
      digest,
    });
    expect(acquired).toEqual([]);
  });

  test("reads a ConfigMap once, and again when it is another one", async () => {
    const { lookUp, acquired } = makeLookUp();
    await lookUp.find({ namespace: "n", source: map }, { before: { digest, revision: "6" }, signal });
    await lookUp.find({ namespace: "n", source: map }, { signal });
    expect(acquired).toEqual(["n"]);
    const later = makeLookUp();
    await later.lookUp.find({ namespace: "n", source: map }, { before: { digest, revision: "7" }, signal });
    expect(later.acquired).toEqual([]);
  });
});
