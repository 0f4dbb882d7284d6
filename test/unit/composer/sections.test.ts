import { describe, expect, test } from "@jest/globals";
import { coreModule, withMemoryMaximum } from "../../../composer/sections.ts";

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const TYPES = [1, 4, 1, 0x60, 0, 0];
const bytes = (...parts: readonly (readonly number[])[]) => Uint8Array.from(parts.flat());
const maximumOf = (module: Uint8Array<ArrayBuffer>) => {
  const { memory } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports as Record<
    string,
    WebAssembly.Memory
  >;
  let pages = memory!.buffer.byteLength / 65_536;
  try {
    for (; pages < 300; pages++) memory!.grow(1);
  } catch {
    return pages;
  }
  return undefined;
};
const EXPORT = [7, 10, 1, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0];

describe("withMemoryMaximum()", () => {
  test("gives a memory without a maximum one that the engine enforces", () => {
    const module = bytes(PREAMBLE, TYPES, [5, 3, 1, 0, 2], EXPORT);
    expect(maximumOf(Uint8Array.from(module))).toBeUndefined();
    expect(maximumOf(withMemoryMaximum(module, 5))).toBe(5);
  });

  test("replaces a maximum, also by one of more bytes", () => {
    const module = bytes(PREAMBLE, [5, 4, 1, 1, 2, 9], EXPORT);
    expect(maximumOf(withMemoryMaximum(module, 4))).toBe(4);
    expect(maximumOf(withMemoryMaximum(module, 200))).toBe(200);
  });

  test("refuses a maximum below what the module starts with", () => {
    expect(() => withMemoryMaximum(bytes(PREAMBLE, [5, 3, 1, 0, 2]), 1)).toThrow("fewer pages than 2: 1");
  });

  test("refuses a module without a memory", () => {
    expect(() => withMemoryMaximum(bytes(PREAMBLE, TYPES), 1)).toThrow("Cannot find a section");
  });
});

describe("coreModule()", () => {
  test("finds the first core module behind other sections, without a copy", () => {
    const module = bytes(PREAMBLE, TYPES);
    const custom = [0, 200, 1, 1, 0x78, ...new Array<number>(198).fill(7)];
    const component = bytes([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0], custom, [1, module.length], [...module]);
    const found = coreModule(component);
    expect([...found]).toEqual([...module]);
    expect(found.buffer).toBe(component.buffer);
  });
});
