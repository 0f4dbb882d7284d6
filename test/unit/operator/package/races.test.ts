import { readFile } from "node:fs/promises";
import { describe, expect, jest, test } from "@jest/globals";
import { sha256 } from "../../../../operator/digest.ts";
import type { Store } from "../../../../operator/package/store.ts";
import { FakeClock } from "../../../support/clock.ts";
import { artifactOf, keyFor, type TestStore, withStore } from "../../../support/store.ts";

jest.setTimeout(60_000);

const KIB = 1024;
const limit = 256 * KIB;
/** Blobs that artifacts share, so that one's removal could hurt another. */
const blobs = Array.from({ length: 12 }, (_, at) => Buffer.alloc(4 * KIB * (1 + (at % 4)), `blob ${at}`));

/** What the reconciler does for one owner: finds or stores, then holds. Gives what it holds now. */
async function reconcile(store: Store, owner: string, name: string, pick: () => number): Promise<string | undefined> {
  const found = await store.find(keyFor(name));
  if (found !== undefined) {
    store.hold(owner, [found.digest]);
    return found.digest;
  }
  const seed = Number.parseInt(sha256(name).slice(0, 6), 16);
  const parts = [0, 1, 2].map((at) => blobs[(seed >> (at * 4)) % blobs.length]!);
  const artifact = artifactOf(name, parts);
  try {
    await store.store(keyFor(name), artifact);
  } catch (error) {
    if ((error as { code?: string }).code !== "full") throw error;
    if (pick() < 0.5) store.release(owner);
    return undefined;
  }
  store.hold(owner, [artifact.digest]);
  return artifact.digest;
}

async function expectWhole(store: Store, owner: string, digest: string): Promise<void> {
  const index = await store.index(digest);
  expect([owner, index]).toEqual([owner, expect.anything()]);
  const named = JSON.parse(await readFile(index!.path, "utf8")).blobs as { digest: string }[];
  for (const blob of named) {
    expect(await store.mayServe(owner, digest, blob.digest)).toBe(true);
    const file = await store.blob(blob.digest);
    expect([owner, blob.digest, file]).toEqual([owner, blob.digest, expect.anything()]);
    expect(`sha256:${sha256(await readFile(file!.path))}`).toBe(blob.digest);
  }
}

async function churn({ open, clock, lost }: TestStore, seed: number): Promise<{ held: number; full: number }> {
  const random = new FakeClock({ seed });
  const pick = (): number => random.random();
  let store = await open({ bytes: limit });
  let [held, full] = [0, 0];
  for (let round = 0; round < 12; round++) {
    const owners = Array.from({ length: 8 }, (_, at) => `ns/o${at}`);
    const noise = Array.from({ length: 6 }, async () => {
      const content = Buffer.alloc(4 * KIB * (1 + Math.floor(pick() * 4)), sha256(`${pick()}`));
      await store.keepComponent(`sha256:${sha256(content)}`, content).catch(() => {});
    });
    const all = owners.map(async (owner) => {
      const digest = await reconcile(store, owner, `a${Math.floor(pick() * 24)}`, pick);
      if (digest === undefined) full++;
    });
    await Promise.all([...all, ...noise]);
    await clock.advance(pick() < 0.5 ? 1_000 : 120_000);
    for (const owner of owners) {
      for (const digest of store.held(owner)) {
        await expectWhole(store, owner, digest);
        held++;
      }
    }
    expect(store.size().bytes).toBeLessThanOrEqual(limit);
    if (pick() < 0.3) {
      await store.close();
      store = await open({ bytes: limit });
    }
  }
  expect(lost).toEqual([]);
  await store.close();
  return { held, full };
}

describe("a store under churn", () => {
  test("never loses a part of what is held, and never grows over its bound", async () => {
    let [held, full] = [0, 0];
    for (let seed = 1; seed <= 8; seed++) {
      await withStore(async (store) => {
        const seen = await churn(store, seed);
        held += seen.held;
        full += seen.full;
      });
    }
    // Otherwise nothing was at stake.
    expect(held).toBeGreaterThan(250);
    expect(full).toBeGreaterThan(5);
  });
});
