import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { built, type Flat, flattener, linkWithStubs } from "./support.ts";

const { composer, flatten } = flattener();
let pair: Flat;
beforeAll(async () => {
  const bytes = await composer.compose([built("edge-caller"), built("edge-callee")], {
    instances: [
      { name: "caller", component: 0 },
      { name: "callee", component: 1 },
    ],
    edges: [
      {
        from: { instance: "caller", item: "tenon:test/callee" },
        to: { instance: "callee", item: "tenon:test/callee" },
      },
    ],
    exports: [{ name: "tenon:test/caller", instance: "caller", item: "tenon:test/caller" }],
  });
  pair = await flatten(bytes);
}, 60_000);
afterAll(() => composer.close());

describe("edges", () => {
  test("are named by their instances, interface and function", () => {
    const { edges } = linkWithStubs(pair);
    expect(edges).toHaveLength(2);
    for (const name of ["measure", "weigh"])
      expect(edges).toContainEqual({
        from: ["caller"],
        to: ["callee"],
        interface: "tenon:test/callee",
        function: name,
      });
  });
  test("work without probes", async () => {
    const linked = linkWithStubs(pair).instantiate();
    expect(await linked.func("tenon:test/caller", "records")!.call(3)).toBeGreaterThan(0n);
  });
  test.each([false, true])("count their calls in probes, shared memory: %p", async (shared) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
    const linker = linkWithStubs(pair, { probes: { memory } });
    const plain = linkWithStubs(pair).instantiate();
    const [one, two] = [linker.instantiate(), linker.instantiate()];
    const name = "tenon:test/caller";
    expect(await one.func(name, "records")!.call(5)).toBe(await plain.func(name, "records")!.call(5));
    await two.func(name, "records")!.call(2);
    await one.func(name, "bytes")!.call(4);
    const counters = new BigUint64Array(memory.buffer);
    const of = (fn: string) => {
      const edge = linker.edges.findIndex((one) => one.function === fn);
      return [counters[2 * edge], counters[2 * edge + 1]];
    };
    expect(of("weigh")).toEqual([7n, 7n]);
    expect(of("measure")).toEqual([4n, 4n]);
  });
  test("that do not fit the counters' memory are refused", () => {
    const memory = new WebAssembly.Memory({ initial: 0 });
    expect(() => linkWithStubs(pair, { probes: { memory } })).toThrow("2 edges need 32 bytes, it has 0");
  });
});
