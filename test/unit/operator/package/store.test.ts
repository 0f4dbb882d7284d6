import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { sha256 } from "../../../../operator/digest.ts";
import type { Store } from "../../../../operator/package/store.ts";
import { artifactOf, keyFor, withStore } from "../../../support/store.ts";

const KIB = 1024;
const hexOf = (digest: string): string => digest.slice("sha256:".length);
/** Content of this many bytes that no other name has. */
const bytes = (name: string, size: number): Buffer => Buffer.alloc(size, sha256(name));
const keep = async (store: Store, name: string, ...blobs: (string | Uint8Array)[]) => {
  const artifact = artifactOf(name, blobs.length === 0 ? undefined : blobs);
  await store.store(keyFor(name), artifact);
  return artifact;
};

describe("Store", () => {
  test("finds an artifact by what it was made from, also after a restart", () =>
    withStore(async ({ open }) => {
      const store = await open();
      expect(await store.find(keyFor("a"))).toBeUndefined();
      const { digest, text } = await keep(store, "a", "one", "two", "one");
      const kept = { digest, size: text.length + 6 };
      expect(await store.find(keyFor("a"))).toEqual(kept);
      await store.close();
      const again = await open();
      expect(await again.find(keyFor("a"))).toEqual(kept);
      expect(await again.find(keyFor("b"))).toBeUndefined();
      const index = await again.index(digest);
      expect(await readFile(index!.path, "utf8")).toBe(text);
      expect(index!.size).toBe(text.length);
      const blob = await again.blob(`sha256:${sha256("two")}`);
      expect([await readFile(blob!.path, "utf8"), blob!.size]).toEqual(["two", 3]);
    }));

  test("keeps components and what was said of them", () =>
    withStore(async ({ open }) => {
      const store = await open();
      const content = Buffer.from("a component");
      const digest = `sha256:${sha256(content)}`;
      await store.keepComponent(digest, content);
      await store.keepNote(sha256("note"), "it is ü");
      await store.close();
      const again = await open();
      expect(Buffer.from((await again.component(digest))!).toString()).toBe("a component");
      expect(await again.note(sha256("note"))).toBe("it is ü");
      await again.keepNote(sha256("note"), "something else");
      expect(await again.note(sha256("note"))).toBe("something else");
      expect([await again.component(`sha256:${sha256("x")}`), await again.note(sha256("x"))]).toEqual([
        undefined,
        undefined,
      ]);
    }));

  test("serves an owner what it holds and what these indexes name, and nothing else", () =>
    withStore(async ({ open }) => {
      const store = await open();
      const [a, b] = [await keep(store, "a", "shared", "of a"), await keep(store, "b", "shared", "of b")];
      store.hold("ns/a", [a.digest]);
      store.hold("ns/b", [b.digest]);
      const ofA = `sha256:${sha256("of a")}`;
      const shared = `sha256:${sha256("shared")}`;
      const asked = [
        ["ns/a", a.digest, undefined, true],
        ["ns/a", a.digest, ofA, true],
        ["ns/a", a.digest, shared, true],
        ["ns/a", a.digest, `sha256:${sha256("of b")}`, false],
        ["ns/a", b.digest, undefined, false],
        ["ns/a", b.digest, shared, false],
        ["ns/b", a.digest, ofA, false],
        ["ns/c", a.digest, undefined, false],
        ["ns/a", "sha256:../../etc/passwd", undefined, false],
      ] as const;
      for (const [owner, artifact, blob, may] of asked) expect(await store.mayServe(owner, artifact, blob)).toBe(may);
      store.release("ns/a");
      expect(await store.mayServe("ns/a", a.digest)).toBe(false);
      expect([store.held("ns/a"), store.held("ns/b")]).toEqual([[], [b.digest]]);
      expect(await store.blob("sha256:../../etc/passwd")).toBeUndefined();
    }));

  test("writes down who holds what: after a restart it is served at once, and stays", () =>
    withStore(async ({ open, clock }) => {
      const first = await open({ bytes: 64 * KIB });
      const { digest } = await keep(first, "a", bytes("a", 20 * KIB));
      first.hold("ns/a", [digest]);
      await first.close();
      await clock.advance(3_600_000);
      const again = await open({ bytes: 64 * KIB });
      expect(await again.mayServe("ns/a", digest, `sha256:${sha256(bytes("a", 20 * KIB))}`)).toBe(true);
      for (let at = 0; at < 10; at++) {
        const content = bytes(`c${at}`, 10 * KIB);
        await again.keepComponent(`sha256:${sha256(content)}`, content);
      }
      expect(await again.find(keyFor("a"))).toMatchObject({ digest });
      again.retain(new Set(["ns/b"]));
      expect(again.held("ns/a")).toEqual([]);
    }));

  test.each(["", "{", "null", '{"format":2,"owners":{"a":["x"]}}', '{"format":1,"owners":{"a":7}}'])(
    "opens where what was written down of the holds is damaged: %s",
    (text) =>
      withStore(async ({ open, folder }) => {
        await writeFile(join(folder, "holds.json"), text);
        const store = await open();
        expect(store.held("a")).toEqual([]);
        await keep(store, "a");
      }),
  );
});

describe("a store's bound", () => {
  test("holds, and what was used longest ago makes room", () =>
    withStore(async ({ open }) => {
      const store = await open({ bytes: 64 * KIB });
      const names = ["a", "b", "c", "d", "e"].map((name) => bytes(name, 15 * KIB));
      const digests = names.map((content) => `sha256:${sha256(content)}`);
      const has = async () => Promise.all(digests.map(async (digest) => (await store.component(digest)) !== undefined));
      for (const at of [0, 1, 2, 3]) await store.keepComponent(digests[at]!, names[at]!);
      expect(store.size()).toMatchObject({ bytes: 64 * KIB, files: 4 });
      expect(await store.component(digests[0]!)).toBeDefined();
      await store.keepComponent(digests[4]!, names[4]!);
      expect(store.size()).toMatchObject({ bytes: 64 * KIB, files: 4 });
      expect(await has()).toEqual([true, false, true, true, true]);
    }));

  test("orders by the last use before a restart", () =>
    withStore(async ({ open, clock }) => {
      const first = await open();
      const names = ["a", "b", "c"].map((name) => bytes(name, 15 * KIB));
      for (const content of names) await first.keepComponent(`sha256:${sha256(content)}`, content);
      await clock.advance(3_600_000);
      await first.component(`sha256:${sha256(names[0]!)}`);
      await first.close();
      const again = await open({ bytes: 48 * KIB });
      await again.keepComponent(`sha256:${sha256("d")}`, Buffer.from("d"));
      const digests = names.map((content) => `sha256:${sha256(content)}`);
      const has = await Promise.all(digests.map(async (digest) => (await again.component(digest)) !== undefined));
      expect([has[0], has.filter(Boolean)]).toEqual([true, [true, true]]);
    }));

  test("never takes what an owner holds: what does not fit is refused, and nothing of it is left", () =>
    withStore(async ({ open, folder, clock }) => {
      const store = await open({ bytes: 64 * KIB });
      const a = await keep(store, "a", bytes("a", 40 * KIB));
      store.hold("ns/a", [a.digest]);
      await clock.advance(3_600_000);
      const full = { name: "StoreError", code: "full", message: expect.stringContaining(`${64 * KIB}`) };
      await expect(keep(store, "b", bytes("b", 8 * KIB), bytes("c", 40 * KIB))).rejects.toMatchObject(full);
      expect(await store.find(keyFor("b"))).toBeUndefined();
      expect(await readdir(join(folder, "partial"))).toEqual([]);
      expect(await store.find(keyFor("a"))).toMatchObject({ digest: a.digest });
      store.release("ns/a");
      await clock.advance(60_001);
      const b = await keep(store, "b", bytes("b", 8 * KIB), bytes("c", 40 * KIB));
      expect(await store.find(keyFor("b"))).toMatchObject({ digest: b.digest });
      expect(await store.find(keyFor("a"))).toBeUndefined();
    }));

  test("leaves a new artifact alone until its owner had time to hold it", () =>
    withStore(async ({ open, clock }) => {
      const store = await open({ bytes: 32 * KIB });
      await keep(store, "a", bytes("a", 16 * KIB));
      await clock.advance(59_000);
      await expect(keep(store, "b", bytes("b", 16 * KIB))).rejects.toMatchObject({ code: "full" });
      await clock.advance(60_000);
      await keep(store, "b", bytes("b", 16 * KIB));
    }));

  test("counts whole blocks, so that many small files are bounded too", () =>
    withStore(async ({ open }) => {
      const store = await open({ bytes: 40 * KIB });
      for (let at = 0; at < 100; at++) await store.keepNote(sha256(`${at}`), "x");
      expect(store.size()).toMatchObject({ bytes: 40 * KIB, files: 10 });
    }));

  test("keeps a blob that another artifact still needs", () =>
    withStore(async ({ open, clock }) => {
      const store = await open({ bytes: 64 * KIB });
      const shared = bytes("shared", 20 * KIB);
      const a = await keep(store, "a", shared);
      const b = await keep(store, "b", shared);
      store.hold("ns/a", [a.digest]);
      store.hold("ns/b", [b.digest]);
      store.release("ns/a");
      await clock.advance(3_600_000);
      for (let at = 0; at < 5; at++)
        await store.keepComponent(`sha256:${sha256(bytes(`${at}`, 12 * KIB))}`, bytes(`${at}`, 12 * KIB));
      expect([await store.find(keyFor("a")), await store.find(keyFor("b"))]).toMatchObject([
        undefined,
        { digest: b.digest },
      ]);
    }));
});

describe("collect()", () => {
  test("removes what nobody holds and nobody used for so long, and says how much that was", () =>
    withStore(async ({ open, clock }) => {
      const store = await open();
      const [a] = [await keep(store, "a"), await keep(store, "b")];
      store.hold("ns/a", [a.digest]);
      expect(await store.collect(3_600_000)).toBe(0);
      await clock.advance(3_600_000);
      await keep(store, "c");
      // The index, the blob and the key of b.
      expect(await store.collect(3_600_000)).toBe(3 * 4 * KIB);
      expect(await store.find(keyFor("a"))).toBeDefined();
      expect(await store.mayServe("ns/a", a.digest, [...a.blobs.keys()][0])).toBe(true);
      expect(await store.blob([...a.blobs.keys()][0]!)).toBeDefined();
      expect([await store.find(keyFor("b")), await store.find(keyFor("c"))]).toMatchObject([
        undefined,
        { size: expect.any(Number) },
      ]);
    }));
});

describe("what is damaged on disk", () => {
  const parts = ["artifacts", "blobs", "keys"] as const;
  const nameOf = {
    artifacts: (a: ReturnType<typeof artifactOf>) => hexOf(a.digest),
    blobs: (a: ReturnType<typeof artifactOf>) => hexOf([...a.blobs.keys()][0]!),
    keys: () => keyFor("a"),
  };

  test.each(parts.flatMap((part) => ["", "x", undefined].map((content) => [part, content] as const)))(
    "in %s counts as absent, and is made again: %j",
    (part, content) =>
      withStore(async ({ open, folder, lost }) => {
        const first = await open();
        const artifact = await keep(first, "a");
        first.hold("ns/a", [artifact.digest]);
        await first.close();
        const path = join(folder, part, nameOf[part](artifact));
        if (content === undefined) await rm(path);
        else await writeFile(path, content);
        const store = await open();
        const found = await store.find(keyFor("a"));
        const served = [await store.index(artifact.digest), await store.blob([...artifact.blobs.keys()][0]!)];
        // A blob of the right size is looked into when it is served.
        expect(found === undefined || served.includes(undefined)).toBe(true);
        expect(lost).toEqual(part === "keys" ? [] : [["ns/a"]]);
        expect(await store.find(keyFor("a"))).toBeUndefined();
        await keep(store, "a");
        expect(await store.find(keyFor("a"))).toMatchObject({ digest: artifact.digest });
        expect(await readFile((await store.blob([...artifact.blobs.keys()][0]!))!.path, "utf8")).toBe("blob of a");
      }),
  );

  test("of a component or a note counts as absent", () =>
    withStore(async ({ open, folder }) => {
      const store = await open();
      const digest = `sha256:${sha256("component")}`;
      await store.keepComponent(digest, Buffer.from("component"));
      await store.keepNote(sha256("n"), "note");
      await writeFile(join(folder, "components", hexOf(digest)), "komponent");
      const note = await readFile(join(folder, "tables", sha256("n")), "utf8");
      await writeFile(join(folder, "tables", sha256("n")), note.replace("note", "n0te"));
      expect([await store.component(digest), await store.note(sha256("n"))]).toEqual([undefined, undefined]);
      expect(store.size().files).toBe(0);
    }));

  test("and files of others beside it are left alone", () =>
    withStore(async ({ open, folder }) => {
      await mkdir(join(folder, "blobs"));
      await writeFile(join(folder, "blobs", "readme"), "hands off");
      const store = await open({ bytes: 8 * KIB });
      for (const name of ["a", "b", "c"]) await store.keepNote(sha256(name), name);
      await store.collect(0);
      expect(await readFile(join(folder, "blobs", "readme"), "utf8")).toBe("hands off");
    }));
});

describe("a folder that is emptied", () => {
  test("is filled again, and nothing in it is believed to be there", () =>
    withStore(async ({ open, folder, lost }) => {
      const store = await open();
      const { digest } = await keep(store, "a");
      store.hold("ns/a", [digest]);
      expect(store.size()).toMatchObject({ artifacts: 1, files: 3 });
      await store.close();
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
      expect(await store.index(digest)).toBeUndefined();
      expect(lost).toEqual([["ns/a"]]);
      expect(await store.find(keyFor("a"))).toBeUndefined();
      await keep(store, "a", "something new");
      const again = await open();
      expect(await again.find(keyFor("a"))).toBeDefined();
      expect(store.size()).toMatchObject({ artifacts: 1 });
    }));
});

describe("openStore()", () => {
  test("says that the folder cannot be used", () =>
    withStore(async ({ open, folder }) => {
      await writeFile(join(folder, "file"), "");
      await expect(open({ folder: join(folder, "file") })).rejects.toMatchObject({
        name: "StoreError",
        code: "unwritable",
        message: expect.stringContaining("ENOTDIR"),
      });
    }));

  test("removes what was being written when a process ended", () =>
    withStore(async ({ open, folder }) => {
      await (await open()).close();
      await writeFile(join(folder, "partial", "1"), "half");
      await open();
      expect(await readdir(join(folder, "partial"))).toEqual([]);
    }));
});
