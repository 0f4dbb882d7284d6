import { describe, expect, test } from "@jest/globals";
import { diffComponents, findBreakages } from "../../../wiring/diff.ts";
import { func, instance, table } from "../../support/wiring/tables.ts";

const one = instance({ f: func({ a: "u32" }) });
const more = instance({ f: func({ a: "u32" }), g: func() });
const other = instance({ f: func({ a: "u64" }) });

const summary = (before: Parameters<typeof table>[0], after: Parameters<typeof table>[0]) =>
  diffComponents(table(before), table(after)).map(({ side, name, kind, breaking }) => [side, name, kind, breaking]);

describe("diffComponents()", () => {
  test("finds nothing between equal versions", () => {
    expect(summary({ imports: { "t:i/x": one } }, { imports: { "t:i/x": one } })).toEqual([]);
  });
  test("lets an export grow and an import shrink", () => {
    expect(summary({ exports: { "t:i/x": one } }, { exports: { "t:i/x": more } })).toEqual([
      ["export", "t:i/x", "widened", false],
    ]);
    expect(summary({ imports: { "t:i/x": more } }, { imports: { "t:i/x": one } })).toEqual([
      ["import", "t:i/x", "widened", false],
    ]);
  });
  test("says that an export that shrinks and an import that grows break", () => {
    expect(summary({ exports: { "t:i/x": more } }, { exports: { "t:i/x": one } })).toEqual([
      ["export", "t:i/x", "changed", true],
    ]);
    expect(summary({ imports: { "t:i/x": one } }, { imports: { "t:i/x": more } })).toEqual([
      ["import", "t:i/x", "changed", true],
    ]);
  });
  test("says that a removed export and an added import break, and the contrary does not", () => {
    expect(summary({ exports: { "t:i/x": one } }, { imports: { "t:i/y": one } })).toEqual([
      ["import", "t:i/y", "added", true],
      ["export", "t:i/x", "removed", true],
    ]);
    expect(summary({ imports: { "t:i/y": one } }, { exports: { "t:i/x": one } })).toEqual([
      ["import", "t:i/y", "removed", false],
      ["export", "t:i/x", "added", false],
    ]);
  });
  test("follows an interface to a compatible version, and not to another track", () => {
    expect(summary({ exports: { "t:i/x@0.2.0": one } }, { exports: { "t:i/x@0.2.1": more } })).toEqual([
      ["export", "t:i/x@0.2.1", "widened", false],
    ]);
    expect(summary({ exports: { "t:i/x@0.2.0": one } }, { exports: { "t:i/x@0.3.0": one } })).toEqual([
      ["export", "t:i/x@0.2.0", "removed", true],
      ["export", "t:i/x@0.3.0", "added", false],
    ]);
  });
  test("says what differs and how", () => {
    const [change] = diffComponents(table({ exports: { "t:i/x": one } }), table({ exports: { "t:i/x": other } }));
    expect(change?.differences).toMatchObject([{ path: "f(a)", expected: "u32", found: "u64" }]);
  });
});

describe("findBreakages()", () => {
  const components = new Map([
    ["need", table({ imports: { "t:i/x": one } })],
    ["give", table({ exports: { "t:i/x": one } })],
  ]);
  const spec = {
    name: "app",
    instances: [
      { name: "a", component: "need" },
      { name: "b", component: "give" },
    ],
  };
  const unrelated = { name: "other", instances: [{ name: "a", component: "need" }] };
  const broken = { ...spec, name: "broken", connections: [{ from: "a/nothing", to: "b/t:i/x" }] };

  test("names the compositions that a version breaks, with the errors that are new", () => {
    const after = table({ exports: { "t:i/x": other } });
    const found = findBreakages({ component: "give", after, components, compositions: [spec, unrelated, broken] });
    expect(found.map(({ composition, diagnostics }) => [composition, diagnostics.map(({ code }) => code)])).toEqual([
      ["app", ["type-mismatch"]],
      ["broken", ["type-mismatch"]],
    ]);
  });
  test("finds none for a version that grows", () => {
    const after = table({ exports: { "t:i/x": more } });
    expect(findBreakages({ component: "give", after, components, compositions: [spec, broken] })).toEqual([]);
  });
});
