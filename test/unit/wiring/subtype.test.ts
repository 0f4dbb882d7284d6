import { describe, expect, test } from "@jest/globals";
import { compare } from "../../../wiring/subtype.ts";
import {
  borrow,
  func,
  instance,
  type Make,
  type MakeItem,
  own,
  record,
  resource,
  row,
  table,
  type,
} from "../../support/wiring/tables.ts";

/** Compares two interfaces: what differs, as `code path: message`. */
function differ(needed: Readonly<Record<string, MakeItem>>, given: Readonly<Record<string, MakeItem>>): string[] {
  const [e, f] = [table({ imports: { x: instance(needed) } }), table({ exports: { x: instance(given) } })];
  const { differences } = compare({ table: e, item: e.imports[0]! }, { table: f, item: f.exports[0]! });
  return differences.map(({ code, path, message }) => `${code} ${path}: ${message}`);
}
/** The same for a parameter of two functions. */
const differTypes = (needed: Make, given: Make) => differ({ f: func({ a: needed }) }, { f: func({ a: given }) });
const variant = (cases: readonly (readonly [string, string | null])[]) => row({ kind: "variant", cases });

describe("compare()", () => {
  test("takes an interface that has more", () => {
    expect(differ({ f: func() }, { f: func(), g: func(), r: resource() })).toEqual([]);
  });

  test("lists every difference, types before functions", () => {
    const found = differ(
      { f: func({ a: "u32" }, "string"), g: func(), page: type(record({ size: "u32" })) },
      { f: func({ a: "u8" }), page: type(record({ size: "u64" })) },
    );
    expect(found).toEqual([
      "type-mismatch page.size: the types differ",
      "type-mismatch f(a): the types differ",
      "type-mismatch f->: a type is missing here",
      'missing-item g: func "g" is missing',
    ]);
  });

  test("reports a named type once, however often it is used", () => {
    const side = (size: string) => {
      let page = 0;
      const shared: Make = () => page;
      const items: Record<string, MakeItem> = {
        page: (builder, path) => {
          page = builder.ref(record({ size })) as number;
          return { name: path.at(-1)!, kind: "type", type: page };
        },
      };
      for (const name of ["f", "g", "h"]) items[name] = func({ a: shared });
      return items;
    };
    expect(differ(side("u32"), side("u64"))).toEqual(["type-mismatch page.size: the types differ"]);
  });

  test.each<[string, Make, Make, readonly string[]]>([
    ["equal primitives", "u32", "u32", []],
    ["other primitives", "u32", "s32", ["type-mismatch f(a): the types differ"]],
    ["an alias of the same", row({ kind: "alias", to: "u32" }), "u32", []],
    [
      "records in another order",
      record({ a: "u32", b: "u8" }),
      record({ b: "u8", a: "u32" }),
      ["type-mismatch f(a): the fields are in another order"],
    ],
    [
      "a case more",
      variant([["a", null]]),
      variant([
        ["a", null],
        ["b", "u8"],
      ]),
      ['type-mismatch f(a).b: case "b" is not expected'],
    ],
    [
      "a case without its type",
      variant([["a", "u8"]]),
      variant([["a", null]]),
      ["type-mismatch f(a).a: a type is missing here"],
    ],
    [
      "an enum and flags",
      row({ kind: "enum", names: ["a"] }),
      row({ kind: "flags", names: ["a"] }),
      ["type-mismatch f(a): the types differ"],
    ],
    [
      "tuples of other lengths",
      row({ kind: "tuple", of: ["u8"] }),
      row({ kind: "tuple", of: ["u8", "u8"] }),
      ["type-mismatch f(a): the tuples differ in length"],
    ],
    [
      "tuples of other types",
      row({ kind: "tuple", of: ["u8", "u8"] }),
      row({ kind: "tuple", of: ["u8", "s8"] }),
      ["type-mismatch f(a).1: the types differ"],
    ],
    [
      "lists of other lengths",
      row({ kind: "list", of: "u8", length: 4 }),
      row({ kind: "list", of: "u8" }),
      ["type-mismatch f(a): the lists differ in length"],
    ],
    [
      "maps of other keys and values",
      row({ kind: "map", key: "string", value: "u8" }),
      row({ kind: "map", key: "u8", value: "u16" }),
      ["type-mismatch f(a)[key]: the types differ", "type-mismatch f(a)[]: the types differ"],
    ],
    [
      "results",
      row({ kind: "result", ok: "u8", err: null }),
      row({ kind: "result", ok: null, err: "u8" }),
      ["type-mismatch f(a).ok: a type is missing here", "type-mismatch f(a).err: no type is expected here"],
    ],
    [
      "streams of other payloads",
      row({ kind: "stream", of: "u8" }),
      row({ kind: "stream", of: null }),
      ["type-mismatch f(a)<>: a type is missing here"],
    ],
  ])("compares %s", (_, needed, given, expected) => {
    expect(differTypes(needed, given)).toEqual(expected);
  });

  test("tells an async function from a sync one", () => {
    expect(differ({ f: func({}, undefined, true) }, { f: func() })).toEqual([
      "type-mismatch f: an async function is needed",
    ]);
  });

  test("pairs resources by the place that names them", () => {
    const [e, f] = [
      table({ imports: { x: instance({ r: resource() }) } }),
      table({ exports: { x: instance({ r: resource() }) } }),
    ];
    const { resources } = compare({ table: e, item: e.imports[0]! }, { table: f, item: f.exports[0]! });
    expect(resources).toEqual([{ expected: 0, found: 0, path: "r" }]);
  });

  test("tells two resources apart, own from borrow, and a resource from a type", () => {
    const needed = { r: resource(), s: resource(), f: func({ a: borrow(0) }), g: func({ a: own(0) }) };
    expect(differ(needed, { ...needed, f: func({ a: borrow(1) }) })).toEqual([
      "resource-mismatch f(a): another resource is needed",
    ]);
    expect(differ(needed, { ...needed, g: func({ a: borrow(0) }) })).toEqual(["type-mismatch g(a): the types differ"]);
    expect(differ({ r: resource() }, { r: type(record({ a: "u8" })) })).toEqual([
      "type-mismatch r: a resource is needed, not a type",
    ]);
  });

  test("with `only`, needs just these items", () => {
    const [e, f] = [
      table({ imports: { x: instance({ f: func(), g: func() }) } }),
      table({ exports: { x: instance({ f: func() }) } }),
    ];
    const [left, right] = [
      { table: e, item: e.imports[0]! },
      { table: f, item: f.exports[0]! },
    ];
    expect(compare(left, right, { only: new Set(["f"]) }).differences).toEqual([]);
    expect(compare(left, right).differences).toHaveLength(1);
  });

  test("lists 100 differences of many, and prints no type endlessly", () => {
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`${prefix}${index}`, func()]));
    expect(differ(many("f"), many("g"))).toHaveLength(100);
    const fields = (prefix: string) =>
      record(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`${prefix}${index}`, "u8"])));
    const [e, f] = [
      table({ imports: { f: func({ a: fields("f") }) } }),
      table({ exports: { f: func({ a: fields("g") }) } }),
    ];
    const { differences } = compare({ table: e, item: e.imports[0]! }, { table: f, item: f.exports[0]! });
    expect(differences).toHaveLength(100);
    expect(Math.max(...differences.map(({ found }) => found?.length ?? 0))).toBeLessThan(1000);
  });
});
