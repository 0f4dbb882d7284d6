import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../../operator/clock.ts";
import { artifactKey, makeArtifact } from "../../../operator/compose/artifact.ts";
import { judge } from "../../../operator/compose/judge.ts";
import { type ComposerPool, startComposerPool } from "../../../operator/compose/pool.ts";
import { wiringSpec } from "../../../operator/compose/spec.ts";
import { sha256 } from "../../../operator/digest.ts";
import { type Downloader, makeDownloader } from "../../../operator/fetch/http.ts";
import type { Library } from "../../../operator/fetch/library.ts";
import { type LibraryDeps, makeLibrary } from "../../../operator/fetch/library.ts";
import type { Store } from "../../../operator/package/store.ts";
import { doubling, manyModules, panics } from "../../support/composer/hostile.ts";
import { guest } from "../../support/composer/wat.ts";
import { compositionOf } from "../../support/local/composition.ts";
import { withStore } from "../../support/store.ts";

jest.setTimeout(120_000);

const MIB = 2 ** 20;
/** By path: what the server of components has. */
const files = new Map<string, Uint8Array>();
const server = createServer((request, response) => void response.end(files.get(request.url!.slice(1))));
let origin: string;
let composer: ComposerPool;
let http: Downloader;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  composer = startComposerPool({ clock: systemClock, workers: 2, memoryBytes: 256 * MIB, deadlineMs: 60_000 });
  const bounds = { maxBytes: 4 * MIB, totalBytes: 64 * MIB, timeoutMs: 60_000 };
  http = makeDownloader({ clock: systemClock, ...bounds, allowedCIDRs: ["127.0.0.0/8"] });
});
afterAll(async () => {
  await Promise.all([composer.close(), http.close()]);
  await new Promise((resolve) => server.close(resolve));
});

/** A component like the others, and yet with bytes of its own: a custom section tells it apart. */
function variant(bytes: Uint8Array, at: number): Uint8Array {
  return Buffer.concat([bytes, Buffer.from([0, 6, 1, 0x76, at, at, at, at])]);
}

/** From its source to an artifact in the store, as the reconcilers do it; gives the code or the reason of what stopped it. */
async function bring(name: string, { library, store }: { library: Library; store: Store }): Promise<string> {
  const bytes = files.get(name)!;
  const source = { http: { url: `${origin}/${name}`, sha256: sha256(bytes) } };
  const signal = AbortSignal.timeout(120_000);
  try {
    const { digest, table } = await library.acquire({ namespace: "shop", source, signal });
    const composition = compositionOf("instances: [{ name: app, component: { name: app } }]");
    const { valid, wiring } = judge(composition, { tables: new Map([["app", table]]) }, { run: false });
    if (!valid) return "not valid";
    const inputs = { spec: wiringSpec(composition), wiring, digests: new Map([["app", digest]]), deadlines: true };
    const read = async (wanted: string) => (await library.bytes(wanted))!;
    const artifact = await makeArtifact(inputs, { composer, read, signal });
    const key = await artifactKey(inputs);
    await store.store(key, artifact);
    store.hold(name, [artifact.digest]);
    return (await store.find(key))?.digest === artifact.digest ? "composed" : "lost";
  } catch (error) {
    const { code, reason } = error as { code?: string; reason?: string };
    return code ?? reason ?? String(error);
  }
}

describe("poisoned components among fifty others", () => {
  test("stop alone, the others are composed", () =>
    withStore(async ({ open }) => {
      const hostile: Record<string, Uint8Array> = {
        text: Buffer.from("<html>not found</html>"),
        module: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
        cut: guest("hello").subarray(0, 20_000),
        modules: await manyModules(1001),
        panic: await panics(),
        doubling: await doubling(24),
        large: Buffer.alloc(4 * MIB + 1),
      };
      const good = Array.from({ length: 50 }, (_, at) => `good-${at}`);
      for (const [name, bytes] of Object.entries(hostile)) files.set(name, bytes);
      for (const [at, name] of good.entries()) files.set(name, variant(guest("edge-callee"), at));
      const store = await open({ bytes: 64 * MIB });
      const library = makeLibrary({ client: {}, http, maxBytes: 4 * MIB, store, composer } as unknown as LibraryDeps);
      const names = [...Object.keys(hostile), ...good];
      const ends = new Map(
        await Promise.all(names.map(async (name) => [name, await bring(name, { library, store })] as const)),
      );
      expect(good.filter((name) => ends.get(name) !== "composed")).toEqual([]);
      expect(Object.keys(hostile).map((name) => [name, ends.get(name)])).toEqual([
        ["text", "not-a-component"],
        ["module", "not-a-component"],
        ["cut", "invalid-component"],
        ["modules", expect.stringMatching(/^(too-large|invalid-component)$/)],
        // The wiring refuses it before the encoder, which would panic, gets to see it: pool.test.ts shows that.
        ["panic", "not valid"],
        ["doubling", "memory-limit"],
        ["large", "TooLarge"],
      ]);
      expect(store.size().artifacts).toBe(50);
      expect(composer.counts()).toMatchObject({ running: 0, waiting: 0 });
    }));
});
