import { describe, expect, test } from "@jest/globals";
import { parseFunctionName } from "../../../../runner/link/function-names.ts";
import { leb, ModuleBuilder, op, sleb } from "../../../../runner/link/wasm.ts";

describe("leb() and sleb()", () => {
  test.each([
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [0xffff_ffff, [255, 255, 255, 255, 15]],
  ])("leb(%i)", (value, bytes) => {
    expect(leb(value)).toEqual(bytes);
  });
  test.each([
    [0, [0]],
    [63, [63]],
    [64, [192, 0]],
    [-1, [127]],
    [-64, [64]],
    [-65, [191, 127]],
    [0x7fff_ffff, [255, 255, 255, 255, 7]],
  ])("sleb(%i)", (value, bytes) => {
    expect(sleb(value)).toEqual(bytes);
  });
});

describe("ModuleBuilder", () => {
  test("makes a module that runs", () => {
    const builder = new ModuleBuilder("test");
    const add = builder.importFunc("m", "add", "ii:i");
    builder.func("twice", "i:i", [], [op.localGet, 0, op.localGet, 0, op.call, ...leb(add)]);
    const add2 = (a: number, b: number) => a + b;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), { m: { add: add2 } });
    expect((exports["twice"] as (x: number) => number)(21)).toBe(42);
  });
});

describe("parseFunctionName()", () => {
  test.each([
    ["echo-bool", { kind: "plain", resource: undefined, member: "echo-bool" }],
    ["[constructor]fields", { kind: "constructor", resource: "fields", member: "fields" }],
    ["[method]input-stream.read", { kind: "method", resource: "input-stream", member: "read" }],
    ["[static]fields.from-list", { kind: "static", resource: "fields", member: "from-list" }],
  ])("%s", (name, parts) => {
    expect(parseFunctionName(name)).toEqual(parts);
  });
});
