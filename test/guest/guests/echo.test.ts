import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type InProcess, openGuests } from "./in-process.ts";

const person = { name: "Ada", mail: "ada@analytical.example", note: "" };
const mixed = { a: true, b: 2n ** 64n - 1n, c: 255, d: 2 ** 32 - 1, e: -32768, f: 0.5, g: "🦆", h: -1e300 };
const shapes = [
  { tag: "nothing" },
  { tag: "circle", val: 1.5 },
  { tag: "label", val: "é" },
  { tag: "at", val: { x: -1, y: 2.25 } },
  { tag: "big", val: 2n ** 63n },
  { tag: "small", val: -0.25 },
];
const three = { read: true, write: false, execute: true };
const flags = (prefix: string, count: number, set: (index: number) => boolean) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, set(index)]));
const deep = {
  shapes: [undefined, ...shapes, undefined],
  pairs: [
    ["", new Uint16Array([])],
    ["two", new Uint16Array([1, 65535])],
  ],
  outcome: { tag: "err", val: "reason" },
  rights: three,
};

/** Values by function, at the edges of each type. */
const values: readonly (readonly [name: string, ...values: unknown[]])[] = [
  ["echo-bool", true, false],
  ["echo-s8", -128, 127],
  ["echo-u8", 0, 255],
  ["echo-s16", -32768, 32767],
  ["echo-u16", 0, 65535],
  ["echo-s32", -(2 ** 31), 2 ** 31 - 1],
  ["echo-u32", 0, 2 ** 32 - 1],
  ["echo-s64", -(2n ** 63n), 2n ** 63n - 1n],
  ["echo-u64", 0n, 2n ** 64n - 1n],
  ["echo-f32", 0.5, -0, Infinity, Number.NaN],
  ["echo-f64", Math.PI, -0, -Infinity, Number.NaN, 5e-324],
  ["echo-char", "a", "\0", "é", "\ud7ff", "\ue000", "🦆", "\u{10ffff}"],
  ["echo-string", "", "plain", "Zoë 🦆", "a\0b", "x".repeat(100_000)],
  ["echo-bytes", new Uint8Array(), new Uint8Array([0, 255]), new Uint8Array(65_536).fill(7)],
  ["echo-bools", [], [true, false, true]],
  ["echo-chars", [], ["a", "🦆"]],
  ["echo-strings", [], ["", "a", "é🦆"]],
  ["echo-people", [], [person, { ...person, name: "Grace" }]],
  ["echo-lists", [], [[], ["a"], ["b", "c"]]],
  ["echo-pair", [7, "seven"]],
  ["echo-triple", [0.5, 2n ** 40n, true]],
  ["echo-person", person],
  ["echo-mixed", mixed],
  ["echo-shape", ...shapes],
  ["echo-shapes", [], shapes],
  ["echo-colour", "red", "blue"],
  ["echo-three", three],
  ["echo-ten", flags("b", 10, (index) => index % 3 === 0)],
  ["echo-many", flags("bit", 32, (index) => index === 0 || index === 31)],
  ["echo-maybe", undefined, "", "some"],
  ["echo-maybe-maybe", { tag: "none" }, { tag: "some", val: undefined }, { tag: "some", val: 7 }],
  [
    "echo-outcomes",
    [],
    [
      { tag: "ok", val: "fine" },
      { tag: "err", val: { tag: "code", val: 404 } },
    ],
  ],
  ["echo-deep", deep],
];

describe.each([
  ["echo", { echo: "echo" }, "echo"],
  ["echo behind another component", { through: "echo-through", echo: "echo" }, "through"],
])("%s gives back", (_, instances, from) => {
  let guests: InProcess;
  beforeAll(async () => {
    guests = await openGuests({ instances, exports: [`${from}/tenon:test/echo`] });
  }, 60_000);
  afterAll(() => guests?.close());

  const call = (name: string, ...args: unknown[]) => guests.call("tenon:test/echo", name, ...args);

  test.each(values)("the values of %s", async (name, ...all) => {
    for (const value of all) expect(await call(name, value)).toEqual(value);
  });

  test("lists of numbers, whatever their kind of array", async () => {
    expect([...((await call("echo-numbers", [-1n, 2n ** 63n - 1n])) as Iterable<bigint>)]).toEqual([
      -1n,
      2n ** 63n - 1n,
    ]);
    expect([...((await call("echo-doubles", [0.1, -0])) as Iterable<number>)]).toEqual([0.1, -0]);
  });

  test("a result as its value or its error", async () => {
    expect(await call("echo-outcome", { tag: "ok", val: 5 })).toBe(5);
    await expect(call("echo-outcome", { tag: "err", val: "no" })).rejects.toMatchObject({ payload: "no" });
    expect(await call("echo-outcome-empty", { tag: "ok" })).toBeUndefined();
    await expect(call("echo-outcome-empty", { tag: "err" })).rejects.toMatchObject({ payload: undefined });
  });

  test("more parameters than fit into core parameters", async () => {
    expect(await call("wide", 1, "b", 2, "d", 3, "f", 4, "h", 5, "j", 6, "l")).toEqual([
      "1",
      "b",
      "2",
      "d",
      "3",
      "f",
      "4",
      "h",
      "5",
      "j",
      "6",
      "l",
    ]);
  });
});

describe("resources across an edge", () => {
  const open = () =>
    openGuests({ instances: { through: "echo-through", echo: "echo" }, exports: ["through/tenon:test/resources"] });

  test("pass on every way and are dropped once", async () => {
    const guests = await open();
    try {
      expect(await guests.call("tenon:test/resources", "pass-on", 1)).toBe(0);
      expect(await guests.call("tenon:test/resources", "pass-on", 1000)).toBe(0);
    } finally {
      await guests.close();
    }
  });

  test("a handle that is dropped twice traps, and the instance takes no further call", async () => {
    const guests = await open();
    try {
      await expect(guests.call("tenon:test/resources", "drop-twice")).rejects.toMatchObject({ name: "Trap" });
      await expect(guests.call("tenon:test/resources", "pass-on", 1)).rejects.toMatchObject({ name: "Trap" });
    } finally {
      await guests.close();
    }
  });
});
