import { describe, expect, test } from "@jest/globals";
import { columns, count, formatBytes, printable } from "../../../cli/text.ts";

describe("printable()", () => {
  test("shows what would move a cursor or hide text", () => {
    expect(printable("a\u001b[2Jb\nc\u202ed")).toBe("a\\u{1b}[2Jb\\u{a}c\\u{202e}d");
    expect(printable("example:http/auth — ok")).toBe("example:http/auth — ok");
  });
});

describe("formatBytes()", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [77_926, "76.1 KiB"],
    [12_500_000, "11.9 MiB"],
    [5 * 1024 ** 4, "5120.0 GiB"],
  ])("%i is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("count()", () => {
  test("knows one from many", () => {
    expect([count(0, "error"), count(1, "error"), count(2, "error")]).toEqual(["0 errors", "1 error", "2 errors"]);
  });
});

describe("columns()", () => {
  test("aligns cells, and styles them after they were measured", () => {
    const rows = [
      ["a", "long cell", "x"],
      ["long", "b", ""],
    ];
    expect(columns(rows, (cell, column) => (column === 1 ? `<${cell}>` : cell))).toEqual([
      "a     <long cell>  x",
      "long  <b        >",
    ]);
    expect(columns([])).toEqual([]);
  });
});
