import { describe, expect, test } from "@jest/globals";
import { decide } from "../../../wiring/decide.ts";
import { checkRunner, type HostedInterface, type RunnerOffer } from "../../../wiring/runner.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import { func, instance, record, resource, table, type } from "../../support/wiring/tables.ts";

const hosted: readonly HostedInterface[] = [
  { name: "wasi:random/random", versions: ["0.2.*"], grant: "none" },
  { name: "wasi:logging/logging", versions: ["", "0.1.0-draft"], grant: "none" },
  { name: "wasi:keyvalue/store", versions: ["0.2.0-draft"], grant: "keyvalue" },
  { name: "wasi:keyvalue/batch", versions: ["0.2.0-draft"], grant: "keyvalue" },
];
const api = instance({ f: func() });

function check(one: TypeTable, rest: Partial<RunnerOffer> = {}) {
  const components = new Map([["one", one]]);
  const { attempt } = decide({ name: "app", instances: [{ name: "a", component: "one" }] }, components);
  return checkRunner(attempt, { components, hosted, grants: new Map(), ...rest });
}
const codes = (one: TypeTable, rest?: Partial<RunnerOffer>) => check(one, rest).map(({ code }) => code);
const importing = (...names: string[]) => table({ imports: Object.fromEntries(names.map((name) => [name, api])) });

describe("checkRunner()", () => {
  test.each([
    ["wasi:random/random@0.2.0", true],
    ["wasi:random/random@0.2.12", true],
    ["wasi:random/random@0.2.0-rc.1", false],
    ["wasi:random/random@0.3.0", false],
    ["wasi:random/random", false],
    ["wasi:logging/logging", true],
    ["wasi:logging/logging@0.1.0-draft", true],
    ["wasi:logging/logging@0.1.0", false],
    ["acme:shop/cart@0.2.0", false],
  ])("finds %s served by the host: %s", (name, served) => {
    expect(codes(importing(name))).toEqual(served ? [] : ["unhosted-import"]);
  });

  test("names the versions that are hosted", () => {
    const [finding] = check(importing("wasi:logging/logging@0.9.0"));
    expect(finding?.hint).toContain("no version, 0.1.0-draft");
  });

  test("asks for a keyvalue grant once an instance, with the YAML that is missing", () => {
    const one = importing("wasi:keyvalue/store@0.2.0-draft", "wasi:keyvalue/batch@0.2.0-draft");
    expect(check(one)).toMatchObject([
      {
        code: "missing-grant",
        field: "spec.instances[0].grants",
        instance: "a",
        hint: "Add to spec.instances[0]: grants: { keyvalue: [{ backend: store, bucket: default, access: ReadWrite }] }, and to spec: backends: [{ name: store, keyvalue: { memory: {} } }]",
      },
    ]);
    expect(check(one, { backends: ["sessions"] })[0]?.hint).toMatch(/backend: sessions.*\}\] \}$/);
    expect(codes(one, { grants: new Map([["a", { keyvalue: [] }]]) })).toEqual(["missing-grant"]);
    expect(codes(one, { grants: new Map([["b", { keyvalue: [{}] }]]) })).toEqual(["missing-grant"]);
    expect(codes(one, { grants: new Map([["a", { keyvalue: [{}] }]]) })).toEqual([]);
  });

  test("needs nobody for an import that has only types", () => {
    expect(codes(table({ imports: { "acme:web/types": instance({ page: type(record({ a: "u8" })) }) } }))).toEqual([]);
    expect(codes(table({ imports: { "acme:web/types": instance({ page: resource() }) } }))).toEqual([
      "unhosted-import",
    ]);
  });

  test("refuses plain functions and async lifts, naming them", () => {
    expect(codes(table({ imports: { log: func() } }))).toEqual(["unhosted-import"]);
    const lifts = Array.from({ length: 12 }, (_, index) => `t:i/x#f${index}`);
    const [finding, ...rest] = check(table({}, { features: { asyncLifts: lifts } }));
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ code: "async-lift", field: "spec.instances[0]" });
    expect(finding?.message).toMatch(/: t:i\/x#f0, .*t:i\/x#f9, and 2 more$/);
  });

  test("refuses async lowers and memories that the engine lacks, and no module import that an instance may serve", () => {
    const one = table(
      {},
      {
        features: {
          asyncLifts: [],
          asyncLowers: ["t:i/x#f"],
          other: [
            { feature: "memory64", name: "a 64-bit memory" },
            { feature: "memory64", name: "a 64-bit table" },
            { feature: "garbage-collected-objects", name: "struct.new in core module 0" },
            { feature: "module-import", name: "m" },
          ],
        },
      },
    );
    expect(check(one).map(({ code, message }) => [code, message])).toEqual([
      ["async-lift", 'Cannot run "a", these functions of it are async: t:i/x#f'],
      ["unsupported-component", 'Cannot run "a", it uses memory64: a 64-bit memory, a 64-bit table'],
      ["unsupported-component", 'Cannot run "a", it uses garbage-collected-objects: struct.new in core module 0'],
    ]);
  });
});
