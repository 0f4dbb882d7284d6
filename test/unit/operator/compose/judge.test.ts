import { describe, expect, test } from "@jest/globals";
import { judge, type KnownComponents } from "../../../../operator/compose/judge.ts";
import { compositionOf } from "../../../support/local/composition.ts";
import { func, instance, table } from "../../../support/wiring/tables.ts";

const query = instance({ find: func() });
const front = table({ imports: { "acme:shop/query": query }, exports: { "acme:shop/pages": instance({ f: func() }) } });
const store = table({ exports: { "acme:shop/query": query } });
const keyvalue = table({ imports: { "wasi:keyvalue/store@0.2.0-draft": instance({ open: func() }) } });
const both = "instances: [{ name: front, component: { name: front } }, { name: store, component: { name: store } }]";
const exported = `${both}\nexports: [{ name: "acme:shop/pages", from: "front/acme:shop/pages" }]`;
const all: KnownComponents = { tables: new Map(Object.entries({ front, store, keyvalue })) };
const only = (...names: string[]) => new Map([...all.tables].filter(([name]) => names.includes(name)));

const codes = (spec: string, known = all, options?: { run: boolean }) => {
  const { valid, diagnostics } = judge(compositionOf(spec), known, options);
  return [valid, ...diagnostics.map(({ severity, code, field }) => `${severity} ${code} ${field}`)];
};

describe("judge()", () => {
  test("accepts what can be composed and run, with its wiring", () => {
    const { valid, wiring, diagnostics } = judge(compositionOf(exported), all);
    expect([valid, diagnostics]).toEqual([true, []]);
    expect(wiring.edges).toMatchObject([{ from: { instance: "front" }, to: { instance: "store" } }]);
    expect(wiring.exports).toMatchObject([{ name: "acme:shop/pages", instance: "front" }]);
  });

  test("warns of a composition that exports nothing, with the export that could be added", () => {
    const { valid, diagnostics } = judge(compositionOf(both), all);
    expect(valid).toBe(true);
    expect(diagnostics).toEqual([
      {
        severity: "warning",
        code: "exports-nothing",
        field: "spec.exports",
        message: "Nothing can reach the composition, it exports nothing: shop",
        hint: 'Add to spec: exports: [{ name: "acme:shop/pages", from: "front/acme:shop/pages" }]',
      },
    ]);
  });

  test("refuses an import that no instance and no runner serves, where running is asked for", () => {
    const alone = exported.replace(", { name: store, component: { name: store } }", "");
    expect(codes(alone)).toEqual([false, "error unhosted-import spec.instances[0]"]);
    expect(codes(alone, all, { run: false })).toEqual([true]);
  });

  test("refuses an instance without the grant that it needs", () => {
    const spec = "instances: [{ name: a, component: { name: keyvalue } }]";
    expect(codes(spec)).toEqual([
      false,
      "warning exports-nothing spec.exports",
      "error missing-grant spec.instances[0].grants",
    ]);
    const granted =
      "instances: [{ name: a, component: { name: keyvalue }, grants: { keyvalue: [{ backend: b, bucket: c }] } }]\nbackends: [{ name: b, keyvalue: { memory: {} } }]";
    expect(codes(granted)).toEqual([true, "warning exports-nothing spec.exports"]);
  });

  test.each([
    ["replicas: 1", false],
    ["replicas: 0", false],
    ["replicas: 2", true],
    ["runner: { processes: 3 }", true],
  ])("with %s warns of a backend in memory: %s", (more, warned) => {
    const spec = `${exported}\nbackends: [{ name: b, keyvalue: { memory: {} } }]\n${more}`;
    expect(codes(spec)).toEqual([true, ...(warned ? ["warning split-memory spec.backends[0]"] : [])]);
  });

  test("reports a component that could not be inspected at each instance that uses it", () => {
    const unreadable = new Map([["store", { code: "invalid-component", message: "cut short" }]]);
    expect(codes(exported, { tables: only("front"), unreadable })).toEqual([
      false,
      "error invalid-component spec.instances[1].component",
    ]);
  });

  test("says nothing of a missing component, nor that the composition is valid", () => {
    expect(codes(exported, { tables: only("front"), missing: new Set(["store"]) })).toEqual([false]);
  });

  test("still tells what is wrong beside a missing component", () => {
    const spec = `${both}\nexports: [{ name: "acme:shop/none", from: "front/acme:shop/none" }]`;
    expect(codes(spec, { tables: only("front"), missing: new Set(["store"]) })).toEqual([
      false,
      "error unknown-item spec.exports[0].from",
    ]);
  });

  test("refuses a component that nobody declares", () => {
    expect(codes(exported, { tables: only("front") })).toEqual([
      false,
      "error unknown-component spec.instances[1].component",
    ]);
  });
});
