import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { MemoryBackend } from "../../../../runner/backends/memory.ts";
import { openBackends } from "../../../../runner/backends/open.ts";
import { SqliteBackend } from "../../../../runner/backends/sqlite.ts";
import type { KeyValueBackend } from "../../../../runner/host/host.ts";

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tenon-backend-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const freshFile = () => join(folder, `${files++}.db`);
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString();
const codeOf = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

const kinds: readonly (readonly [string, (options?: { bytes?: number }) => KeyValueBackend])[] = [
  ["MemoryBackend", (options) => new MemoryBackend(options)],
  ["SqliteBackend", (options) => new SqliteBackend(freshFile(), options)],
];

describe.each(kinds)("%s", (_name, make) => {
  test("keeps values by bucket and key", async () => {
    const backend = make();
    backend.set("a", "key", bytes("one"));
    backend.set("b", "key", bytes("two"));
    backend.set("a", "key", bytes("three"));
    expect(text(await backend.get("a", "key"))).toBe("three");
    expect(text(await backend.get("b", "key"))).toBe("two");
    expect(backend.get("c", "key")).toBe(undefined);
    expect([backend.exists("a", "key"), backend.exists("a", "other")]).toEqual([true, false]);
    backend.delete("a", "key");
    backend.delete("a", "key");
    expect(backend.get("a", "key")).toBe(undefined);
    await backend.close();
  });

  test("tells keys apart that look alike, the empty one too, and keeps empty values", async () => {
    const backend = make();
    const keys = ["", "a", "A", "a\0", "a\0b", "é", "e\u0301", "😀", "'; DROP TABLE x; --"];
    for (const key of keys) backend.set("b", key, bytes(`<${key}>`));
    for (const key of keys) expect(text(await backend.get("b", key))).toBe(`<${key}>`);
    expect(new Set((await backend.keys("b", undefined)).keys)).toEqual(new Set(keys));
    backend.set("b", "a", new Uint8Array(0));
    expect((await backend.get("b", "a"))?.length).toBe(0);
    await backend.close();
  });

  test("does not change with the caller's bytes", async () => {
    const backend = make();
    const value = bytes("before");
    backend.set("b", "k", value);
    value.fill(0);
    expect(text(await backend.get("b", "k"))).toBe("before");
    await backend.close();
  });

  test("lists keys by pages, each once, also when keys go in between", async () => {
    const backend = make();
    for (let i = 0; i < 2500; i++) backend.set("b", `key-${String(i).padStart(5, "0")}`, bytes(""));
    backend.set("other", "key", bytes(""));
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await backend.keys("b", cursor);
      seen.push(...page.keys);
      sizes.push(page.keys.length);
      cursor = page.cursor;
      if (cursor !== undefined) backend.delete("b", cursor);
    } while (cursor !== undefined);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(new Set(seen).size).toBe(2500);
    expect((await backend.keys("empty", undefined)).keys).toEqual([]);
    await backend.close();
  });

  test("ends the listing with the last full page", async () => {
    const backend = make();
    for (let i = 0; i < 1000; i++) backend.set("b", `${i}`, bytes(""));
    expect((await backend.keys("b", undefined)).cursor).toBe(undefined);
    await backend.close();
  });

  test("increments decimal numbers in 64 bits", async () => {
    const backend = make();
    expect(await backend.increment("b", "n", 5n)).toBe(5n);
    expect(await backend.increment("b", "n", -7n)).toBe(-2n);
    expect(text(await backend.get("b", "n"))).toBe("-2");
    backend.set("b", "n", bytes(String(2n ** 63n - 2n)));
    expect(await backend.increment("b", "n", 1n)).toBe(2n ** 63n - 1n);
    expect(codeOf(() => backend.increment("b", "n", 1n))).toBe("overflow");
    expect(text(await backend.get("b", "n"))).toBe(String(2n ** 63n - 1n));
    for (const bad of ["", "x", "1.5", " 1", "0x10", "1".repeat(30)]) {
      backend.set("b", "n", bytes(bad));
      expect(codeOf(() => backend.increment("b", "n", 1n))).toBe("not-a-number");
    }
    backend.set("b", "other", bytes("still"));
    expect(text(await backend.get("b", "other"))).toBe("still");
    await backend.close();
  });

  test("swaps only what is still as expected", async () => {
    const backend = make();
    expect(await backend.compareAndSwap("b", "k", bytes("x"), bytes("y"))).toBe(false);
    expect(await backend.compareAndSwap("b", "k", undefined, bytes("one"))).toBe(true);
    expect(await backend.compareAndSwap("b", "k", undefined, bytes("two"))).toBe(false);
    expect(await backend.compareAndSwap("b", "k", bytes("on"), bytes("two"))).toBe(false);
    expect(await backend.compareAndSwap("b", "k", bytes("one"), bytes("two"))).toBe(true);
    expect(text(await backend.get("b", "k"))).toBe("two");
    await backend.close();
  });

  test("is bounded in bytes, and takes more when something is deleted", async () => {
    const backend = make({ bytes: 256 * 1024 });
    const value = new Uint8Array(32 * 1024);
    const code = codeOf(() => {
      for (let i = 0; i < 100; i++) backend.set("b", `${i}`, value);
    });
    expect(code).toBe("full");
    expect(await backend.exists("b", "0")).toBe(true);
    expect(codeOf(() => backend.set("b", "0", value))).toBe(undefined);
    backend.delete("b", "0");
    backend.delete("b", "1");
    expect(codeOf(() => backend.set("b", "new", value))).toBe(undefined);
    await backend.close();
  });
});

describe("MemoryBackend", () => {
  test("counts keys and entries too, not only values", () => {
    const backend = new MemoryBackend({ bytes: 10_000 });
    const code = codeOf(() => {
      for (let i = 0; i < 1000; i++) backend.set("b", `${i}`, new Uint8Array(0));
    });
    expect(code).toBe("full");
  });
});

describe("SqliteBackend", () => {
  test("shares one file among connections, and keeps it", () => {
    const path = freshFile();
    const [one, two] = [new SqliteBackend(path), new SqliteBackend(path)];
    one.set("b", "k", bytes("shared"));
    expect(text(two.get("b", "k"))).toBe("shared");
    one.close();
    two.close();
    const three = new SqliteBackend(path);
    expect(text(three.get("b", "k"))).toBe("shared");
    three.close();
  });

  test("loses no increment of several processes that start on a new file at once", async () => {
    const path = freshFile();
    const module = join(import.meta.dirname, "../../../../runner/backends/sqlite.ts");
    const program = `const { SqliteBackend } = await import(${JSON.stringify(module)});
      const backend = new SqliteBackend(${JSON.stringify(path)}, { busyMs: 5000 });
      for (let i = 0; i < 200; i++) backend.increment("b", "n", 1n);
      backend.close();`;
    const run = () =>
      new Promise<number | null>((resolve) => {
        const child = spawn(execPath, ["--input-type=module", "-e", program], {
          stdio: ["ignore", "ignore", "inherit"],
        });
        child.once("exit", resolve);
      });
    expect(await Promise.all([run(), run(), run(), run()])).toEqual([0, 0, 0, 0]);
    const backend = new SqliteBackend(path);
    expect(text(backend.get("b", "n"))).toBe("800");
    backend.close();
  }, 60_000);

  test("says that it is busy where another connection holds the file, and goes on afterwards", () => {
    const path = freshFile();
    const backend = new SqliteBackend(path, { busyMs: 1 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    expect(codeOf(() => backend.set("b", "k", bytes("v")))).toBe("busy");
    other.exec("COMMIT");
    backend.set("b", "k", bytes("v"));
    expect(text(backend.get("b", "k"))).toBe("v");
    backend.close();
    other.close();
  });

  test("says what is wrong with the file, and not where it is", () => {
    const path = freshFile();
    writeFileSync(path, "this is no database, and long enough to be looked at as one".repeat(100));
    expect(() => new SqliteBackend(path)).toThrow("Cannot use the key-value backend: the file is not a database");
    expect(() => new SqliteBackend(join(folder, "no/such/folder.db"))).toThrow("the database file cannot be opened");
  });

  test("answers with an error after it was closed", () => {
    const backend = new SqliteBackend(freshFile());
    backend.close();
    backend.close();
    expect(() => backend.get("b", "k")).toThrow();
  });
});

describe("openBackends()", () => {
  test("opens a backend once, when it is first used", async () => {
    const backends = await openBackends({
      memory: { keyvalue: { memory: {} } },
      file: { keyvalue: { sqlite: { path: freshFile() } } },
      broken: { keyvalue: { sqlite: { path: "/no/such/file" } } },
    });
    expect(backends.keyvalue("memory")).toBe(backends.keyvalue("memory"));
    expect(backends.keyvalue("file")).toBe(backends.keyvalue("file"));
    expect(codeOf(() => backends.keyvalue("broken"))).toBe("unavailable");
    await backends.close();
  });

  test("knows no other names", async () => {
    const backends = await openBackends({});
    expect(codeOf(() => backends.keyvalue("memory"))).toBe("unknown-backend");
    expect(codeOf(() => backends.keyvalue("constructor"))).toBe("unknown-backend");
  });

  test("opens nothing after it was closed", async () => {
    const backends = await openBackends({ memory: { keyvalue: { memory: {} } } });
    await backends.close();
    expect(codeOf(() => backends.keyvalue("memory"))).toBe("closed");
  });
});
