import { parse } from "@bytecodealliance/jco";
import { describe, expect, test } from "@jest/globals";
import { type ComponentImports, instantiate, validate } from "../../../../runner/link/library.ts";
import { built, rejection, wat } from "./support.ts";

/** Stands for the WASI that the guest's standard library imports without using it. */
const unused = new Proxy({}, { has: () => true, get: () => class Unused {} });
const wasiImports = (own: ComponentImports = {}): ComponentImports =>
  new Proxy(own, {
    has: (_, key) => key in own || String(key).startsWith("wasi:"),
    get: (_, key) => own[String(key)] ?? unused,
  });

describe("validate()", () => {
  test("takes a component", async () => {
    expect(await validate(built("echo"))).toBe(true);
  });
  test("refuses a core module, text and a cut component", async () => {
    const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(await validate(module)).toBe(false);
    expect(await validate(Buffer.from("hello"))).toBe(false);
    expect(await validate(built("echo").subarray(0, 5000))).toBe(false);
  });
});

describe("instantiate()", () => {
  // biome-ignore lint/suspicious/noExplicitAny: exports of a component are typed by its WIT
  const echoExports = async (): Promise<any> => (await instantiate(built("echo"), wasiImports()))["tenon:test/echo"];

  test("gives interfaces with functions in camelCase", async () => {
    const echo = await echoExports();
    const person = { name: "Ada", mail: "ada@example.com", note: "" };
    expect(await echo.echoPerson(person)).toEqual(person);
  });
  test("rejects with a ComponentError for an err", async () => {
    const echo = await echoExports();
    const error = await rejection(echo.echoOutcome({ tag: "err", val: "bad" }));
    expect(error).toMatchObject({ name: "ComponentError", payload: "bad", message: "bad" });
    expect(await echo.echoOutcome({ tag: "ok", val: 4 })).toBe(4);
  });
  test("rejects with an AbiError for a wrong value, which harms nothing", async () => {
    const echo = await echoExports();
    const error = await rejection(echo.echoPerson({ name: "Ada", mail: 12, note: "" }));
    expect(error).toMatchObject({ name: "AbiError", message: "value.mail: expected a string, found 12" });
    expect(await echo.echoU8(7)).toBe(7);
  });
  test("gives resources as classes that can be disposed of", async () => {
    const echo = await echoExports();
    const counter = new echo.Counter(3);
    expect(counter).toBeInstanceOf(echo.Counter);
    expect(await counter.add(4)).toBe(7);
    expect(await echo.borrowValue(counter)).toBe(7);
    const parsed = await echo.Counter.parse("12");
    expect(parsed).toBeInstanceOf(echo.Counter);
    expect(await parsed.value()).toBe(12);
    expect(await rejection(echo.Counter.parse("x"))).toMatchObject({ name: "ComponentError" });
    expect(await echo.live()).toBe(2);
    counter[Symbol.dispose]();
    counter[Symbol.dispose]();
    expect(await echo.live()).toBe(1);
    expect(await rejection(echo.borrowValue(counter))).toMatchObject({ name: "AbiError" });
  });

  const calls = (plain: (x: number) => unknown, wait = plain) => ({ "test:host/calls": { plain, wait } });
  test("calls functions of the caller, also asynchronous ones", async () => {
    const exports = await instantiate(
      await wat("traps"),
      calls(
        (x) => x + 1,
        async (x) => x * 2,
      ),
    );
    const { plain, wait } = exports as Record<string, (x: number) => Promise<number>>;
    expect(await plain!(5)).toBe(6);
    expect(await wait!(5)).toBe(10);
  });
  test("rejects with the trap, and with the same one ever after", async () => {
    const exports = (await instantiate(
      await wat("traps"),
      calls(() => 0),
    )) as Record<string, () => Promise<unknown>>;
    const trap = await rejection(exports["unreachable"]!());
    expect(trap).toMatchObject({ name: "Trap", reason: "unreachable" });
    expect(await rejection(exports["count"]!())).toBe(trap);
  });
  test("rejects for an import that is not given, naming it", async () => {
    const error = await rejection(instantiate(await wat("traps"), { "test:host/calls": { plain: () => 0 } }));
    expect(error).toMatchObject({ name: "LinkError", code: "missing-imports" });
    expect(error.message).toBe('Cannot link the component: no host serves "test:host/calls#wait"');
  });
  test("does not take what every object has for an import, only what is given", async () => {
    const bytes = await parse(`(component (import "value-of" (func $f (result u32)))
      (core func $l (canon lower (func $f)))
      (core module $m (import "x" "f" (func $f (result i32))) (func (export "go") (result i32) (call $f)))
      (core instance $i (instantiate $m (with "x" (instance (export "f" (func $l))))))
      (func (export "go") (result u32) (canon lift (core func $i "go"))))`);
    expect(await rejection(instantiate(bytes, {}))).toMatchObject({ name: "LinkError", code: "missing-imports" });
    const given = (await instantiate(bytes, { valueOf: () => 5 })) as Record<string, () => Promise<unknown>>;
    expect(await given["go"]!()).toBe(5);
    const inherited: ComponentImports = Object.create({ valueOf: () => 6 });
    const fromClass = (await instantiate(bytes, inherited)) as typeof given;
    expect(await fromClass["go"]!()).toBe(6);
  });
  test("takes resource classes, and refuses objects of other ones", async () => {
    class Apple {}
    class Pear {}
    const eaten: unknown[] = [];
    const fruit = {
      Apple,
      Pear,
      makeApple: () => new Apple(),
      makePear: () => new Pear(),
      weigh: () => 5,
      eat: (it: unknown) => eaten.push(it),
    };
    const make = async (own: object) =>
      (await instantiate(await wat("fruit"), { "test:host/fruit": own })) as Record<string, () => Promise<unknown>>;
    const exports = await make(fruit);
    expect(await exports["weighAndDrop"]!()).toBe(5);
    expect(await exports["giveBack"]!()).toBe(1);
    expect(eaten[0]).toBeInstanceOf(Apple);
    expect(await rejection(exports["weighAPear"]!())).toMatchObject({ name: "Trap" });
    const liar = await make({ ...fruit, makeApple: () => new Pear() });
    expect((await rejection(liar["giveBack"]!())).message).toMatch(/result: expected an object of the class Apple/);
  });
  test("bounds the memory where asked to", async () => {
    const imports = calls(() => 0);
    const small = await instantiate(await wat("traps"), imports, { memoryBytes: 2 * 65536 });
    const large = await instantiate(await wat("traps"), imports);
    const grow = (exports: object) => (exports as Record<string, (n: number) => Promise<unknown>>)["grow"]!(5);
    expect([await grow(small), await grow(large)]).toEqual([-1, 1]);
  });
});
