import { print } from "@bytecodealliance/jco";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { startComposer } from "../../../composer/index.ts";
import { link } from "../../../runner/link/link.ts";
import { echoComponent, guest, moduleComponent, relayComponent, wat } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const composer = startComposer();
afterAll(() => composer.close());

const relayed = async (element: string) =>
  composer.compose([await wat(relayComponent(element)), await wat(echoComponent(element))], {
    instances: [
      { name: "front", component: 0 },
      { name: "back", component: 1 },
    ],
    edges: [{ from: { instance: "front", item: "t:lists/echo" }, to: { instance: "back", item: "t:lists/echo" } }],
    exports: [{ name: "t:lists/relay", instance: "front", item: "t:lists/relay" }],
  });

describe("flatten()", () => {
  test.each([
    ["u8", Uint8Array.of(1, 2, 255)],
    ["u16", Uint16Array.of(1, 2, 65_535)],
    ["u32", Uint32Array.of(1, 2, 2 ** 32 - 1)],
    ["u64", BigUint64Array.of(1n, 2n ** 64n - 1n)],
    ["f32", Float32Array.of(0.5, Number.NaN)],
    ["f64", Float64Array.of(0.1, -0)],
    ["s16", Int16Array.of(-1, 7)],
  ])("copies a list of %s across an edge in one piece", async (element, value) => {
    const { plan, modules } = await composer.flatten(await relayed(element), { deadlines: true });
    const adapters = modules.filter((_, index) => plan.modules[index]!.adapter);
    const text = (await Promise.all(adapters.map((module) => print(new Uint8Array(module))))).join();
    expect(text).toContain("memory.copy");
    expect(text).not.toMatch(/\bloop\b/);

    const epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const hosts = { hosts: [], hostInstance: () => ({}) as never, memoryBytes: 2 ** 20, epoch };
    const linked = link(
      plan,
      modules.map((module) => new WebAssembly.Module(new Uint8Array(module))),
      hosts,
    ).instantiate();
    const result = (await linked.func("t:lists/relay", "relay")!.call(value)) as Iterable<number | bigint>;
    expect([...result]).toEqual([...value]);
  });

  test("leaves a list that needs a check of each element as a loop", async () => {
    const { plan, modules } = await composer.flatten(await relayed("char"), { deadlines: false });
    const adapter = modules.find((_, index) => plan.modules[index]!.adapter)!;
    expect(await print(new Uint8Array(adapter))).toMatch(/\bloop\b/);
  });

  test("names instances by their paths, in the order of the translator", async () => {
    const { plan } = await composer.flatten(await relayed("u8"), { deadlines: false });
    expect(plan.componentInstances.map(({ path }) => path)).toEqual([[], ["back"], ["front"]]);
  });

  test("gives the same plan and the same modules twice", async () => {
    const bytes = guest("echo");
    const first = await composer.flatten(bytes, { deadlines: true });
    const second = await composer.flatten(bytes, { deadlines: true });
    expect(second.plan).toEqual(first.plan);
    expect(second.modules.map((module) => Buffer.from(module))).toEqual(
      first.modules.map((module) => Buffer.from(module)),
    );
  });

  test("describes every module that it returns, and each of them compiles", async () => {
    const { plan, modules } = await composer.flatten(guest("outgoing"), { deadlines: true });
    expect(plan.modules.map(({ size }) => size)).toEqual(modules.map(({ byteLength }) => byteLength));
    for (const [index, module] of modules.entries()) {
      const compiled = new WebAssembly.Module(new Uint8Array(module));
      const imports = WebAssembly.Module.imports(compiled).filter(({ module: from }) => from === "tenon");
      const { memories, deadlines } = plan.modules[index]!;
      const expected = memories.map((_, nth) => `memory${nth}`).concat(deadlines ? ["deadline", "epoch"] : []);
      expect(imports.map(({ name }) => name)).toEqual(expected);
    }
  });

  test("lists the host's functions and the resources of a guest that uses WASI", async () => {
    const { plan } = await composer.flatten(guest("hello"), { deadlines: false });
    const lowered = plan.steps
      .filter((step) => step.op === "lower")
      .map((step) => `${step.interface}#${step.path.join()}`);
    expect(lowered).toContain("wasi:http/types@0.2.12#[method]outgoing-response.body");
    expect(plan.importedResources).toContainEqual(["wasi:http/types@0.2.12", ["outgoing-body"]]);
    expect(Object.keys(plan.exports)).toEqual(["wasi:http/incoming-handler@0.2.12"]);
    expect(plan.engine).toMatch(/^wasmtime-environ \d/);
  });
});

describe("flatten() refuses", () => {
  const refused = async (text: string) => composer.flatten(await wat(text), { deadlines: true });

  test.each([
    ["a 64-bit memory", moduleComponent("(memory i64 1)")],
    ["a 64-bit table", moduleComponent("(table i64 1 funcref)")],
    ["a shared memory", moduleComponent("(memory 1 1 shared)")],
    ["imported core modules", `(component (import "m" (core module)))`],
    ["imported components", `(component (import "c" (component)))`],
  ])("%s, saying so", async (what, text) => {
    await expect(refused(text)).rejects.toMatchObject({
      code: "unsupported-component",
      stage: "flatten",
      message: expect.stringContaining(what),
    });
  });

  const object = "(type $s (struct)) (type $a (array (mut i8)))";
  test.each([
    ["struct.new", `${object} (func (drop (struct.new $s)))`],
    ["array.new", `${object} (func (loop (drop (array.new_default $a (i32.const 1000))) (br 0)))`],
    ["array.new", `${object} (global (ref $a) (array.new_default $a (i32.const 500_000_000)))`],
    ["array.new", `${object} (table 1 (ref $a) (array.new_fixed $a 0))`],
    ["struct.new", `${object} (elem (ref $s) (item (struct.new $s)))`],
    ["exceptions that hold exceptions", "(tag (param exnref))"],
    ["exceptions that hold exceptions", `(import "a" "t" (tag (param i32 exnref)))`],
  ])("%s, with the module that makes objects: %s", async (madeBy, fields) => {
    const provider = `(core module $t (tag (export "t") (param i32)))`;
    const text = `(component ${provider} (core module $named ${fields}))`;
    await expect(refused(text)).rejects.toMatchObject({
      code: "unsupported-component",
      subject: `${madeBy} in core module 1 \`named\``,
      message: expect.stringContaining("their heap has no limit yet"),
    });
  });

  test("no module for objects that it could not make", async () => {
    const types = "(type $s (struct (field i32))) (type (array i8)) (type $l (func))";
    const tag = "(tag (param i32))";
    const code =
      "(func (param (ref null $s)) (result i32) (struct.get $s 0 (local.get 0))) (func (result i31ref) (ref.i31 (i32.const 1)))";
    await expect(refused(moduleComponent(`${types} ${tag} ${code}`))).resolves.toBeDefined();
  });

  test("an instruction that the runner's engine does not have", async () => {
    const wide = "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))";
    await expect(refused(moduleComponent(wide))).rejects.toMatchObject({
      code: "unsupported-component",
      message: expect.stringContaining("wide arithmetic"),
    });
  });

  const lifted = (options: string, type: string) => `(component
    (core module $m (func (export "[async-lift]t:a/run#go") unreachable) (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func $go ${type} (canon lift (core func $i "[async-lift]t:a/run#go") ${options}))
    (instance $api (export "go" (func $go)))
    (export "t:a/run" (instance $api)))`;

  test("an async lift, naming the function", async () => {
    const text = lifted("async", "async");
    await expect(refused(text)).rejects.toMatchObject({ code: "unsupported-component", subject: "t:a/run#go" });
  });

  test.each(["stream u8", "future string"])("a function that passes a %s, naming it", async (type) => {
    const text = `(component
      (import "t:a/files" (instance $files (type $t (${type})) (export "open" (func (result $t)))))
      (core func $open (canon lower (func $files "open")))
      (core module $m (import "c" "open" (func (result i32))))
      (core instance (instantiate $m (with "c" (instance (export "open" (func $open)))))))`;
    await expect(refused(text)).rejects.toMatchObject({ code: "unsupported-component", subject: "t:a/files#open" });
  });

  test("an async import that is lowered, naming it", async () => {
    const text = `(component
      (import "t:a/clock" (instance $clock (export "wait" (func async))))
      (core func $wait (canon lower (func $clock "wait")))
      (core module $m (import "c" "wait" (func)))
      (core instance (instantiate $m (with "c" (instance (export "wait" (func $wait)))))))`;
    await expect(refused(text)).rejects.toMatchObject({ code: "unsupported-component", subject: "t:a/clock#wait" });
  });

  test.each([
    [
      "imports from",
      `(import "tenon" "memory0" (memory 1))`,
      `(component (core module $m (import "tenon" "memory0" (memory 1)))
      (core module $n (memory (export "memory0") 1)) (core instance $n (instantiate $n))
      (core instance (instantiate $m (with "tenon" (instance $n)))))`,
    ],
    ["exports", "tenon:global0", moduleComponent(`(global (export "tenon:global0") i32 (i32.const 1))`)],
  ])("a core module that %s what is kept for the runner", async (verb, _what, text) => {
    const error = { code: "unsupported-component", message: expect.stringContaining(`${verb} \`tenon\``) };
    await expect(refused(text)).rejects.toMatchObject(error);
  });

  test("a function body that is not valid", async () => {
    const component = await wat(moduleComponent("(func (result i32) i32.const 7)"));
    // i32.const 7 becomes i64.const 7.
    const at = Buffer.from(component).lastIndexOf(Buffer.from([0x41, 0x07]));
    component[at] = 0x42;
    await expect(composer.flatten(component, { deadlines: false })).rejects.toMatchObject({
      code: "invalid-component",
    });
  });

  test("more than 1000 nested modules and components", async () => {
    const text = `(component ${"(core module)".repeat(1001)})`;
    const error = { code: "too-large", message: expect.stringContaining("1000") };
    await expect(refused(text)).rejects.toMatchObject(error);
  });

  test("an instance whose component is imported, since its name is not certain", async () => {
    const text = `(component
      (component $outer
        (import "c" (component $c))
        (instance (instantiate $c)))
      (component $inner (core module $m) (core instance (instantiate $m)))
      (instance (instantiate $outer (with "c" (component $inner)))))`;
    const error = { code: "unsupported-component", message: expect.stringContaining("named safely") };
    await expect(refused(text)).rejects.toMatchObject(error);
  });
});
