import { print } from "@bytecodealliance/jco";
import { afterAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import { guest, moduleComponent, wat } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const composer = startComposer();
afterAll(() => composer.close());

/** The rewritten form of the one core module of a component, with what the plan says about it. */
async function rewritten(module: string, deadlines = true) {
  const { plan, modules } = await composer.flatten(await wat(moduleComponent(module)), { deadlines });
  return { about: plan.modules[0]!, bytes: new Uint8Array(modules[0]!) };
}

const epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const raise = (value: number) => Atomics.store(new Int32Array(epoch.buffer), 0, value);
beforeEach(() => {
  raise(0);
});

/** Instantiates with an epoch; `deadline` throws from the nth call on. */
async function start(module: string, options: { throwAt?: number; imports?: WebAssembly.Imports } = {}) {
  const { about, bytes } = await rewritten(module);
  const state = { checks: 0 };
  const deadline = () => {
    state.checks++;
    if (state.checks >= (options.throwAt ?? 1)) throw new RangeError("over");
  };
  const memories = about.memories.map((memory, nth) => [
    `memory${nth}`,
    new WebAssembly.Memory({ initial: memory.minimum }),
  ]);
  const tenon = { epoch, deadline, ...Object.fromEntries(memories) };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { ...options.imports, tenon });
  return { state, memories, exports: instance.exports as Record<string, (...args: unknown[]) => unknown> };
}

describe("flatten() with deadlines stops", () => {
  test.each([
    ["an empty loop", '(func (export "f") (loop (br 0)))'],
    ["a loop that stores", '(memory 1) (func (export "f") (loop (i32.store (i32.const 0) (i32.const 1)) (br 0)))'],
    ["tail recursion", '(func $f (export "f") (return_call $f))'],
    [
      "recursion in two directions",
      `(func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
       (func (export "f") (call $f (i32.const 60)))`,
    ],
    [
      "indirect recursion",
      `(table 1 funcref) (elem (i32.const 0) $f) (type $t (func))
       (func $f (export "f") (return_call_indirect (type $t) (i32.const 0)))`,
    ],
    [
      "a loop under many locals",
      '(func $g (param i64 f32) (local i32 f64 i32) (loop (br 0))) (func (export "f") (call $g (i64.const 1) (f32.const 2)))',
    ],
  ])("%s", async (_what, module) => {
    const { exports } = await start(module);
    raise(1);
    expect(() => exports["f"]!()).toThrow("over");
  });

  test("a loop of bulk instructions at the first that comes after the deadline", async () => {
    const fill = "(memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))";
    const { exports, state } = await start(`(memory 1) (func (export "f") ${fill} ${fill} ${fill})`, { throwAt: 2 });
    raise(1);
    expect(() => exports["f"]!()).toThrow("over");
    expect(state.checks).toBe(2);
  });

  test("a start function that loops", async () => {
    raise(1);
    await expect(start("(func $f (loop (br 0))) (start $f)")).rejects.toThrow("over");
  });
});

describe("flatten() with deadlines", () => {
  test("looks once in 256 turns of a loop, and goes on when the time is not over", async () => {
    const count = `(func (export "f") (result i32) (local i32)
      (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1024))))
      (local.get 0))`;
    const { exports, state } = await start(count, { throwAt: 100 });
    raise(1);
    expect(exports["f"]!()).toBe(1024);
    expect(state.checks).toBe(4);
  });

  test("never looks in a function without loops, calls and bulk instructions", async () => {
    const { exports, state } = await start(`(func (export "f") (result i32) (i32.const 42))`);
    raise(1);
    expect(exports["f"]!()).toBe(42);
    expect(state.checks).toBe(0);
  });

  test("keeps calls, tables, element segments and start pointing at the same functions", async () => {
    const module = `
      (import "host" "add" (func $add (param i32 i32) (result i32)))
      (table 2 funcref) (elem (i32.const 0) $one $two) (type $t (func (result i32)))
      (global $ref funcref (ref.func $two))
      (global $started (mut i32) (i32.const 0))
      (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
      (func $go (global.set $started (i32.const 4)))
      (start $go)
      (func (export "f") (result i32)
        (call $add (call_indirect (type $t) (i32.const 1)) (call $add (call $one) (global.get $started))))
      (func (export "g") (result funcref) (global.get $ref))`;
    const component = `(component (core module $h (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
      (core instance $h (instantiate $h)) (core module $m ${module}) (core instance (instantiate $m (with "host" (instance $h)))))`;
    const { plan, modules } = await composer.flatten(await wat(component), { deadlines: true });
    const index = plan.modules.findIndex(({ tables }) => tables.length > 0);
    const add = (a: number, b: number) => a + b;
    const compiled = new WebAssembly.Module(new Uint8Array(modules[index]!));
    const { exports } = new WebAssembly.Instance(compiled, { host: { add }, tenon: { epoch, deadline() {} } });
    const { f, g } = exports as Record<string, () => unknown>;
    expect(f!()).toBe(7);
    expect((g!() as () => number)()).toBe(2);
  });

  test("marks every check as unlikely", async () => {
    const { bytes } = await rewritten(`(memory 1) (func $g) (func (export "f") (call $g) (loop (br 0)))`);
    const text = await print(bytes);
    expect(text.match(/metadata\.code\.branch_hint "\\00"/g)?.length).toBe(3);
  });

  test("keeps function names for traps, and drops what holds offsets into code", async () => {
    const module = `(func $inner unreachable) (func $outer (export "f") (call $inner)) (@custom ".debug_info" "x") (@custom "mine" "y")`;
    const { exports } = await start(module);
    expect(() => exports["f"]!()).toThrow(
      expect.objectContaining({ stack: expect.stringMatching(/inner[\s\S]*outer/) }),
    );
    const { bytes } = await rewritten(module);
    const compiled = new WebAssembly.Module(bytes);
    expect(WebAssembly.Module.customSections(compiled, "name")).toHaveLength(1);
    expect(WebAssembly.Module.customSections(compiled, ".debug_info")).toHaveLength(0);
  });

  test("keeps a try_table, a tail call, SIMD and several memories working", async () => {
    const module = `(memory 1) (memory 1) (tag $t (param i32))
      (func $throw (param i32) (throw $t (local.get 0)))
      (func (export "f") (result i32)
        (i32.store 1 (i32.const 8) (i32.const 5))
        (v128.store (i32.const 0) (v128.const i32x4 1 2 3 4))
        (block $caught (result i32)
          (try_table (catch $t $caught) (call $throw (i32.const 30)))
          (i32.const 0))
        (i32.add (i32.load 1 (i32.const 8)))
        (i32.add (i32.load (i32.const 12))))`;
    const { exports } = await start(module);
    expect(exports["f"]!()).toBe(39);
  });

  test("adds neither imports nor checks to a module without functions", async () => {
    const { about } = await rewritten("(memory 2 3)");
    expect(about).toMatchObject({ deadlines: false, memories: [{ minimum: 2, maximum: 3 }] });
  });
});

describe("flatten() without deadlines", () => {
  test("imports no epoch, and keeps the code as it is", async () => {
    const { about, bytes } = await rewritten(`(func (export "f") (loop (br 0)))`, false);
    expect(about.deadlines).toBe(false);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([]);
    expect(await print(bytes)).not.toContain("atomic");
  });

  test("still imports memories and exports state", async () => {
    const { about } = await rewritten("(memory 1) (global (mut i32) (i32.const 0)) (func)", false);
    expect(about).toMatchObject({ memories: [{ minimum: 1 }], globals: ["tenon:global0"] });
  });
});

describe("flatten() for snapshots", () => {
  test("exports mutable globals and tables by index, whatever exports the module has", async () => {
    const module = `(global i32 (i32.const 1)) (global $m (mut i64) (i64.const 5)) (table 1 funcref) (table 1 externref)
      (func (export "f") (global.set $m (i64.const 6)))`;
    const { about, bytes } = await rewritten(module);
    expect(about).toMatchObject({
      globals: ["tenon:global1"],
      tables: ["tenon:table0", "tenon:table1"],
      notResettable: null,
    });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { tenon: { epoch, deadline() {} } });
    const global = exports["tenon:global1"] as WebAssembly.Global;
    expect(global.value).toBe(5n);
    (exports["f"] as () => void)();
    expect(global.value).toBe(6n);
  });

  test.each([
    ["drops a data segment", `(memory 1) (data $d "x") (func (data.drop $d))`, /segments/],
    ["drops an element segment", `(elem $e func $f) (func $f (elem.drop $e))`, /segments/],
    ["has objects", `(type (struct (field i32)))`, /garbage-collected/],
    ["has a mutable global of type v128", `(global (mut v128) (v128.const i64x2 0 0))`, /v128/],
    ["keeps exceptions", `(global (mut exnref) (ref.null exn))`, /references/],
  ])("says why when a module %s", async (_what, module, reason) => {
    const { about } = await rewritten(module);
    expect(about.notResettable).toMatch(reason);
  });

  test("finds nothing against a module that only initializes from a segment", async () => {
    const { about } = await rewritten(
      `(memory 1) (data $d "x") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))`,
    );
    expect(about.notResettable).toBeNull();
  });

  test("can reset every module of the committed guests", async () => {
    for (const name of ["hello", "echo", "cli", "cpu"]) {
      const { plan } = await composer.flatten(guest(name), { deadlines: true });
      expect(plan.modules.map(({ notResettable }) => notResettable)).toEqual(plan.modules.map(() => null));
    }
  });
});
