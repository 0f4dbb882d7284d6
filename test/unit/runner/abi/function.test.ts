import { describe, expect, test } from "@jest/globals";
import fc, { type Arbitrary } from "fast-check";
import type { AbiContext } from "../../../../runner/abi/context.ts";
import { Abi } from "../../../../runner/abi/function.ts";
import { type Encoding, GuestMemory } from "../../../../runner/abi/memory.ts";
import { HostError } from "../../../../runner/host/host.ts";
import type { PlanFunction, PlanType } from "../../../../runner/link/plan.ts";
import { arbitrary } from "./arbitrary.ts";

/** A memory with an allocator that never frees; handles are numbers of a list. */
class TestContext extends GuestMemory implements AbiContext {
  readonly objects: object[] = [{}];
  constructor(encoding: Encoding, pages = 4) {
    super(encoding);
    const memory = new WebAssembly.Memory({ initial: pages });
    let next = 8;
    const realloc = (_: number, __: number, align: number, size: number) => {
      const at = Math.ceil(next / align) * align;
      next = at + size;
      return at;
    };
    this.attach({ memory, realloc });
    this.begin();
  }
  liftOwn = (_: number, handle: number) => this.objects[handle]!;
  liftBorrow = this.liftOwn;
  lowerOwn = (_: number, value: unknown) => this.objects.push(value as object) - 1;
  lowerBorrow = this.lowerOwn;
}

type Tree =
  | { readonly leaf: Extract<PlanType, string> }
  | { readonly kind: string; readonly parts: readonly Tree[]; readonly size: number };
const leaves = fc
  .constantFrom(
    ...([
      "bool",
      "s8",
      "u8",
      "s16",
      "u16",
      "s32",
      "u32",
      "s64",
      "u64",
      "float32",
      "float64",
      "char",
      "string",
    ] as const),
  )
  .map((leaf): Tree => ({ leaf }));
const kinds = ["record", "tuple", "variant", "list", "array", "flags", "enum", "option", "result", "map"];
const trees: Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaves,
    fc.record({
      kind: fc.constantFrom(...kinds),
      parts: fc.array(tie("tree"), { minLength: 1, maxLength: 5 }),
      size: fc.integer({ min: 1, max: 70 }),
    }),
  ),
})).tree;

/** Puts the types of a tree into `types`, parts first; the index of the whole. */
function declare(types: PlanType[], tree: Tree): number {
  if ("leaf" in tree) return types.push(tree.leaf) - 1;
  const parts = tree.parts.map((part) => declare(types, part));
  const [first = 0, second] = parts;
  const names = Array.from({ length: tree.size }, (_, i) => `n${i}-x`);
  const all: Record<string, PlanType> = {
    record: { record: parts.map((part, i) => [`f${i}-y`, part]) },
    tuple: { tuple: parts },
    variant: { variant: parts.map((part, i) => [`c${i}-z`, i % 3 === 2 ? null : part]) },
    list: { list: first },
    array: { array: [first, (tree.size % 6) + 1] },
    flags: { flags: names },
    enum: { enum: names },
    option: { option: first },
    result: { result: [first, second ?? null] },
    map: { map: [types.push("string") - 1, first] },
  };
  return types.push(all[tree.kind]!) - 1;
}
function func(params: readonly number[], results: readonly number[]): PlanFunction {
  return { names: params.map((_, i) => `p${i}`), params, results, async: false };
}
/** Typed arrays as arrays, so that both sides compare. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as never);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return [...value].map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  return value;
}

const cases = trees.chain((tree) => {
  const types: PlanType[] = [];
  const index = declare(types, tree);
  const values = arbitrary(types, index)!;
  return fc.record({ types: fc.constant(types), index: fc.constant(index), value: values });
});

describe.each(["utf8", "utf16", "latin1+utf16"] as const)("with %s strings", (encoding) => {
  test("what is lowered as a parameter is lifted as the same value, for generated types", () => {
    fc.assert(
      fc.property(cases, ({ types, index, value }) => {
        const cx = new TestContext(encoding);
        const abi = new Abi(types);
        const core = abi.forExport(func([index], [])).lowerParams(cx, [value]);
        const [back] = abi.forImport(func([index], [])).liftParams(cx, core);
        expect(plain(back)).toEqual(plain(value));
      }),
      { numRuns: 700, seed: 20261124 },
    );
  });
  test("what is lowered as a result is lifted as the same value, for generated types", () => {
    fc.assert(
      fc.property(cases, ({ types, index, value }) => {
        const type = types[index]!;
        fc.pre(typeof type === "string" || !("result" in type));
        const cx = new TestContext(encoding);
        const abi = new Abi(types);
        const area = cx.allocate(8, 1 << 16);
        const direct = abi.forImport(func([], [index])).lowerResult(cx, value, false, [area]);
        const back = abi.forExport(func([], [index])).liftResult(cx, direct ?? area);
        expect(plain(back)).toEqual(plain(value));
      }),
      { numRuns: 700, seed: 20261124 },
    );
  });
});

describe("a result", () => {
  const types: PlanType[] = ["u32", "string", { result: [0, 1] }];
  const abi = new Abi(types);
  test("that is err is thrown by liftResult() as HostError", () => {
    const cx = new TestContext("utf8");
    const area = cx.allocate(8, 64);
    abi.forImport(func([], [2])).lowerResult(cx, "no", true, [area]);
    let thrown: unknown;
    try {
      abi.forExport(func([], [2])).liftResult(cx, area);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(HostError);
    expect((thrown as HostError).payload).toBe("no");
  });
  test("makes a function one that can fail", () => {
    expect(abi.forImport(func([], [2])).canFail).toBe(true);
    expect(abi.forImport(func([], [0])).canFail).toBe(false);
  });
});

describe("lowerParams() refuses", () => {
  const types: PlanType[] = [
    "string",
    { record: [["email", 0]] },
    { list: 1 },
    "u8",
    "s64",
    "char",
    { flags: ["a-b", "c"] },
    {
      variant: [
        ["one", 3],
        ["two", null],
      ],
    },
    { enum: ["red", "green"] },
    { tuple: [3, 0] },
    { option: 1 },
    "bool",
    "float32",
    { array: [3, 2] },
    { map: [0, 3] },
    { list: 3 },
  ];
  const abi = new Abi(types);
  test.each<[number, unknown, string]>([
    [0, 12, "p0: expected a string, found 12"],
    [0, "\ud800", "p0: expected a string of whole characters, found a lone surrogate"],
    [1, { email: 12 }, "p0.email: expected a string, found 12"],
    [1, null, "p0: expected an object with email, found null"],
    [2, [{ email: "" }, { email: true }], "p0[1].email: expected a string, found true"],
    [2, "text", 'p0: expected an array, found "text"'],
    [3, 256, "p0: expected a u8 (0 to 255), found 256"],
    [3, -1, "p0: expected a u8 (0 to 255), found -1"],
    [3, 1.5, "p0: expected a u8 (0 to 255), found 1.5"],
    [3, Number.NaN, "p0: expected a u8 (0 to 255), found NaN"],
    [
      4,
      2n ** 63n,
      "p0: expected a s64 (bigint, -9223372036854775808 to 9223372036854775807), found 9223372036854775808n",
    ],
    [5, "ab", 'p0: expected one character, found "ab"'],
    [5, "", 'p0: expected one character, found ""'],
    [5, "\udc00", 'p0: expected one character, found "\\udc00"'],
    [6, { aB: 1 }, "p0.aB: expected a boolean, found 1"],
    [6, 3, "p0: expected an object of booleans, found 3"],
    [7, { tag: "three" }, 'p0: expected tag "one" or "two", found "three"'],
    [7, { tag: "one", val: "x" }, 'p0.val: expected a u8 (0 to 255), found "x"'],
    [8, "blue", 'p0: expected "red" or "green", found "blue"'],
    [9, [1], "p0: expected an array of 2, found an array of 1"],
    [9, [1, 2], "p0[1]: expected a string, found 2"],
    [10, { email: 1 }, "p0.email: expected a string, found 1"],
    [11, 1, "p0: expected a boolean, found 1"],
    [12, "1", 'p0: expected a number, found "1"'],
    [13, [1, 2, 3], "p0: expected an array of 2, found an array of 3"],
    [14, { a: 1 }, "p0: expected a Map, found an object"],
    [14, new Map([["k", 300]]), "p0[k]: expected a u8 (0 to 255), found 300"],
    [15, [1, 256], "p0[1]: expected a u8 (0 to 255), found 256"],
  ])("type %i: %p", (index, value, message) => {
    const lower = () => abi.forExport(func([index], [])).lowerParams(new TestContext("utf8"), [value]);
    expect(lower).toThrow(expect.objectContaining({ name: "AbiError", message }));
  });
  test("more arguments than there are parameters", () => {
    const lower = () => abi.forExport(func([3], [])).lowerParams(new TestContext("utf8"), [1, 2]);
    expect(lower).toThrow("expected 1 arguments (p0), found 2");
  });
});

describe("lowerParams()", () => {
  test("writes one pattern for every NaN", () => {
    const types: PlanType[] = ["float32", "float64", { list: 0 }, { list: 1 }];
    const cx = new TestContext("utf8");
    const odd = new Float64Array(new BigUint64Array([0x7ff8_dead_beef_0001n]).buffer)[0]!;
    const core = new Abi(types).forExport(func([2, 3], [])).lowerParams(cx, [[Number.NaN], [odd]]) as number[];
    expect(cx.data.getUint32(core[0]!, true)).toBe(0x7fc00000);
    expect(cx.data.getBigUint64(core[2]!, true)).toBe(0x7ff8_0000_0000_0000n);
  });
  test("takes undefined and null for none, and a safe integer for 64 bits", () => {
    const abi = new Abi(["u64", { option: 0 }]);
    const lower = (value: unknown) => abi.forExport(func([1], [])).lowerParams(new TestContext("utf8"), [value]);
    expect([lower(undefined), lower(null), lower(5)]).toEqual([
      [0, 0n],
      [0, 0n],
      [1, 5n],
    ]);
  });
  test("sends more than sixteen core values through memory", () => {
    const abi = new Abi(["string"]);
    const lower = (count: number) => {
      const strings = Array.from({ length: count }, () => "x");
      return abi
        .forExport(
          func(
            Array.from({ length: count }, () => 0),
            [],
          ),
        )
        .lowerParams(new TestContext("utf8"), strings);
    };
    expect(lower(8)).toHaveLength(16);
    expect(lower(9)).toHaveLength(1);
  });
});

describe("liftParams() traps", () => {
  const types: PlanType[] = [
    "u8",
    { list: 0 },
    "string",
    "u64",
    { list: 3 },
    { enum: ["a", "b"] },
    "char",
    { list: 2 },
  ];
  const abi = new Abi(types);
  test.each<[string, number, (number | bigint)[], RegExp]>([
    ["a list out of bounds", 1, [10, 4 * 65536], /out of bounds/],
    ["a list at the end of the address space", 1, [-1, 2], /out of bounds/],
    ["a length that wraps", 4, [8, 0x2000_0001], /out of bounds/],
    ["a misaligned list", 4, [12, 1], /not aligned to 8/],
    ["a string out of bounds", 2, [4 * 65536, 1], /out of bounds/],
    ["a discriminant too large", 5, [2], /invalid discriminant: 2/],
    ["a negative discriminant", 5, [-1], /invalid discriminant/],
    ["a surrogate", 6, [0xdfff], /invalid character/],
    ["a character too large", 6, [0x110000], /invalid character/],
  ])("%s", (_, index, core, message) => {
    const lift = () => abi.forImport(func([index], [])).liftParams(new TestContext("utf8"), core);
    expect(lift).toThrow(expect.objectContaining({ name: "Trap", message: expect.stringMatching(message) }));
  });
  test("overlapping lists that add up to more than a host should hold", () => {
    const pages = 512;
    const cx = new TestContext("utf8", pages);
    const [strings, bytes, length] = [8, 16 << 20, 16 << 20];
    const lift = (count: number) => {
      cx.begin();
      for (let i = 0; i < count; i++) {
        cx.data.setUint32(strings + 8 * i, bytes, true);
        cx.data.setUint32(strings + 8 * i + 4, length, true);
      }
      return abi.forImport(func([7], [])).liftParams(cx, [strings, count]);
    };
    expect((lift(2)[0] as string[]).length).toBe(2);
    expect(() => lift(5)).toThrow(/more than 67108864 bytes/);
  });
  test.each<[string, PlanType]>([
    ["empty lists", { list: 0 }],
    ["empty strings", "string"],
    ["records", { record: [["a", 0]] }],
    ["tuples", { tuple: [0] }],
    ["flags", { flags: ["a"] }],
    ["variants", { variant: [["a", null]] }],
    ["maps", { map: [1, 0] }],
    ["arrays", { array: [1, 2] }],
  ])("a list of more %s than a host should hold, though they are small in the guest", (_, element) => {
    const small = new Abi(["u8", "string", element, { list: 2 }]);
    const cx = new TestContext("utf8", 1024);
    const lift = (count: number) => {
      cx.begin();
      return small.forImport(func([3], [])).liftParams(cx, [8, count])[0] as unknown[];
    };
    expect(lift(100_000)).toHaveLength(100_000);
    expect(() => lift(2_000_000)).toThrow(/more than 67108864 bytes/);
  });
});
