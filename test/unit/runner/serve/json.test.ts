import { describe, expect, test } from "@jest/globals";
import type { PlanType } from "../../../../runner/link/plan.ts";
import { fromJson, toJson } from "../../../../runner/serve/json.ts";

/** Types in a list: each may name earlier ones by their index. */
function read(types: readonly PlanType[], json: unknown): unknown {
  return fromJson(types, types.length - 1, json, "v");
}
function write(types: readonly PlanType[], value: unknown): unknown {
  return toJson(types, types.length - 1, value);
}

const profile: PlanType[] = [
  "string",
  "u32",
  { option: 0 },
  {
    record: [
      ["display-name", 0],
      ["age", 1],
      ["nick", 2],
    ],
  },
];
const shape: PlanType[] = [
  "float64",
  {
    variant: [
      ["nothing", null],
      ["circle", 0],
    ],
  },
];

describe("fromJson() and toJson()", () => {
  const cases: readonly (readonly [what: string, types: readonly PlanType[], json: unknown, value: unknown])[] = [
    ["bool", ["bool"], true, true],
    ["s8", ["s8"], -128, -128],
    ["u32", ["u32"], 4294967295, 4294967295],
    ["u64 that is safe", ["u64"], 42, 42n],
    ["u64 that is not", ["u64"], "18446744073709551615", 18446744073709551615n],
    ["s64", ["s64"], "-9223372036854775808", -9223372036854775808n],
    ["float", ["float64"], 1.5, 1.5],
    ["float that JSON has not", ["float64"], "-Infinity", -Infinity],
    ["char", ["char"], "😀", "😀"],
    ["string", ["string"], "a\u0000b", "a\u0000b"],
    ["bytes", ["u8", { list: 0 }], [1, 2, 255], [1, 2, 255]],
    ["list of strings", ["string", { list: 0 }], ["a", ""], ["a", ""]],
    ["fixed list", ["u8", { array: [0, 2] }], [1, 2], [1, 2]],
    ["tuple", ["string", "u8", { tuple: [0, 1] }], ["a", 1], ["a", 1]],
    [
      "record",
      profile,
      { "display-name": "Ada", age: 36, nick: null },
      { displayName: "Ada", age: 36, nick: undefined },
    ],
    ["variant without a value", shape, { tag: "nothing" }, { tag: "nothing" }],
    ["variant with a value", shape, { tag: "circle", val: 2 }, { tag: "circle", val: 2 }],
    ["enum", [{ enum: ["red", "dark-blue"] }], "dark-blue", "dark-blue"],
    ["flags", [{ flags: ["can-read", "write"] }], ["can-read"], { canRead: true, write: false }],
    ["option", ["u8", { option: 0 }], null, undefined],
    ["option that is there", ["u8", { option: 0 }], 3, 3],
    ["nested option: none", ["u8", { option: 0 }, { option: 1 }], null, { tag: "none" }],
    ["nested option: some none", ["u8", { option: 0 }, { option: 1 }], { some: null }, { tag: "some", val: undefined }],
    ["nested option: some some", ["u8", { option: 0 }, { option: 1 }], { some: 3 }, { tag: "some", val: 3 }],
    [
      "option three deep",
      ["u8", { option: 0 }, { option: 1 }, { option: 2 }],
      { some: { some: null } },
      { tag: "some", val: undefined },
    ],
    ["result ok", ["u8", { result: [0, null] }], { ok: 1 }, { tag: "ok", val: 1 }],
    ["result err without a value", ["u8", { result: [0, null] }], { err: null }, { tag: "err", val: undefined }],
    ["map by name", ["string", "u8", { map: [0, 1] }], { a: 1 }, new Map([["a", 1]])],
    ["map by number", ["u8", "string", { map: [0, 1] }], [[1, "a"]], new Map([[1, "a"]])],
  ];
  test.each(cases)("%s", (_, types, json, value) => {
    expect(read(types, json)).toEqual(value);
    expect(write(types, value)).toEqual(json);
  });
});

describe("fromJson()", () => {
  test("takes bytes as base64", () => {
    expect(read(["u8", { list: 0 }], { base64: "AQL/" })).toEqual(Uint8Array.of(1, 2, 255));
  });

  test("takes a case without a value by its name alone", () => {
    expect(read(shape, "nothing")).toEqual({ tag: "nothing" });
  });

  test("takes a missing field that is optional", () => {
    expect(read(profile, { "display-name": "Ada", age: 1 })).toEqual({ displayName: "Ada", age: 1, nick: undefined });
  });

  const wrong: readonly (readonly [types: readonly PlanType[], json: unknown, message: string])[] = [
    [["bool"], 1, "Cannot read v: expected true or false, found 1"],
    [["u8"], 256, "Cannot read v: the number does not fit u8: 256"],
    [["u8"], -1, "Cannot read v: the number does not fit u8: -1"],
    [["s8"], 128, "Cannot read v: the number does not fit s8: 128"],
    [["u8"], 1.5, "Cannot read v: expected an integer (u8), found 1.5"],
    [
      ["u64"],
      2 ** 53,
      "Cannot read v: a number above 2^53 has lost digits in JSON: write it as a string: 9007199254740992",
    ],
    [["u64"], "18446744073709551616", "Cannot read v: the number does not fit u64: 18446744073709551616"],
    [["char"], "ab", 'Cannot read v: expected a string of one character, found "ab"'],
    [["string"], undefined, "Cannot read v: expected a string, found nothing"],
    [["string"], "\ud800", "Cannot read v: the string has a lone surrogate, which is no Unicode text"],
    [["string", { list: 0 }], ["a", 2], "Cannot read v[1]: expected a string, found 2"],
    [["string", { tuple: [0, 0] }], ["a"], "Cannot read v: it has 1 items, and the type has 2"],
    [profile, { age: 1 }, 'Cannot read v: it lacks the field "display-name"'],
    [profile, { "display-name": "", age: 1, x: 1 }, 'Cannot read v: it has no field "x", only display-name, age, nick'],
    [profile, { "display-name": "", age: "x" }, 'Cannot read v.age: expected an integer (u32), found "x"'],
    [shape, "circle", 'Cannot read v: the case needs a value: write {"tag": "circle", "val": …}'],
    [shape, { tag: "square" }, 'Cannot read v.tag: expected one of "nothing", "circle", found "square"'],
    [
      shape,
      { tag: "circle", val: "x" },
      'Cannot read v.val: expected a number, "NaN", "Infinity" or "-Infinity", found "x"',
    ],
    [[{ enum: ["a"] }], "b", 'Cannot read v: expected one of "a", found "b"'],
    [[{ flags: ["a"] }], ["a", "b"], 'Cannot read v[1]: expected one of "a", found "b"'],
    [["u8", { result: [0, null] }], {}, 'Cannot read v: expected {"ok": …} or {"err": …}, found {}'],
    [["u8", { list: 0 }], { base64: "*" }, 'Cannot read v.base64: expected base64 text, found "*"'],
  ];
  test.each(wrong)("refuses a value that does not fit %j: %j", (types, json, message) => {
    expect(() => read(types, json)).toThrow(message);
  });

  test("does not take what every object inherits for a field", () => {
    expect(() => read(["string", { record: [["constructor", 0]] }], {})).toThrow('it lacks the field "constructor"');
    expect(read(["string", { record: [["constructor", 0]] }], { constructor: "x" })).toEqual({ constructor: "x" });
  });

  test("cuts a long value in its message", () => {
    expect(() => read(["bool"], "x".repeat(1000))).toThrow(/found "x{59}…$/);
  });
});
