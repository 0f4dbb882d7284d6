import { describe, expect, test } from "@jest/globals";
import { Entries, type Entry, onDisk } from "../../../../operator/package/entries.ts";

const entry = (id: string, size = 1): Entry => ({ id, size, usedAt: 0, verified: false });
const ids = (entries: Entries): string[] => [...entries.values()].map(({ id }) => id);

describe("onDisk()", () => {
  test.each([
    [0, 4096],
    [1, 4096],
    [4096, 4096],
    [4097, 8192],
  ])("counts whole blocks: %s bytes take %s", (size, taken) => {
    expect(onDisk(size)).toBe(taken);
  });
});

describe("Entries", () => {
  test("are in the order of their last use", () => {
    const entries = new Entries();
    const [first, second] = [entry("blobs/1"), entry("blobs/2")];
    for (const one of [first, second]) entries.add(one);
    entries.touch(first, 7);
    expect([ids(entries), first.usedAt]).toEqual([["blobs/2", "blobs/1"], 7]);
    entries.add(entry("blobs/2"));
    expect(ids(entries)).toEqual(["blobs/1", "blobs/2"]);
    // One that was replaced, or removed, does not come back by being used.
    entries.touch(second, 9);
    expect(ids(entries)).toEqual(["blobs/1", "blobs/2"]);
    expect(entries.get("blobs/2")?.usedAt).toBe(0);
  });

  test("count bytes of disk and the files of a folder, whatever is replaced or removed", () => {
    const entries = new Entries();
    entries.add(entry("blobs/1", 5000));
    entries.add(entry("keys/1"));
    entries.add(entry("blobs/1", 10));
    expect([entries.bytes, entries.count, entries.countOf("blobs"), entries.countOf("tables")]).toEqual([
      8192, 2, 1, 0,
    ]);
    entries.remove("blobs/1");
    entries.remove("blobs/1");
    expect([entries.bytes, entries.count, entries.countOf("blobs")]).toEqual([4096, 1, 0]);
  });
});
