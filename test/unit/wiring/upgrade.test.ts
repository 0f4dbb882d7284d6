import { describe, expect, test } from "@jest/globals";
import { decide } from "../../../wiring/decide.ts";
import type { WiringSpec } from "../../../wiring/spec.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import { findUpgradeBreaks } from "../../../wiring/upgrade.ts";
import { func, instance, table } from "../../support/wiring/tables.ts";

const one = instance({ get: func({ key: "string" }, "u32") });
const more = instance({ get: func({ key: "string" }, "u32"), put: func() });
const other = instance({ get: func({ key: "string" }, "u64") });

const spec: WiringSpec = {
  name: "shop",
  instances: [
    { name: "cart", component: "cart-component" },
    { name: "db", component: "db-component" },
  ],
  exports: [{ from: "cart/t:shop/cart" }],
};
const cart = table({ imports: { "t:shop/db@1.0.0": one }, exports: { "t:shop/cart": one } });
const db = table({ exports: { "t:shop/db@1.0.0": one } });

/** What breaks in `spec` when these components, by name, get these tables. */
function breaks(after: Readonly<Record<string, TypeTable>>, of: WiringSpec = spec) {
  const components = new Map([
    ["cart-component", cart],
    ["db-component", db],
  ]);
  const upgraded = new Map([...components, ...Object.entries(after)]);
  const decided = (tables: ReadonlyMap<string, TypeTable>) => {
    const { attempt: wiring, diagnostics } = decide(of, tables);
    return { wiring, diagnostics };
  };
  return findUpgradeBreaks({
    spec: of,
    changed: Object.entries(after).map(([component, newTable]) => ({
      component,
      before: { digest: `sha256:${"a".repeat(64)}`, table: components.get(component)! },
      after: { digest: `sha256:${"b".repeat(64)}`, table: newTable },
    })),
    before: decided(components),
    after: decided(upgraded),
    components,
  });
}

const versions = "from sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb";

describe("findUpgradeBreaks()", () => {
  test("finds nothing where exports grow, imports shrink and versions stay compatible", () => {
    expect(breaks({ "db-component": table({ exports: { "t:shop/db@1.2.0": more } }) })).toEqual([]);
    expect(breaks({ "cart-component": table({ exports: { "t:shop/cart": more } }) })).toEqual([]);
  });
  test("finds nothing in an error that was there before", () => {
    const broken = { ...spec, connections: [{ from: "cart/t:shop/nothing", to: "db/t:shop/db" }] };
    expect(breaks({ "db-component": table({ exports: { "t:shop/db@1.0.0": more } }) }, broken)).toEqual([]);
  });
  test("tells of a new error, and names the component that is new and not the one that complains", () => {
    const found = breaks({ "db-component": table({ exports: { "t:shop/db@1.0.0": other } }) });
    expect(found.map(({ code, field }) => [code, field])).toEqual([["type-mismatch", "spec.instances[0]"]]);
    expect(found[0]!.message).toBe(
      `Cannot upgrade component "db-component" ${versions}: cannot serve "cart" import "t:shop/db@1.0.0" from "db": the types differ`,
    );
  });
  test("tells of an import that would silently be left to the host", () => {
    const found = breaks({ "db-component": table({ exports: { "t:shop/else": one } }) });
    expect(found).toEqual([
      {
        code: "import-unserved",
        severity: "error",
        field: "spec.instances[0]",
        instance: "cart",
        interface: "t:shop/db@1.0.0",
        message: `Cannot upgrade component "db-component" ${versions}: import "t:shop/db@1.0.0" of "cart" would be left to the host, it is served by: db/t:shop/db@1.0.0`,
        expected: "t:shop/db@1.0.0",
        hint: "To leave it to the host on purpose add to spec.connections: { from: cart/t:shop/db@1.0.0, to: shop/t:shop/db@1.0.0 }",
      },
    ]);
  });
  test("tells of it where the importer now asks for another version, which only warns for wasi", () => {
    const wasi = (version: string) => ({ [`wasi:keyvalue/store@${version}`]: one });
    const before = table({ imports: wasi("0.2.0"), exports: { "t:shop/cart": one } });
    const store = table({ exports: wasi("0.2.0") });
    const after = table({ imports: wasi("0.3.0"), exports: { "t:shop/cart": one } });
    const decided = (table: TypeTable) => {
      const {
        attempt: wiring,
        diagnostics,
        valid,
      } = decide(
        spec,
        new Map([
          ["cart-component", table],
          ["db-component", store],
        ]),
      );
      expect(valid).toBe(true);
      return { wiring, diagnostics };
    };
    const found = findUpgradeBreaks({
      spec,
      changed: [
        { component: "cart-component", before: { digest: "x", table: before }, after: { digest: "y", table: after } },
      ],
      before: decided(before),
      after: decided(after),
      components: new Map([
        ["cart-component", before],
        ["db-component", store],
      ]),
    });
    expect(found.map(({ code, interface: name }) => [code, name])).toEqual([
      ["import-unserved", "wasi:keyvalue/store@0.3.0"],
    ]);
  });
  test("tells of one version of an interface that is left to the host while another one is served", () => {
    const twice = (...versions: string[]) =>
      table({
        imports: Object.fromEntries(versions.map((version) => [`t:shop/db@${version}`, one])),
        exports: { "t:shop/cart": one },
      });
    const exporter = (...versions: string[]) =>
      table({ exports: Object.fromEntries(versions.map((version) => [`t:shop/db@${version}`, one])) });
    const cart = twice("1.0.0", "2.0.0");
    const components = new Map([
      ["cart-component", cart],
      ["db-component", exporter("1.0.0", "2.0.0")],
    ]);
    const after = exporter("1.0.0");
    const decided = (db: TypeTable) => {
      const { attempt: wiring } = decide(spec, new Map([...components, ["db-component", db]]));
      return { wiring, diagnostics: [] };
    };
    const found = findUpgradeBreaks({
      spec,
      changed: [
        {
          component: "db-component",
          before: { digest: "x", table: components.get("db-component")! },
          after: { digest: "y", table: after },
        },
      ],
      before: decided(components.get("db-component")!),
      after: decided(after),
      components,
    });
    expect(found.map(({ code, interface: name }) => [code, name])).toEqual([["import-unserved", "t:shop/db@2.0.0"]]);
  });
  test("does not mind an import that the new version no longer has", () => {
    expect(breaks({ "cart-component": table({ exports: { "t:shop/cart": one } }) })).toEqual([]);
  });
  test("tells of an export of the composition that changes its type, down to the place", () => {
    const found = breaks({ "cart-component": table({ exports: { "t:shop/cart": other } }) });
    expect(found).toEqual([
      {
        code: "export-changed",
        severity: "error",
        field: "spec.exports[0].from",
        instance: "cart",
        interface: "t:shop/cart",
        item: "get->",
        message: `Cannot upgrade component "cart-component" ${versions}: callers of export "t:shop/cart" rely on another type, the types differ`,
        expected: "u32",
        found: "u64",
      },
    ]);
  });
  test("tells once of an export that is gone", () => {
    const found = breaks({ "cart-component": table({ exports: { "t:shop/else": one } }) });
    expect(found.map(({ code, field }) => [code, field])).toEqual([["unknown-item", "spec.exports[0].from"]]);
  });
  test("tells of an export that goes out under another major version", () => {
    const versioned = { ...spec, exports: [{ from: "db/t:shop/db" }] };
    const found = breaks({ "db-component": table({ exports: { "t:shop/db@2.0.0": one } }) }, versioned);
    expect(found.map(({ code, interface: name }) => [code, name])).toContainEqual([
      "export-changed",
      "t:shop/db@1.0.0",
    ]);
  });
  test("names every component where several are new and none is nearer", () => {
    const dangling = { ...spec, instances: spec.instances, exports: [] };
    const found = breaks(
      {
        "cart-component": table({ imports: { "t:shop/db@1.0.0": other } }),
        "db-component": table({ exports: { "t:shop/db@1.0.0": one } }),
      },
      dangling,
    );
    expect(found[0]!.message).toContain(`Cannot upgrade component "cart-component" ${versions}: `);
  });
  test("stops at 100 findings", () => {
    const names = Array.from({ length: 300 }, (_, index) => `f${index}`);
    const wide = Object.fromEntries(names.map((name) => [name, func()]));
    const before = table({ exports: { "t:shop/cart": instance(wide) } });
    const after = table({ exports: { "t:shop/cart": instance({}) } });
    const of: WiringSpec = {
      name: "shop",
      instances: Array.from({ length: 3 }, (_, index) => ({ name: `i${index}`, component: "c" })),
      exports: Array.from({ length: 3 }, (_, index) => ({ name: `e${index}`, from: `i${index}/t:shop/cart` })),
    };
    const decided = (one: TypeTable) => {
      const { attempt: wiring, diagnostics } = decide(of, new Map([["c", one]]));
      return { wiring, diagnostics };
    };
    const found = findUpgradeBreaks({
      spec: of,
      changed: [{ component: "c", before: { digest: "x", table: before }, after: { digest: "y", table: after } }],
      before: decided(before),
      after: decided(after),
      components: new Map([["c", before]]),
    });
    expect(found).toHaveLength(100);
  });
});
