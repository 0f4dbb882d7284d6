import { chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { sha256 } from "../../../../operator/digest.ts";
import { ArtifactCache, openCache } from "../../../../operator/local/cache.ts";
import type { ArtifactIndex } from "../../../../runner/artifact.ts";
import { withFolder } from "../../../support/local/folder.ts";

const blob = new Uint8Array([0, 97, 115, 109]);
const digest = `sha256:${sha256(blob)}`;
const index = { format: 1, name: "api", blobs: [{ digest, size: 4 }] } as unknown as ArtifactIndex;
const blobs = new Map([[digest, blob]]);
const key = "a".repeat(64);

const withCache = <T>(use: (cache: ArtifactCache) => Promise<T>): Promise<T> =>
  withFolder({}, (folder) => use(new ArtifactCache(folder)));

describe("ArtifactCache", () => {
  test("finds what was stored, as a folder that a runner reads", () =>
    withCache(async (cache) => {
      expect(await cache.find(key)).toBeUndefined();
      const stored = await cache.store(key, index, blobs);
      expect(await cache.find(key)).toEqual(stored);
      const text = await readFile(join(stored.folder, "index.json"), "utf8");
      expect(JSON.parse(text)).toEqual(index);
      expect(stored.digest).toBe(`sha256:${sha256(text)}`);
      expect([...(await readFile(join(stored.folder, "blobs", sha256(blob))))]).toEqual([...blob]);
    }));

  test.each([
    ["a changed blob", `blobs/${sha256(blob)}`, "x"],
    ["a changed index", "index.json", "{}"],
    ["an index cut short", "index.json", ""],
    ["a missing digest", "digest", undefined],
    ["a missing blob", `blobs/${sha256(blob)}`, undefined],
  ])("finds %s, removes the entry, and stores it again", (_, file, content) =>
    withCache(async (cache) => {
      const { folder } = await cache.store(key, index, blobs);
      if (content === undefined) await rm(join(folder, file));
      else await writeFile(join(folder, file), content);
      expect(await cache.find(key)).toBeUndefined();
      expect(await readdir(cache.folder)).toEqual([]);
      await cache.store(key, index, blobs);
      expect(await cache.find(key)).toMatchObject({ index });
    }),
  );

  test("lets two that store the same at once both have it", () =>
    withCache(async (cache) => {
      const stored = await Promise.all([1, 2, 3, 4].map(() => cache.store(key, index, blobs)));
      expect(new Set(stored.map((one) => one.digest)).size).toBe(1);
      expect(await readdir(cache.folder)).toEqual([key]);
      expect(await cache.find(key)).toBeDefined();
    }));

  test("keeps 64 entries, and drops the one that was used longest ago", () =>
    withCache(async (cache) => {
      for (let at = 0; at < 64; at++) {
        const folder = join(cache.folder, `old-${at}`);
        await mkdir(folder);
        await utimes(folder, 1000 + at, 1000 + at);
      }
      await cache.store(key, index, blobs);
      const names = await readdir(cache.folder);
      expect(names).toHaveLength(64);
      expect(names).not.toContain("old-0");
      expect(names).toContain("old-1");
      expect(names).toContain(key);
    }));

  test("says what to do when it cannot write", () =>
    withFolder({ file: "" }, async (folder) => {
      const cache = new ArtifactCache(join(folder, "file"));
      await expect(cache.store(key, index, blobs)).rejects.toMatchObject({ name: "LocalError", code: "cache" });
    }));
});

describe("openCache()", () => {
  test("takes XDG_CACHE_HOME, else ~/.cache", () =>
    withFolder({}, async (folder) => {
      expect((await openCache({ XDG_CACHE_HOME: folder, HOME: "/nowhere" })).folder).toBe(
        join(folder, "tenon", "artifacts"),
      );
      expect((await openCache({ HOME: folder })).folder).toBe(join(folder, ".cache", "tenon", "artifacts"));
      expect((await openCache({ XDG_CACHE_HOME: "relative", HOME: folder })).folder).toBe(
        join(folder, ".cache", "tenon", "artifacts"),
      );
    }));

  test.each([0o770, 0o707])("does not take a folder that others may write to (%i)", (mode) =>
    withFolder({}, async (home) => {
      const own = join(home, ".cache", "tenon", "artifacts");
      expect((await openCache({ HOME: home })).folder).toBe(own);
      await chmod(own, mode);
      const { folder } = await openCache({ HOME: home });
      expect(folder).not.toBe(own);
      await rm(folder, { recursive: true });
    }),
  );

  test("falls back to a fresh temporary folder where these cannot be written", () =>
    withFolder({ file: "" }, async (folder) => {
      const env = { HOME: join(folder, "file") };
      const [first, second] = [await openCache(env), await openCache(env)];
      expect(first.folder).not.toBe(second.folder);
      await first.store(key, index, blobs);
      expect(await first.find(key)).toBeDefined();
      await rm(first.folder, { recursive: true });
      await rm(second.folder, { recursive: true });
    }));
});
