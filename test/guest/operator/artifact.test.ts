import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Composer, startComposer } from "../../../composer/index.ts";
import { type ArtifactInputs, artifactKey, artifactSize, makeArtifact } from "../../../operator/compose/artifact.ts";
import { judge } from "../../../operator/compose/judge.ts";
import { wiringSpec } from "../../../operator/compose/spec.ts";
import { sha256 } from "../../../operator/digest.ts";
import { compositionOf } from "../../support/local/composition.ts";
import { keyFor, withStore } from "../../support/store.ts";
import { buildComponent } from "../../support/wiring/dummy.ts";

const wit = "package acme:shop;\ninterface query { find: func(text: string) -> list<string>; }\n";
const instances = "{ name: front, component: { name: front } }, { name: store, component: { name: store } }";
const exported = 'exports: [{ name: "acme:shop/pages", from: "front/acme:shop/pages" }]';
const shop = `instances: [${instances}]\n${exported}`;

let composer: Composer;
const components = new Map<string, Uint8Array>();

beforeAll(async () => {
  composer = startComposer();
  const front = `${wit}interface pages { show: func() -> string; }\nworld front { import query; export pages; }`;
  components.set("front", await buildComponent({ kind: "wit", text: front }));
  components.set("store", await buildComponent({ kind: "wit", text: `${wit}world store { export query; }` }));
});
afterAll(() => composer.close());

const digestOf = (name: string): string => `sha256:${sha256(components.get(name)!)}`;
const bytesBy = (digest: string): Uint8Array => [...components.values()].find((one) => digest.endsWith(sha256(one)))!;

async function inputsOf(spec: string, more: Partial<ArtifactInputs> = {}): Promise<ArtifactInputs> {
  const composition = compositionOf(spec);
  const names = [...components.keys()];
  const tables = new Map(
    await Promise.all(names.map(async (name) => [name, await composer.inspect(components.get(name)!)] as const)),
  );
  const { valid, wiring } = judge(composition, { tables });
  expect(valid).toBe(true);
  const digests = new Map(names.map((name) => [name, digestOf(name)]));
  return { spec: wiringSpec(composition), wiring, digests, deadlines: true, ...more };
}

describe("makeArtifact()", () => {
  test("gives the same for the same, to the byte, with every blob under its digest", async () => {
    const inputs = await inputsOf(shop);
    const [one, two] = [
      await makeArtifact(inputs, { composer, read: bytesBy }),
      await makeArtifact(inputs, { composer, read: bytesBy }),
    ];
    expect(two.text).toBe(one.text);
    expect(one.digest).toBe(`sha256:${sha256(one.text)}`);
    expect(JSON.parse(one.text)).toEqual(one.index);
    expect(one.index.blobs).toHaveLength(one.index.plan.modules.length);
    for (const [digest, bytes] of one.blobs) expect(digest).toBe(`sha256:${sha256(bytes)}`);
    expect(new Set(one.index.blobs.map(({ digest }) => digest))).toEqual(new Set(one.blobs.keys()));
    const sum = [...one.blobs.values()].reduce((size, { byteLength }) => size + byteLength, one.text.length);
    expect(artifactSize(one.index, one.text)).toBe(sum);
    expect(one.index.wiring).toMatchObject({
      instances: [
        { name: "front", component: "front", digest: digestOf("front") },
        { name: "store", component: "store", digest: digestOf("store") },
      ],
      edges: [{ from: "front", to: "store", import: "acme:shop/query", how: "Implicit" }],
    });
  });

  test("asks for the bytes of each distinct component once", async () => {
    const twice = `instances: [${instances}, { name: again, component: { name: store } }]\nwiring: Explicit\nconnections: [{ from: front/acme:shop/query, to: store/acme:shop/query }]\n${exported}`;
    const asked: string[] = [];
    const read = async (digest: string) => {
      asked.push(digest);
      return bytesBy(digest);
    };
    await makeArtifact(await inputsOf(twice), { composer, read });
    expect(asked.sort()).toEqual([digestOf("front"), digestOf("store")].sort());
  });

  test("stops between its steps when it is aborted, and hands on what reading rejects with", async () => {
    const inputs = await inputsOf(shop);
    const lost = async (): Promise<never> => {
      throw new RangeError("lost");
    };
    await expect(makeArtifact(inputs, { composer, read: lost })).rejects.toMatchObject({ message: "lost" });
    const controller = new AbortController();
    const read = (digest: string) => {
      controller.abort();
      return bytesBy(digest);
    };
    await expect(makeArtifact(inputs, { composer, read, signal: controller.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  test("is kept by a store, and found again whole", () =>
    withStore(async ({ open }) => {
      const artifact = await makeArtifact(await inputsOf(shop), { composer, read: bytesBy });
      const store = await open({ bytes: 2 ** 24 });
      await store.store(keyFor("shop"), artifact);
      await store.close();
      const again = await open({ bytes: 2 ** 24 });
      const size = artifactSize(artifact.index, artifact.text);
      expect(await again.find(keyFor("shop"))).toEqual({ digest: artifact.digest, size });
    }));
});

describe("artifactKey()", () => {
  test("is one for the same inputs, and another one for each that differs", async () => {
    const inputs = await inputsOf(shop);
    const keys = [
      inputs,
      { ...inputs, deadlines: false },
      { ...inputs, spec: { ...inputs.spec, name: "other" } },
      { ...inputs, digests: new Map([...inputs.digests, ["store", `sha256:${"0".repeat(64)}`]]) },
      { ...inputs, wiring: { ...inputs.wiring, exports: [] } },
      await inputsOf(
        `instances: [${instances}]\nconnections: [{ from: front/acme:shop/query, to: store/acme:shop/query }]\n${exported}`,
      ),
    ];
    const made = await Promise.all(keys.map((inputs) => artifactKey(inputs)));
    expect(new Set(made).size).toBe(keys.length);
    expect(await artifactKey(await inputsOf(shop))).toBe(made[0]);
    for (const key of made) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });
});
