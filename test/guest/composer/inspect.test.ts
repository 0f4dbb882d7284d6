import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import { guest, moduleComponent, wat } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const composer = startComposer();
afterAll(() => composer.close());

describe("inspect()", () => {
  test("lists imports and exports, sizes and no missing feature of a guest that a compiler made", async () => {
    const bytes = guest("hello");
    const table = await composer.inspect(bytes);
    expect(table.format).toBe(1);
    expect(table.imports).toContainEqual(expect.objectContaining({ name: "wasi:http/types@0.2.12", kind: "instance" }));
    expect(table.exports.map(({ name }) => name)).toEqual(["wasi:http/incoming-handler@0.2.12"]);
    expect(table.size).toEqual({ bytes: bytes.byteLength, coreModules: 3, components: 1 });
    expect(table.features).toEqual({ asyncLifts: [], asyncLowers: [], other: [] });
  });

  test("gives a resource one index wherever it is named, and its first place as home", async () => {
    const { resources } = await composer.inspect(guest("hello"));
    const homes = resources.map(({ side, home }) => `${side} ${home.join("#")}`);
    expect(homes).toContain("import wasi:io/poll@0.2.12#pollable");
    expect(new Set(homes).size).toBe(homes.length);
  });

  test("tells a type's name from its structure, and names only rows before a row", async () => {
    const table = await composer.inspect(
      await wat(`(component (import "t:a/types" (instance
        (type $r (record (field "x" u32) (field "y" (list string))))
        (export "point" (type $p (eq $r)))
        (export "move" (func (param "by" $p) (result $p))))))`),
    );
    expect(table.types).toContainEqual({
      kind: "record",
      fields: [
        ["x", "u32"],
        ["y", expect.any(Number)],
      ],
    });
    expect(table.types).toContainEqual({ kind: "alias", to: expect.any(Number) });
    table.types.forEach((row, index) => {
      const references = JSON.stringify(row).match(/\b\d+\b/g) ?? [];
      expect(references.map(Number).every((reference) => reference < index)).toBe(true);
    });
  });

  test("says which exported functions are async, by interface and name", async () => {
    const text = `(component
      (core module $m (func (export "[async-lift]t:a/run#go") unreachable))
      (core instance $i (instantiate $m))
      (func $go async (canon lift (core func $i "[async-lift]t:a/run#go") async))
      (instance $api (export "go" (func $go)))
      (export "t:a/run" (instance $api)))`;
    expect((await composer.inspect(await wat(text))).features.asyncLifts).toEqual(["t:a/run#go"]);
  });

  test("does not mind async builtins that are linked and async functions that are only imported", async () => {
    const text = `(component
      (import "t:a/clock" (instance (export "wait" (func async))))
      (core func $cancel (canon task.cancel))
      (core module $m (import "a" "cancel" (func)))
      (core instance (instantiate $m (with "a" (instance (export "cancel" (func $cancel)))))))`;
    const bytes = await wat(text);
    expect((await composer.inspect(bytes)).features).toEqual({ asyncLifts: [], asyncLowers: [], other: [] });
    await expect(composer.flatten(bytes, { deadlines: true })).resolves.toBeDefined();
  });

  test.each([
    ["memory64", moduleComponent("(memory i64 1)")],
    ["shared-memory", moduleComponent("(memory 1 1 shared)")],
    ["garbage-collected-objects", moduleComponent("(type $s (struct)) (func (drop (struct.new $s)))")],
    ["module-import", `(component (import "m" (core module)))`],
  ])("reports %s as a feature that the runner lacks", async (feature, text) => {
    const { features } = await composer.inspect(await wat(text));
    expect(features).toMatchObject({ other: [{ feature }] });
  });
});

describe("inspect() of very many types", () => {
  /** Each alias is a row of the table; the format itself allows 100,000 exports of one instance. */
  const aliases = (imports: number) => {
    const exports = Array.from({ length: 60_000 }, (_, nth) => `(export "t${nth}" (type (eq $u)))`).join("");
    const instances = Array.from(
      { length: imports },
      (_, nth) => `(import "t:a/i${nth}" (instance (type $u u32) ${exports}))`,
    );
    return wat(`(component ${instances.join("")})`);
  };

  test("refuses more than 100,000", async () => {
    await expect(composer.inspect(await aliases(2))).rejects.toMatchObject({
      code: "too-large",
      subject: "t:a/i1",
      message: expect.stringContaining("100000"),
    });
  });

  test("takes fewer", async () => {
    expect((await composer.inspect(await aliases(1))).types.length).toBeGreaterThan(60_000);
  });
});

describe("inspect() explains", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(), /empty/],
    ["a core module", Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), /core WebAssembly module.*component new/],
    ["WebAssembly text", text("(component)"), /text.*parse/],
    ["WebAssembly of another version", Uint8Array.of(0, 0x61, 0x73, 0x6d, 9, 0, 9, 0), /unknown version/],
    ["a web page", text("<html>not found</html>"), /not a WebAssembly binary/],
  ])("%s", async (_what, bytes, message) => {
    await expect(composer.inspect(bytes)).rejects.toMatchObject({
      name: "ComposerError",
      code: "not-a-component",
      stage: "inspect",
      message: expect.stringMatching(message),
    });
  });

  test("where a damaged component is wrong", async () => {
    const bytes = guest("hello");
    await expect(composer.inspect(bytes.slice(0, 1000))).rejects.toMatchObject({
      code: "invalid-component",
      message: expect.stringMatching(/offset/),
    });
  });
});
