import { describe, expect, test } from "@jest/globals";
import { findItem, isExportName, matchNames, parseName } from "../../../wiring/match.ts";
import type { Item } from "../../../wiring/table.ts";

const item = (name: string, label?: string): Item => ({
  name: label ?? name,
  ...(label === undefined ? {} : { implements: name }),
  kind: "instance",
});

describe("matchNames()", () => {
  test.each([
    ["a:b/c", "a:b/c", "exact"],
    ["a:b/c@0.2.0", "a:b/c@0.2.7", "compatible"],
    ["a:b/c@1.2.0", "a:b/c@1.0.3", "compatible"],
    ["a:b/c@0.2.0", "a:b/c@0.3.0", "near"],
    ["a:b/c@1.0.0", "a:b/c@2.0.0", "near"],
    ["a:b/c@0.0.1", "a:b/c@0.0.2", "near"],
    ["a:b/c@0.2.0-rc.1", "a:b/c@0.2.0-rc.2", "near"],
    ["a:b/c@0.2.0-rc.1", "a:b/c@0.2.0", "near"],
    ["a:b/c", "a:b/c@0.2.0", "near"],
    ["a:b/c@0.2.0", "a:b/d@0.2.0", "none"],
  ])("finds that %s is answered by %s: %s", (wanted, offered, match) => {
    expect(matchNames(wanted, offered)).toBe(match);
    expect(matchNames(offered, wanted)).toBe(match);
  });
});

describe("parseName()", () => {
  test("splits a name and finds its track", () => {
    expect(parseName("wasi:io/streams@0.2.6")).toEqual({
      full: "wasi:io/streams@0.2.6",
      base: "wasi:io/streams",
      version: "0.2.6",
      track: "wasi:io/streams@0.2",
    });
  });

  test("takes build metadata for no part of the track", () => {
    expect(parseName("a:b/c@1.2.3+build.7").track).toBe("a:b/c@1");
  });

  test("takes what is no version for the track itself", () => {
    expect(parseName("a:b/c@").track).toBe("a:b/c@");
    expect(parseName("a:b/c@latest").track).toBe("a:b/c@latest");
  });
});

describe("findItem()", () => {
  const items = [item("a:b/c@0.2.0"), item("a:b/d@0.2.1"), item("a:b/d@0.3.0"), item("e:f/g", "primary")];

  test.each([
    ["a:b/c@0.2.0", "a:b/c@0.2.0", "exact"],
    ["a:b/c", "a:b/c@0.2.0", "exact"],
    ["a:b/c@0.2.9", "a:b/c@0.2.0", "compatible"],
    ["a:b/d@0.2.0", "a:b/d@0.2.1", "compatible"],
    ["a:b/c@0.4.0", "a:b/c@0.2.0", "near"],
    ["e:f/g", "primary", "exact"],
    ["primary", "primary", "exact"],
  ])("finds for %s the item %s: %s", (wanted, name, match) => {
    const found = findItem(items, wanted);
    expect([found?.item.name, found?.match]).toEqual([name, match]);
  });

  test("finds nothing where two are meant", () => {
    expect(findItem(items, "a:b/d")).toBeUndefined();
    expect(findItem([item("e:f/g", "one"), item("e:f/g", "two")], "e:f/g")).toBeUndefined();
  });
});

describe("isExportName()", () => {
  test.each(["run", "run-all", "HTTP", "http-API", "a:b/c", "a:b/c@1.0.0", "a:b/c@1.0.0-rc.1"])("takes %s", (name) => {
    expect(isExportName(name)).toBe(true);
  });
  test.each(["", "Not A Name", "a:b", "a:b/", "a/b", "a:b/c@1", "-a", "a--b", "1a", "aB"])("refuses %p", (name) => {
    expect(isExportName(name)).toBe(false);
  });
  test("answers at once for a long name", () => {
    expect(isExportName(`${"a-".repeat(50_000)}!`)).toBe(false);
  });
});
