import { describe, expect, test } from "@jest/globals";
import { fetchConfigMap } from "../../../../operator/fetch/config-map.ts";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { KubeError } from "../../../../operator/kube/error.ts";
import type { ObjectRef } from "../../../../operator/kube/object.ts";

const signal = new AbortController().signal;
const request = { namespace: "shop", name: "code", key: "a.wasm", maxBytes: 100, signal };
const wasm = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 0xff]);

function clientOf(answer: object | Error | undefined) {
  const asked: ObjectRef[] = [];
  const get = async (ref: ObjectRef) => {
    asked.push(ref);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, client: { get } as unknown as Pick<KubeClient, "get"> };
}
const read = (content: object, more: object = {}) =>
  fetchConfigMap(
    { ...request, ...more },
    clientOf({ metadata: { name: "code", resourceVersion: "7" }, ...content }).client,
  );

describe("fetchConfigMap()", () => {
  test("reads binaryData, and says which version it was", async () => {
    const { client, asked } = clientOf({
      metadata: { name: "code", resourceVersion: "7" },
      binaryData: { "a.wasm": wasm.toString("base64") },
    });
    const { bytes, revision } = await fetchConfigMap(request, client);
    expect([...bytes]).toEqual([...wasm]);
    expect(revision).toBe("7");
    expect(asked).toMatchObject([{ namespace: "shop", name: "code", resource: { kind: "ConfigMap" } }]);
  });

  test("takes a component that kubectl put into data, as it happens to be valid UTF-8", async () => {
    const { bytes } = await read({ data: { "a.wasm": "\0asm\r\0\x01\0 and text" } });
    expect(Buffer.from(bytes).toString("latin1")).toBe("\0asm\r\0\x01\0 and text");
  });

  test.each([
    [
      "a ConfigMap that is not there",
      undefined,
      "SourceNotFound",
      /Cannot find the ConfigMap .*: code\. Make it with kubectl create configmap code --from-file=a.wasm=FILE.wasm$/,
    ],
    [
      "a key that is not there",
      { binaryData: { "b.wasm": "" }, data: { c: "" } },
      "SourceNotFound",
      /in ConfigMap "code", it has: b.wasm, c: a.wasm$/,
    ],
    ["a ConfigMap without keys", {}, "SourceNotFound", /it has no keys: a.wasm$/],
    [
      "base64 that was written as text",
      { data: { "a.wasm": wasm.toString("base64") } },
      "InvalidSpec",
      /is in data, not in binaryData.*--from-file=a.wasm=FILE.wasm$/,
    ],
    ["a key of every object", { binaryData: {}, data: {} }, "SourceNotFound", /toString$/, { key: "toString" }],
    [
      "more bytes than it takes",
      { binaryData: { "a.wasm": wasm.toString("base64") } },
      "TooLarge",
      /more than 8 bytes .*: 9$/,
      { maxBytes: 8 },
    ],
  ] as [string, object | undefined, string, RegExp, object?][])(
    "says of %s what to do",
    async (_, content, reason, message, more = {}) => {
      const answer = content && { metadata: { name: "code" }, ...content };
      await expect(fetchConfigMap({ ...request, ...more }, clientOf(answer).client)).rejects.toMatchObject({
        name: "FetchError",
        reason,
        final: true,
        message: expect.stringMatching(message),
      });
    },
  );

  test("takes as many bytes as it may", async () => {
    const { bytes } = await read({ binaryData: { "a.wasm": wasm.toString("base64") } }, { maxBytes: 9 });
    expect(bytes).toHaveLength(9);
  });

  test("asks again where the API server could not answer, when that says so", async () => {
    const { client } = clientOf(new KubeError("throttled", "Too many requests", { retryAfterMs: 3000 }));
    await expect(fetchConfigMap(request, client)).rejects.toMatchObject({
      reason: "SourceUnavailable",
      final: false,
      retryAfterMs: 3000,
      message: "Cannot read the ConfigMap of source.configMap: Too many requests",
    });
  });

  test("throws on what it does not know", async () => {
    await expect(fetchConfigMap(request, clientOf(new RangeError("a bug")).client)).rejects.toMatchObject({
      name: "RangeError",
    });
  });
});
