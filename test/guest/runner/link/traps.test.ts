import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { HostError, Trap } from "../../../../runner/host/host.ts";
import type { Linked, Linker, LinkOptions } from "../../../../runner/link/linked.ts";
import { type Flat, flattener, host, linkWithStubs, rejection, wat } from "./support.ts";

const { composer, flatten } = flattener();
let flat: Flat;
beforeAll(async () => {
  flat = await flatten(await wat("traps"));
}, 60_000);
afterAll(() => composer.close());

/** What the host's functions do for one argument each. */
const behaviour: Readonly<Record<number, () => unknown>> = {
  1: () => 11,
  2: () => {
    throw new Trap("the host says no");
  },
  3: () => {
    throw new TypeError("a mistake");
  },
  4: () => {
    throw new HostError("no result to put it in");
  },
  5: () => Promise.resolve(55),
  6: () => Promise.reject(new Trap("too late")),
  7: () => "not a number",
};
const calls = host("test:host/calls", {
  plain: { kind: "typed", call: (x: number) => behaviour[x]?.() ?? x },
  wait: { kind: "typed", blocking: true, call: (x: number) => behaviour[x]?.() ?? x },
});
function linker(options: Partial<LinkOptions> = {}): Linker {
  return linkWithStubs(flat, { hosts: [calls], ...options });
}
function fresh(options: Partial<LinkOptions> = {}): Linked {
  return linker(options).instantiate();
}
function run(linked: Linked, name: string, ...args: unknown[]): Promise<unknown> {
  return linked.func("", name)!.call(...args);
}

describe("a trap", () => {
  test.each([
    ["unreachable", [], /^unreachable/],
    ["load", [], /^memory access out of bounds/],
    ["divide", [0], /^divide by zero/],
    ["overflow", [], /^stack overflow/],
    ["plain", [2], /^the host says no/],
    ["plain", [3], /^a host function failed: a mistake/],
    ["plain", [4], /^a host function failed/],
    ["plain", [5], /^a host function failed: a host function that is not blocking gave a promise/],
    ["plain", [7], /^a host function failed: result: expected a u32/],
    ["wait", [2], /^the host says no/],
    ["wait", [6], /^too late/],
    ["swallow", [2], /^the host says no/],
    ["swallow", [3], /^a host function failed: a mistake/],
    ["swallow-wait", [6], /^too late/],
    ["bad-utf8", [], /^a string is not valid UTF-8/],
    ["far-string", [], /^pointer out of bounds/],
    ["odd-list", [], /^pointer not aligned to 4/],
    ["odd-result", [], /^pointer not aligned to 4/],
    ["bad-char", [], /^invalid character: 55296/],
    ["bad-case", [], /^invalid discriminant: 3 of 3 cases/],
    ["take-text", ["abc"], /^cannot leave component instance/],
    ["leave-late", [], /^cannot leave component instance/],
  ])("%s(%p) rejects and poisons the instance", async (name, args, message) => {
    const linked = fresh();
    const error = await rejection(run(linked, name, ...args));
    expect(error).toBeInstanceOf(Trap);
    expect(error.message).toMatch(message);
    expect(linked.trap).toBe(error);
    expect(await rejection(run(linked, "count"))).toBe(error);
    expect(linked.reset()).toBe(false);
  });

  test("keeps what a host function threw as its cause", async () => {
    const error = await rejection(run(fresh(), "plain", 3));
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test("leaves other instances alone", async () => {
    const made = linker();
    const [one, two] = [made.instantiate(), made.instantiate()];
    await rejection(run(one, "unreachable"));
    expect(await run(two, "count")).toBe(1001);
  });
});

describe("a blocking host function", () => {
  test("that is ready costs no suspension, and one that waits gives its value", async () => {
    const linked = fresh();
    expect(await run(linked, "wait", 1)).toBe(11);
    expect(await run(linked, "wait", 5)).toBe(55);
    expect(await run(linked, "wait", 1)).toBe(11);
  });

  test("leaves the instance closed to a second call while it waits", async () => {
    const linked = fresh();
    const first = run(linked, "wait", 5);
    expect(await rejection(run(linked, "count"))).toMatchObject({ name: "LinkError", code: "busy" });
    expect(await first).toBe(55);
    expect(await run(linked, "count")).toBe(1001);
  });

  test("lets other instances run while it waits", async () => {
    const made = linker();
    const waiting = Array.from({ length: 20 }, () => run(made.instantiate(), "wait", 5));
    expect(await run(made.instantiate(), "count")).toBe(1001);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => 55));
  });
});

describe("abandon()", () => {
  test("ends a suspended call with its reason and poisons the instance", async () => {
    const never = host("test:host/calls", {
      plain: { kind: "typed", call: (x: number) => x },
      wait: { kind: "typed", blocking: true, call: () => new Promise(() => {}) },
    });
    const linked = fresh({ hosts: [never] });
    const call = run(linked, "wait", 1);
    linked.abandon("the client has left");
    expect((await rejection(call)).message).toMatch(/^the client has left/);
    expect(linked.trap?.message).toMatch(/^the client has left/);
  });
});

describe("a deadline", () => {
  /** A flag that is always up, as after the watchdog's tick. */
  function raised(): WebAssembly.Memory {
    const epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    Atomics.store(new Int32Array(epoch.buffer), 0, 1);
    return epoch;
  }

  test.each(["spin", "spin-after-wait"])("ends %s()", async (name) => {
    const linked = fresh({ epoch: raised() });
    linked.deadline = 0;
    const error = await rejection(run(linked, name));
    expect(error.message).toMatch(/^deadline exceeded/);
    expect(linked.trap).toBe(error);
  });

  test("that is not reached ends nothing, and takes the flag down", async () => {
    const epoch = raised();
    const linked = fresh({ epoch });
    linked.deadline = performance.now() + 60_000;
    expect(await run(linked, "plain", 1)).toBe(11);
    expect(await rejection(run(fresh({ epoch: raised() }), "unreachable"))).toBeInstanceOf(Trap);
  });
});

describe("the memory limit", () => {
  const page = 65536;
  test("bounds what a guest may grow to", async () => {
    const linked = fresh({ memoryBytes: 3 * page });
    expect(await run(linked, "grow", 2)).toBe(1);
    expect(await run(linked, "grow", 1)).toBe(-1);
    expect(linked.memoryBytes()).toBe(3 * page);
  });
  test("lets a guest grow below it", async () => {
    const linked = fresh({ memoryBytes: 10 * page });
    expect(await run(linked, "grow", 5)).toBe(1);
  });
  test("refuses a module that starts above it, with the numbers", () => {
    expect(() => fresh({ memoryBytes: page - 1 })).toThrow(
      "Cannot link the component: its memory starts with 65536 bytes, the limit is 65535",
    );
  });
});

describe("reset()", () => {
  test("brings memories and globals back", async () => {
    const linked = fresh();
    expect(await run(linked, "count")).toBe(1001);
    linked.snapshot();
    expect(await run(linked, "count")).toBe(2002);
    expect(await run(linked, "count")).toBe(3003);
    expect(linked.reset()).toBe(true);
    expect(await run(linked, "count")).toBe(2002);
  });
  test("is refused when a memory has grown, and without a snapshot", async () => {
    const linked = fresh();
    expect(linked.reset()).toBe(false);
    linked.snapshot();
    await run(linked, "grow", 1);
    expect(linked.reset()).toBe(false);
  });
});
