import { parse } from "@bytecodealliance/jco";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { makeAttribution, parseFrames } from "../../../../runner/link/attribute.ts";
import type { FoundEdge } from "../../../../runner/link/edges.ts";
import { readNames } from "../../../../runner/link/names.ts";
import type { Plan } from "../../../../runner/link/plan.ts";

let shop: WebAssembly.Module;
let log: WebAssembly.Module;
let bare: WebAssembly.Module;
beforeAll(async () => {
  const compile = async (wat: string) => new WebAssembly.Module((await parse(wat)) as Uint8Array<ArrayBuffer>);
  shop = await compile("(module $shop.wasm (func $first) (func $buy (param i32)))");
  log = await compile("(module $log.wasm (func $write) (func))");
  bare = await compile("(module (func))");
});

/** Instances: 1 `cart` and 2 `till` of the shop, 3 `log`; 4 runs the module without names. */
function attribution(edges: readonly (readonly [string, string])[] = []) {
  const step = (module: number, componentInstance: number) => ({
    op: "instantiate",
    module,
    componentInstance,
    args: [],
  });
  const plan = {
    modules: [{ adapter: false }, { adapter: false }, { adapter: false }],
    componentInstances: [[], ["cart"], ["till"], ["log"], ["bare"]].map((path) => ({ path, component: null })),
    steps: [step(0, 1), step(0, 2), step(1, 3), step(2, 4)],
  } as unknown as Plan;
  const found = edges.map(([from, to]) => ({ edge: { from: [from], to: [to] } }) as unknown as FoundEdge);
  return makeAttribution(plan, [shop, log, bare], found);
}
const shims = "    at tenon-shims (wasm://wasm/tenon-shims-04a1064a:wasm-function[62]:0x797)";
const inLog = "    at log.wasm.write (wasm://wasm/log.wasm-00056726:wasm-function[0]:0x277d)";
const inShop = "    at shop.wasm.buy (wasm://wasm/shop.wasm-abcdef01:wasm-function[1]:0x27)";
const noName = "    at wasm://wasm/7a932cc6:wasm-function[0]:0x14f";
const stack = (...lines: string[]) => ["RuntimeError: unreachable", ...lines, "    at f (file:///x.ts:1:1)"].join("\n");

describe("readNames()", () => {
  test("gives the module's name and its functions'", () => {
    expect(readNames(shop)).toEqual({
      module: "shop.wasm",
      functions: new Map([
        [0, "first"],
        [1, "buy"],
      ]),
    });
  });
  test("gives none where there are none, or where the section is broken", () => {
    expect(readNames(bare)).toEqual({ module: undefined, functions: new Map() });
    const broken = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 8, 4, 110, 97, 109, 101, 1, 9, 1];
    expect(readNames(new WebAssembly.Module(Uint8Array.from(broken)))).toEqual({
      module: undefined,
      functions: new Map(),
    });
  });
});

describe("parseFrames()", () => {
  test("reads wasm frames, with and without names, and leaves our own out", () => {
    expect(parseFrames(stack(shims, inLog, noName))).toEqual([
      { url: "log.wasm-00056726", index: 0, name: "log.wasm.write" },
      { url: "7a932cc6", index: 0, name: undefined },
    ]);
  });
});

describe("place()", () => {
  test("finds the only instance of a module, and the function", () => {
    expect(attribution().place(stack(shims, inLog, inShop), 1, undefined)).toEqual({
      path: ["log"],
      function: "write",
    });
  });
  test("finds a module without names", () => {
    expect(attribution().place(stack(noName), undefined, undefined)).toEqual({
      path: ["bare"],
      function: "function[0]",
    });
  });
  test("trusts the caller of a host function", () => {
    expect(attribution().place(stack(inShop), undefined, 2)).toEqual({ path: ["till"], function: "buy" });
  });
  test("takes the called instance where several run the module and nothing stands between", () => {
    expect(attribution().place(stack(inShop), 2, undefined)).toEqual({ path: ["till"], function: "buy" });
  });
  test("follows the edge of the caller where several run the module", () => {
    const place = attribution([["log", "till"]]).place(stack(inShop, inLog), 3, undefined);
    expect(place).toEqual({ path: ["till"], function: "buy" });
  });
  test("says nothing of the instance where it can't be told", () => {
    expect(attribution().place(stack(inShop, inLog), 3, undefined)).toEqual({ function: "buy" });
  });
  test("names the called instance where the stack says nothing", () => {
    expect(attribution().place("", 1, undefined)).toEqual({ path: ["cart"] });
  });
});
