import { describe, expect, test } from "@jest/globals";
import { decide } from "../../../wiring/decide.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import { borrow, func, instance, record, resource, sameResource, table, type } from "../../support/wiring/tables.ts";

const api = instance({ handle: func({ path: "string" }, "string") });
const consumer = table({ imports: { "t:h/h": api } });
const provider = table({ exports: { "t:h/h": api } });
const middleware = table({ imports: { "t:h/h": api }, exports: { "t:h/h": api } });
const store = { bucket: resource(), open: func() };
const components = new Map(Object.entries({ consumer, provider, middleware }));

/** `name: component` pairs as instances. */
function instances(all: Readonly<Record<string, string>>) {
  return Object.entries(all).map(([name, component]) => ({ name, component }));
}

describe("decide()", () => {
  test("connects an import with its only exporter where wiring is Auto, and never where it is Explicit", () => {
    const spec = { name: "app", instances: instances({ a: "consumer", b: "provider" }) };
    const auto = decide(spec, components);
    expect(auto.valid).toBe(true);
    expect(auto.attempt.edges).toEqual([
      {
        from: { instance: "a", item: "t:h/h" },
        to: { instance: "b", item: "t:h/h" },
        how: "Implicit",
        field: "spec.instances[0]",
      },
    ]);
    const explicit = decide({ ...spec, wiring: "Explicit" }, components);
    expect(explicit.attempt.edges).toEqual([]);
    expect(explicit.attempt.hostImports.map(({ instance: name, interface: of }) => [name, of])).toEqual([
      ["a", "t:h/h"],
    ]);
  });

  test("takes the ends of a connection in either order", () => {
    const spec = { name: "app", instances: instances({ a: "consumer", b: "provider" }) };
    const ends = ["a/t:h/h", "b/t:h/h"] as const;
    const one = decide({ ...spec, connections: [{ from: ends[0], to: ends[1] }] }, components);
    const other = decide({ ...spec, connections: [{ from: ends[1], to: ends[0] }] }, components);
    expect(one.valid).toBe(true);
    expect(other).toEqual(one);
  });

  test("takes a name close to an instance for a slip, and any other undeclared one for the composition", () => {
    const spec = { name: "shop", instances: instances({ "auth-instance": "provider" }) };
    const end = "auth-instance/t:h/h";
    const slip = decide({ ...spec, connections: [{ from: end, to: "auht-instance/t:h/h" }] }, components);
    expect(slip.diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      ["unknown-instance", 'Did you mean "auth-instance"?'],
    ]);
    for (const outside of ["shop", "new-api"]) {
      const { attempt, valid } = decide({ ...spec, connections: [{ from: end, to: `${outside}/t:h/h` }] }, components);
      expect([valid, attempt.exports.map(({ name }) => name)]).toEqual([true, ["t:h/h"]]);
    }
  });

  test("exports once what a connection makes and `exports` names through the composition", () => {
    const spec = {
      name: "new-api",
      instances: instances({ auth: "provider" }),
      connections: [{ from: "auth/t:h/h", to: "new-api/t:h/h" }],
    };
    const names = (exports: { name?: string; from: string }[]) =>
      decide({ ...spec, exports }, components).attempt.exports.map(({ name }) => name);
    expect(names([])).toEqual(["t:h/h"]);
    expect(names([{ name: "t:h/h", from: "new-api/t:h/h" }])).toEqual(["t:h/h"]);
    expect(names([{ name: "login", from: "new-api/t:h/h" }])).toEqual(["login"]);
  });

  test.each([
    ["another interface", "t:h/hh", true],
    ["another interface, with a version", "t:hh/h@1.0.0", true],
    ["its own", "t:h/h", false],
    ["its own, with a version", "t:h/h@1.0.0", false],
    ["a word", "login", false],
    ["nothing", undefined, false],
  ])("warns of an interface that is exported under the name of another one, not otherwise: %s", (_, name, warned) => {
    const exported = name === undefined ? { from: "auth/t:h/h" } : { name, from: "auth/t:h/h" };
    const spec = { name: "app", instances: instances({ auth: "provider" }), exports: [exported] };
    const { valid, diagnostics } = decide(spec, components);
    const finding = {
      code: "export-renamed",
      severity: "warning",
      field: "spec.exports[0].name",
      instance: "auth",
      interface: "t:h/h",
      message: `Exports "auth/t:h/h" under the name of another interface: ${name}`,
      hint: 'Did you mean "t:h/h"?',
    };
    expect({ valid, diagnostics }).toEqual({ valid: true, diagnostics: warned ? [finding] : [] });
  });

  test("knows the interface behind a label when it is exported", () => {
    const labelled = table({ exports: { primary: instance({}) } });
    const [item] = labelled.exports;
    const known = new Map([["give", { ...labelled, exports: [{ ...item!, implements: "t:h/h@1.0.0" }] }]]);
    const codes = (name: string) => {
      const spec = { name: "app", instances: instances({ a: "give" }), exports: [{ name, from: "a/primary" }] };
      return decide(spec, known).diagnostics.map(({ code }) => code);
    };
    expect(codes("t:h/h")).toEqual([]);
    expect(codes("t:h/g")).toEqual(["export-renamed"]);
  });

  test("reports an unreadable component at each instance that uses it, and no edge of it", () => {
    const unreadable = new Map([["broken", { code: "not-a-component", message: "this is a core module" }]]);
    const spec = {
      name: "app",
      instances: instances({ a: "broken", b: "provider", c: "broken" }),
      connections: [{ from: "a/t:h/h", to: "b/t:h/h" }],
    };
    const { diagnostics } = decide(spec, components, { unreadable });
    expect(diagnostics.map(({ code, field }) => [code, field])).toEqual([
      ["invalid-component", "spec.instances[0].component"],
      ["invalid-component", "spec.instances[2].component"],
    ]);
  });

  test("names both makers of a resource, and the edges that brought them", () => {
    const user = { bucket: sameResource(0), fill: func({ into: borrow(0) }) };
    const all = new Map(
      Object.entries({
        need: table({ imports: { "t:s/store": instance(store), "t:u/user": instance(user) } }),
        user: table({ imports: { "t:s/store": instance(store) }, exports: { "t:u/user": instance(user) } }),
        give: table({ exports: { "t:s/store": instance(store) } }),
      }),
    );
    const spec = {
      name: "app",
      instances: instances({ a: "need", u: "user", "s-one": "give", "s-two": "give" }),
      connections: [
        { from: "a/t:s/store", to: "s-one/t:s/store" },
        { from: "u/t:s/store", to: "s-two/t:s/store" },
      ],
    };
    const [found, ...rest] = decide(spec, all).diagnostics;
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      code: "resource-mismatch",
      expected: "s-one/t:s/store#bucket",
      found: "s-two/t:s/store#bucket",
    });
    expect(found?.hint).toContain("spec.connections[0]");
    expect(found?.hint).toContain("spec.connections[1]");
    const together = spec.connections.map(({ from }) => ({ from, to: "s-one/t:s/store" }));
    expect(decide({ ...spec, connections: together }, all).valid).toBe(true);
  });

  test("refuses more than 1000 modules and components, and counts a shared component once", () => {
    const sized = (coreModules: number): TypeTable => ({
      ...table({}),
      size: { bytes: 1, coreModules, components: 0 },
    });
    const decideSizes = (...sizes: number[]) => {
      const all = new Map(sizes.map((size, index) => [`c${index}`, sized(size)]));
      return decide({ name: "app", instances: instances(Object.fromEntries([...all.keys()].map((c) => [c, c]))) }, all);
    };
    // The composition itself and the two components are 3.
    expect(decideSizes(500, 497).valid).toBe(true);
    const { valid, diagnostics } = decideSizes(500, 498);
    expect(valid).toBe(false);
    expect(diagnostics).toMatchObject([{ code: "too-large", field: "spec.instances" }]);
    expect(diagnostics[0]?.message).toMatch(/: 1001$/);
    const shared = new Map([["one", sized(600)]]);
    expect(decide({ name: "app", instances: instances({ a: "one", b: "one", c: "one" }) }, shared).valid).toBe(true);
  });

  test("wires a chain of 1000 different components without recursion", () => {
    const all = new Map<string, TypeTable>();
    for (let index = 0; index < 1000; index++) {
      const session = { session: resource(), page: type(record({ size: "u32" })), open: func({}, "u32") };
      const imports = index === 0 ? {} : { [`t:h/h${index}`]: instance(session) };
      const exports = { [`t:h/h${index + 1}`]: instance(session) };
      all.set(`c${index}`, table({ imports, exports }, { size: { bytes: 1, coreModules: 0, components: 0 } }));
    }
    const spec = {
      name: "app",
      instances: [...all.keys()].map((name) => ({ name, component: name })).reverse(),
      exports: [{ from: "c999/t:h/h1000" }],
    };
    const { attempt, diagnostics } = decide(spec, all);
    expect(attempt.edges).toHaveLength(999);
    // Of 1000 components and the composition itself.
    expect(diagnostics.map(({ code }) => code)).toEqual(["too-large"]);
    const closed = decide({ ...spec, connections: [{ from: "c1/t:h/h1", to: "c0/t:h/h1" }] }, all);
    expect(closed.attempt.edges).toHaveLength(999);
  });

  test("keeps 1000 findings of many, and says how many it left out", () => {
    const connections = Array.from({ length: 1500 }, (_, index) => ({ from: `x${index}/t:h/h`, to: "a/t:h/h" }));
    const { diagnostics } = decide({ name: "app", instances: instances({ a: "consumer" }), connections }, components);
    expect(diagnostics).toHaveLength(1001);
    expect(diagnostics.at(-1)).toMatchObject({ code: "too-many-findings", message: expect.stringMatching(/: 500$/) });
  });

  test("tells of every slip among many long names, and suggests for the first", () => {
    const names = Array.from({ length: 300 }, (_, index) => `${"abcdefghij".repeat(5)}-${index}`);
    const connections = names.map((name) => ({ from: `${name.replace("abc", "acb")}/t:h/h`, to: `${name}/t:h/h` }));
    const spec = { name: "app", instances: names.map((name) => ({ name, component: "provider" })), connections };
    const { diagnostics } = decide(spec, components);
    expect(diagnostics).toHaveLength(300);
    expect(diagnostics[0]?.hint).toBe(`Did you mean "${names[0]}"?`);
    expect(diagnostics.at(-1)?.hint).toBeUndefined();
  });

  test("is not misled by names that objects have of themselves", () => {
    const spec = {
      name: "app",
      instances: instances({ constructor: "provider", toString: "consumer" }),
      connections: [{ from: "__proto__/constructor", to: "constructor/__proto__" }],
    };
    expect(decide(spec, components).diagnostics.map(({ code }) => code)).toEqual(["unknown-item"]);
  });

  test("finds a cycle through two instances of one component", () => {
    const spec = { name: "app", instances: instances({ a: "middleware", b: "middleware" }) };
    const { diagnostics } = decide(spec, components);
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ["cycle", "Cannot instantiate a cycle: a -> b -> a"],
    ]);
  });
});
