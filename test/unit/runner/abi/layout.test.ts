import { describe, expect, test } from "@jest/globals";
import { narrow, widen } from "../../../../runner/abi/coerce.ts";
import { flagsSize, Layouts } from "../../../../runner/abi/layout.ts";
import { camelCase, pascalCase } from "../../../../runner/abi/names.ts";
import type { PlanType } from "../../../../runner/link/plan.ts";

const types: PlanType[] = [
  "u8",
  "u64",
  "string",
  "float32",
  "float64",
  {
    record: [
      ["a", 0],
      ["b", 1],
      ["c", 0],
    ],
  },
  {
    variant: [
      ["a", 0],
      ["b", 1],
      ["c", null],
    ],
  },
  {
    variant: [
      ["a", 3],
      ["b", 0],
    ],
  },
  {
    variant: [
      ["a", 4],
      ["b", 2],
    ],
  },
  { option: 0 },
  { result: [null, null] },
  { tuple: [2, 2, 2, 2, 2, 2, 2, 2] },
  { tuple: [11, 0] },
  { array: [1, 3] },
  { array: [0, 17] },
  { enum: Array.from({ length: 257 }, (_, i) => `c${i}`) },
  { own: 0 },
  { list: 0 },
];

describe("Layouts.of()", () => {
  test.each([
    [5, { size: 24, align: 8, flat: "ili" }],
    [6, { size: 16, align: 8, flat: "il" }],
    [7, { size: 8, align: 4, flat: "ii" }],
    [8, { size: 16, align: 8, flat: "ili" }],
    [9, { size: 2, align: 1, flat: "ii" }],
    [10, { size: 1, align: 1, flat: "i" }],
    [11, { size: 64, align: 4, flat: "i".repeat(16) }],
    [12, { size: 68, align: 4, flat: null }],
    [13, { size: 24, align: 8, flat: "lll" }],
    [14, { size: 17, align: 1, flat: null }],
    [15, { size: 2, align: 2, flat: "i" }],
    [16, { size: 4, align: 4, flat: "i" }],
    [17, { size: 8, align: 4, flat: "ii" }],
  ])("type %i", (index, layout) => {
    expect(new Layouts(types).of(index)).toEqual(layout);
  });
});

describe("flagsSize()", () => {
  test.each([
    [1, 1],
    [8, 1],
    [9, 2],
    [16, 2],
    [17, 4],
    [32, 4],
    [33, 8],
    [65, 12],
  ])("%i flags take %i bytes", (count, size) => {
    expect(flagsSize(count)).toBe(size);
  });
});

describe("widen() and narrow()", () => {
  test.each([
    [5, "i", "i", 5],
    [1.5, "f", "i", 0x3fc00000],
    [-1, "i", "l", 0xffff_ffffn],
    [1.5, "f", "l", 0x3fc00000n],
    [1.5, "d", "l", 0x3ff8_0000_0000_0000n],
    [7n, "l", "l", 7n],
  ] as const)("%p from %s to %s and back", (value, from, to, wide) => {
    expect(widen(value, from, to)).toBe(wide);
    expect(narrow(wide, to, from)).toBe(value);
  });
  test("narrow() drops the upper half", () => {
    expect(narrow(0xdead_beef_0000_0007n, "l", "i")).toBe(7);
  });
});

describe("names", () => {
  test.each([
    ["display-name", "displayName", "DisplayName"],
    ["a1-b2", "a1B2", "A1B2"],
    ["HTTP-error", "httpError", "HttpError"],
  ])("%s", (name, camel, pascal) => {
    expect([camelCase(name), pascalCase(name)]).toEqual([camel, pascal]);
  });
});
