import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type HostFunction, Trap } from "../../../../runner/host/host.ts";
import type { LinkOptions } from "../../../../runner/link/linked.ts";
import { type Flat, flattener, host, linkWithStubs, rejection, wat } from "./support.ts";

const { composer, flatten } = flattener();
let waits: Flat;
let starts: Flat;
beforeAll(async () => {
  waits = await flatten(await wat("waits"));
  starts = await flatten(await wat("starts"));
}, 60_000);
afterAll(() => composer.close());

const later = (call: (x: number) => unknown): HostFunction => ({
  kind: "typed",
  blocking: true,
  call: async (x: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    return call(x);
  },
});
function linked(flat: Flat, wait: HostFunction, options: Partial<LinkOptions> = {}) {
  return linkWithStubs(flat, { hosts: [host("test:host/calls", { wait })], ...options }).instantiate();
}
const probes = () => ({ memory: new WebAssembly.Memory({ initial: 1 }) });

describe("a guest that waits", () => {
  test.each([false, true])("is suspended with its caller across an edge, probes: %p", async (probed) => {
    const instance = linked(
      waits,
      later((x) => x + 1),
      probed ? { probes: probes() } : {},
    );
    expect(await instance.func("", "ask")!.call(4)).toBe(5);
  });
  test("may wait in a destructor that another component's drop runs", async () => {
    const instance = linked(
      waits,
      later((x) => x * 10),
    );
    expect(await instance.func("", "drop-one")!.call(7)).toBe(70);
  });
  test("is told apart from its caller when the host fails", async () => {
    const failing = later(() => {
      throw new Trap("no");
    });
    const error = await rejection(linked(waits, failing).func("", "ask")!.call(1));
    expect(error["path"]).toEqual(["far"]);
    expect(error["reason"]).toBe("no");
    expect(error.message).toMatch(/^no in "far"/);
  });
});

describe("a start function", () => {
  test("takes an answer that is ready", async () => {
    const instance = linked(starts, { kind: "typed", blocking: true, call: () => 42 });
    expect(await instance.func("", "answer")!.call()).toBe(42);
  });
  test("traps where it would have to wait", () => {
    expect(() =>
      linked(
        starts,
        later(() => 42),
      ),
    ).toThrow(/^a start function or destructor tried to wait/);
  });
  test("traps where the host does", () => {
    const failing: HostFunction = {
      kind: "typed",
      call: () => {
        throw new Trap("no");
      },
    };
    expect(() => linked(starts, failing)).toThrow(/^no/);
  });
});

describe("hosts", () => {
  test("are bound for the instance that imports them", async () => {
    const asked: string[] = [];
    const interfaceOf = {
      name: "test:host/calls",
      speaks: () => true,
      bind: (_: unknown, { instance }: { instance: string }): Record<string, HostFunction> => ({
        wait: {
          kind: "core",
          call: () => {
            asked.push(instance);
            return 1;
          },
        },
      }),
    };
    const instance = linkWithStubs(waits, { hosts: [interfaceOf] }).instantiate();
    await instance.func("", "ask")!.callCore(1);
    expect(asked).toEqual(["far"]);
  });
  test("that throw while they are bound are named", () => {
    const broken = {
      name: "test:host/calls",
      speaks: () => true,
      bind: (): never => {
        throw new TypeError("no database");
      },
    };
    expect(() => linkWithStubs(waits, { hosts: [broken] })).toThrow(
      'Cannot bind host interface "test:host/calls" for "far": no database',
    );
  });
});
