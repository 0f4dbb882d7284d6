import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Holds, readHolds } from "../../../../operator/package/holds.ts";
import { FakeClock } from "../../../support/clock.ts";
import { withFolder } from "../../../support/local/folder.ts";

const digest = (name: string): string => `sha256:${name.repeat(64)}`;
const [a, b, c] = ["a", "b", "c"].map(digest) as [string, string, string];

const withHolds = <T>(
  use: (holds: Holds, folder: string, errors: unknown[], clock: FakeClock) => Promise<T>,
): Promise<T> =>
  withFolder({}, async (folder) => {
    const errors: unknown[] = [];
    const clock = new FakeClock();
    await mkdir(join(folder, "partial"));
    const holds = new Holds(new Map(), { folder, clock, onError: (error) => errors.push(error) });
    return use(holds, folder, errors, clock);
  });

describe("Holds", () => {
  test("holds a digest as long as any owner does", () =>
    withHolds(async (holds) => {
      holds.set("one", [a, b]);
      holds.set("two", [b, b]);
      expect([a, b, c].map((each) => holds.has(each))).toEqual([true, true, false]);
      holds.set("one", [c]);
      expect(new Set(holds.digests())).toEqual(new Set([b, c]));
      holds.set("two", []);
      expect([holds.digests(), holds.owners()]).toEqual([[c], ["one"]]);
      await holds.flush();
    }));

  test("says whether something changed, whatever the order", () =>
    withHolds(async (holds) => {
      expect(holds.set("one", [a, b])).toBe(true);
      expect(holds.set("one", [b, a, a])).toBe(false);
      expect(holds.set("one", [b])).toBe(true);
      expect(holds.set("two", [])).toBe(false);
      await holds.flush();
    }));

  test("writes down the newest state, though it changes while it is written", () =>
    withHolds(async (holds, folder, errors) => {
      for (let at = 0; at < 200; at++) holds.set(`owner-${at % 7}`, [[a, b, c][at % 3]!]);
      await holds.flush();
      const read = await readHolds(folder);
      expect(read).toEqual(new Map(holds.owners().map((owner) => [owner, holds.of(owner)])));
      expect(read.size).toBe(7);
      expect(await readdir(join(folder, "partial"))).toEqual([]);
      expect(errors).toEqual([]);
    }));

  test("writes by itself a moment after a change, many changes at once", () =>
    withHolds(async (holds, folder, _errors, clock) => {
      holds.set("one", [a]);
      await clock.advance(99);
      expect((await readHolds(folder)).size).toBe(0);
      holds.set("two", [b]);
      expect(clock.pending).toBe(1);
      await clock.advance(1);
      await holds.flush();
      expect((await readHolds(folder)).size).toBe(2);
      expect(clock.pending).toBe(0);
    }));

  test("goes on in memory where it cannot be written, and says so", () =>
    withHolds(async (holds, folder, errors) => {
      await rm(join(folder, "partial"), { recursive: true });
      holds.set("one", [a]);
      await holds.flush();
      expect(holds.has(a)).toBe(true);
      expect(errors).toMatchObject([{ code: "ENOENT" }]);
      await mkdir(join(folder, "partial"));
      holds.set("two", [b]);
      await holds.flush();
      expect((await readHolds(folder)).size).toBe(2);
    }));
});
