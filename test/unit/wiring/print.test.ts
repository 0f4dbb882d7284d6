import { describe, expect, test } from "@jest/globals";
import { printDefinition, printItem, printUse } from "../../../wiring/print.ts";
import { borrow, func, instance, type Make, record, resource, row, table, type } from "../../support/wiring/tables.ts";

const printType = (make: Make) => {
  const one = table({ imports: { t: type(make) } });
  return printDefinition(one, one.imports[0]!.type!);
};

describe("printDefinition()", () => {
  test.each<[Make, string]>([
    ["u32", "u32"],
    [record({ limit: "u32", type: "string" }), "record t { limit: u32, %type: string }"],
    [row({ kind: "enum", names: ["a", "b"] }), "enum t { a, b }"],
    [row({ kind: "flags", names: ["a"] }), "flags t { a }"],
    [
      row({
        kind: "variant",
        cases: [
          ["a", null],
          ["b", "u8"],
        ],
      }),
      "variant t { a, b(u8) }",
    ],
    [row({ kind: "tuple", of: ["u8", "string"] }), "tuple<u8, string>"],
    [row({ kind: "list", of: "u8", length: 4 }), "list<u8, 4>"],
    [row({ kind: "option", of: "u8" }), "option<u8>"],
    [row({ kind: "map", key: "string", value: "u8" }), "map<string, u8>"],
    [row({ kind: "result", ok: null, err: null }), "result"],
    [row({ kind: "result", ok: "u8", err: null }), "result<u8>"],
    [row({ kind: "result", ok: null, err: "u8" }), "result<_, u8>"],
    [row({ kind: "stream", of: "u8" }), "stream<u8>"],
    [row({ kind: "future", of: null }), "future"],
  ])("prints %# as %s", (make, text) => {
    expect(printType(make)).toBe(text);
  });

  test("cuts what is long", () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field-${index}`, "u32"]));
    const text = printType(record(fields));
    expect(text.length).toBeLessThan(1000);
    expect(text).toContain("…");
  });

  test("cuts what nests deeply without a name", () => {
    let deep: Make = "u8";
    for (let depth = 0; depth < 50; depth++) {
      const inner = deep;
      deep = row((builder) => ({ kind: "option", of: builder.ref(inner) }));
    }
    expect(printType(deep)).toMatch(/^(option<){5,8}…>+$/);
  });
});

describe("printItem()", () => {
  test("prints functions, resources and interfaces as lines of WIT", () => {
    const one = table({
      imports: {
        "t:i/x": instance({ r: resource(), "[method]r.get": func({ self: borrow(0), key: "string" }, "u8") }),
        primary: instance({}, "t:i/y"),
        log: func({ text: "string" }),
      },
    });
    expect(one.imports.map((item) => printItem(one, item))).toEqual([
      "interface t:i/x",
      "interface t:i/y",
      "log: func(text: string)",
    ]);
    const [first] = one.types.filter(({ kind }) => kind === "instance");
    const inner = first?.kind === "instance" ? first.exports : [];
    expect(inner.map((item) => printItem(one, item))).toEqual([
      "resource r",
      "[method]r.get: func(self: borrow<r>, key: string) -> u8",
    ]);
  });
});

describe("printUse()", () => {
  test("prints a name where there is one, and the structure where there is none", () => {
    const one = table({ imports: { filter: type(record({ limit: "u32" })) } });
    expect(printUse(one, one.imports[0]!.type!)).toBe("filter");
    expect(printUse(one, null)).toBe("_");
    const other = table({ imports: { f: func({ a: record({ limit: "u32" }) }) } });
    expect(printUse(other, 0)).toBe("record { limit: u32 }");
  });
});
