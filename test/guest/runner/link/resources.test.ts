import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type HostInterface, stateless } from "../../../../runner/host/host.ts";
import { link } from "../../../../runner/link/link.ts";
import { built, type Flat, flattener, hostInstance, linkWithStubs, rejection, wat } from "./support.ts";

const { composer, flatten } = flattener();
let between: Flat;
let echo: Flat;
beforeAll(async () => {
  between = await flatten(await wat("resources"));
  echo = await flatten(built("echo"));
}, 60_000);
afterAll(() => composer.close());

describe("resources between components", () => {
  function run(kind: number): Promise<unknown> {
    return linkWithStubs(between).instantiate().func("", "run")!.call(kind);
  }
  test("are lent, dropped and destroyed once", async () => {
    expect(await run(0)).toBe(1007);
  });
  test("that were given away are destroyed by their new owner", async () => {
    expect(await run(4)).toBe(1000);
  });
  test.each([
    [1, /borrowed handles were not dropped before the call ended/],
    [2, /^unknown handle: 99/],
    [3, /^unknown handle: 1/],
    [5, /^unknown handle: 1/],
  ])("case %i traps", async (kind, message) => {
    expect((await rejection(run(kind))).message).toMatch(message);
  });
  test("leave no handle behind", async () => {
    const f = linkWithStubs(between).instantiate().func("", "run")!;
    for (let i = 0; i < 1000; i++) await f.call(0);
    expect(f.guest.add({})).toBe(1);
  });
});

describe("a guest's resource in the host's hands", () => {
  const name = "tenon:test/echo";
  test("goes in and out, and is refused after it was given away", async () => {
    const linked = linkWithStubs(echo).instantiate();
    const call = (member: string, ...args: unknown[]) => linked.func(name, member)!.call(...args);
    const counter = await call("[constructor]counter", 5);
    expect(await call("[method]counter.add", counter, 3)).toBe(8);
    const back = await call("echo-own", counter);
    expect(await call("borrow-value", back)).toBe(8);
    expect(await call("borrow-sum", [back, back])).toBe(16);
    expect((await rejection(call("borrow-value", counter))).message).toMatch(
      /^value: expected a resource that is still owned/,
    );
    expect((await rejection(call("borrow-value", {}))).message).toMatch(/^value: expected a resource of this instance/);
    expect(await call("live")).toBe(1);
    expect(linked.trap).toBeUndefined();
  });
});

describe("a host's resources", () => {
  class Apple {
    dropped = 0;
    [Symbol.dispose](): void {
      this.dropped++;
    }
  }
  class WaxApple extends Apple {
    readonly [stateless] = true;
  }
  class Pear {}
  let fruit: Flat;
  beforeAll(async () => {
    fruit = await flatten(await wat("fruit"));
  });

  function linked(apple: Apple) {
    const fruits: HostInterface = {
      name: "test:host/fruit",
      speaks: () => true,
      resources: { apple: Apple, pear: Pear },
      bind: (guest) => ({
        "make-apple": { kind: "typed", call: () => apple },
        "make-pear": { kind: "core", call: () => guest.add(new Pear()) },
        weigh: { kind: "typed", call: (it: unknown) => (it === apple ? 100 : 1) },
        eat: { kind: "core", call: (handle: number) => (guest.take(handle, Apple) === apple ? 1 : 0) },
      }),
    };
    return link(fruit.plan, fruit.modules, { hosts: [fruits], hostInstance, memoryBytes: 1 << 20 }).instantiate();
  }

  test("are borrowed, dropped and disposed of once", async () => {
    const apple = new Apple();
    expect(await linked(apple).func("", "weigh-and-drop")!.call()).toBe(100);
    expect(apple.dropped).toBe(1);
  });
  test("that the host takes back are not disposed of", async () => {
    const apple = new Apple();
    expect(await linked(apple).func("", "give-back")!.call()).toBe(1);
    expect(apple.dropped).toBe(0);
  });
  test.each([
    ["weigh-a-pear", /^handle of another resource type/],
    ["drop-a-pear-as-an-apple", /^handle of another resource type/],
    ["eat-a-pear", /^handle of another resource type/],
    ["drop-twice", /^unknown handle/],
    ["weigh-zero", /^unknown handle: 0/],
  ])("%s traps", async (name, message) => {
    expect((await rejection(linked(new Apple()).func("", name)!.call())).message).toMatch(message);
  });
  test("made after the snapshot are disposed of by reset()", async () => {
    const apple = new Apple();
    const instance = linked(apple);
    instance.snapshot();
    await instance.func("", "keep")!.call();
    expect(apple.dropped).toBe(0);
    expect(instance.reset()).toBe(true);
    expect(apple.dropped).toBe(1);
  });
  test("of the snapshot stay, and reset() is refused once they are gone", async () => {
    const apple = new WaxApple();
    const instance = linked(apple);
    await instance.func("", "keep")!.call();
    instance.snapshot();
    expect(instance.reset()).toBe(true);
    expect(apple.dropped).toBe(0);
    await instance.func("", "drop-first")!.call();
    expect(apple.dropped).toBe(1);
    expect(instance.reset()).toBe(false);
  });
  test("of the snapshot cannot be put back where their class does not say that they have no state", async () => {
    const apple = new Apple();
    const instance = linked(apple);
    await instance.func("", "keep")!.call();
    instance.snapshot();
    expect(instance.reset()).toBe(false);
    expect(apple.dropped).toBe(0);
  });
});
