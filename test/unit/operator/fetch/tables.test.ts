import { describe, expect, test } from "@jest/globals";
import { Tables } from "../../../../operator/fetch/tables.ts";
import { func, table } from "../../../support/wiring/tables.ts";

const digestOf = (name: string): string => `sha256:${name.repeat(64)}`;
const tableOf = (name: string) => table({ exports: { [name]: func() } });
const size = JSON.stringify(tableOf("a")).length;

function makeTables(bytes: number) {
  const notes = new Map<string, string>();
  const read: string[] = [];
  const store = {
    async note(hex: string) {
      read.push(hex);
      return notes.get(hex);
    },
    async keepNote(hex: string, text: string) {
      notes.set(hex, text);
    },
  };
  return { notes, read, tables: new Tables(store, { bytes }), another: () => new Tables(store, { bytes }) };
}

describe("Tables", () => {
  test("gives what was put, from memory, and from the store after a restart", async () => {
    const { tables, another, read, notes } = makeTables(10 * size);
    expect(await tables.get(digestOf("a"))).toBeUndefined();
    const put = await tables.put(digestOf("a"), tableOf("a"));
    read.length = 0;
    expect(await tables.get(digestOf("a"))).toBe(put);
    expect(read).toEqual([]);
    const again = another();
    expect(await again.get(digestOf("a"))).toEqual(tableOf("a"));
    expect(read).toHaveLength(1);
    // The name in the store is one of this engine: another one may say something else of the same bytes.
    expect([...notes.keys()]).not.toContain("a".repeat(64));
  });

  test("is one object for one digest, whoever asks and however often it was read", async () => {
    const { another, tables } = makeTables(10 * size);
    await tables.put(digestOf("a"), tableOf("a"));
    const later = another();
    const both = await Promise.all([later.get(digestOf("a")), later.get(digestOf("a"))]);
    expect(both[0]).toBe(both[1]);
    expect(await later.put(digestOf("a"), tableOf("a"))).toBe(both[0]);
  });

  test("stays one object while somebody has it, though its bound holds few", async () => {
    const { tables, read } = makeTables(size);
    const first = await tables.put(digestOf("a"), tableOf("a"));
    for (const name of ["b", "c"]) await tables.put(digestOf(name), tableOf(name));
    read.length = 0;
    expect(await tables.get(digestOf("a"))).toBe(first);
    expect(read).toEqual([]);
  });

  test("refuses types that take more than 1 MiB, and takes those that do not", async () => {
    const { tables, notes } = makeTables(size);
    const long = (length: number) => table({ exports: { ["x".repeat(length)]: func() } });
    const rest = JSON.stringify(long(0)).length;
    await expect(tables.put(digestOf("a"), long(2 ** 20 - rest + 1))).rejects.toMatchObject({
      name: "FetchError",
      reason: "TooLarge",
      final: true,
      message: expect.stringMatching(/more than 1048576 bytes to describe: 1048577$/),
    });
    expect(notes.size).toBe(0);
    await tables.put(digestOf("b"), long(2 ** 20 - rest));
    expect(notes.size).toBe(1);
  });
});
