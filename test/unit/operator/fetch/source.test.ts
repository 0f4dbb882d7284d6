import { describe, expect, test } from "@jest/globals";
import type { Source } from "../../../../api/source.ts";
import { sha256 } from "../../../../operator/digest.ts";
import { type FetchDeps, fetchSource } from "../../../../operator/fetch/source.ts";

const bytes = Buffer.from("bytes");
const digest = `sha256:${sha256(bytes)}`;
const deps = {
  client: {
    get: async () => ({ metadata: { name: "m", resourceVersion: "9" }, binaryData: { k: bytes.toString("base64") } }),
  },
  http: { download: async () => bytes, close: async () => {} },
  maxBytes: 100,
} as unknown as FetchDeps;
const read = (source: Source, signal = new AbortController().signal) =>
  fetchSource({ namespace: "shop", source, signal }, deps);

describe("fetchSource()", () => {
  test("reads http sources and ConfigMaps, and says what they are called", async () => {
    const http = await read({ http: { url: "https://example.com/a.wasm", sha256: sha256(bytes) } });
    expect(http).toEqual({ digest, revision: undefined, bytes });
    const map = await read({ configMap: { name: "m", key: "k" } });
    expect([map.digest, map.revision, Buffer.from(map.bytes).toString()]).toEqual([digest, "9", "bytes"]);
  });

  test.each([
    [{ file: { path: "./a.wasm" } }, "FileSourceRefused", /source\.file.*\.\/a\.wasm.*configMap/],
    [{ oci: { image: "example.com/a", ref: { tag: "1" } } }, "InvalidSpec", /source\.oci: example\.com\/a\. Use/],
    [{ package: { name: "a:b", version: "1" } }, "InvalidSpec", /source\.package: a:b\. Use/],
  ] as [Source, string, RegExp][])("refuses %j for good, and says what to use", async (source, reason, message) => {
    await expect(read(source)).rejects.toMatchObject({
      name: "FetchError",
      reason,
      final: true,
      message: expect.stringMatching(message),
    });
  });

  test("reads nothing for a signal that is aborted", async () => {
    await expect(read({ configMap: { name: "m", key: "k" } }, AbortSignal.abort())).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
