import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@bytecodealliance/jco";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { makeAttribution } from "../../../../runner/link/attribute.ts";
import { copyWasm } from "../../../../runner/link/copy.ts";
import { Fate } from "../../../../runner/link/fate.ts";
import { makeCopyUtf8, transcoder } from "../../../../runner/link/transcode.ts";

const page = 65536;
const from = new WebAssembly.Memory({ initial: 2 });
const to = new WebAssembly.Memory({ initial: 2 });
const source = Buffer.from(from.buffer);
const target = Buffer.from(to.buffer);
const noPlan = { modules: [], steps: [], componentInstances: [] } as never;
const newFate = () => new Fate(makeAttribution(noPlan, [], []));
const runs = { numRuns: 3000, seed: 20261124 };
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "binary-ascii", maxLength: 80 }),
  fc.array(fc.integer({ min: 0, max: 0xff }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  text.map((one) => Uint8Array.from(Buffer.from(one))),
  fc.tuple(text, fc.nat(), fc.nat(255)).map(([one, at, byte]) => {
    const broken = Uint8Array.from(Buffer.from(one));
    if (broken.length > 0) broken[at % broken.length] = byte;
    return broken;
  }),
);
const units = fc.oneof(
  fc.uint16Array({ maxLength: 60 }),
  text.map((one) => Uint16Array.from(one, (_, i) => one.charCodeAt(i))),
  text.map((one) => Uint16Array.from([...one].flatMap((c) => [...c].map(() => c.charCodeAt(0))))),
);
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Text(octets: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(octets);
  } catch {
    return undefined;
  }
}
function utf16Text(codes: ArrayLike<number>): string | undefined {
  const one = Array.from(codes, (code) => String.fromCharCode(code)).join("");
  return one.isWellFormed() ? one : undefined;
}
function put(octets: ArrayBufferView, at: number): void {
  source.set(new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength), at);
}
function call(what: string, ...args: number[]): unknown {
  return transcoder(what, () => ({ from, to }))(...args);
}
/** The result of a call, or "trap". */
function attempt(what: string, ...args: number[]): unknown {
  try {
    return call(what, ...args);
  } catch (error) {
    if ((error as Error).name === "Trap" || (error as Error).name === "RuntimeError") return "trap";
    throw error;
  }
}
function targetUnits(at: number, length: number): string {
  return target.toString("utf16le", at, at + 2 * length);
}

describe("makeCopyUtf8()", () => {
  test("copies what TextDecoder takes and traps on all else", () => {
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.nat(40), (octets, s, d) => {
        put(octets, s);
        target.fill(0xee, 0, 400);
        const fate = newFate();
        const copy = makeCopyUtf8({ from, to }, fate);
        const valid = utf8Text(octets) !== undefined;
        if (valid) copy(s, octets.length, d + 1);
        else expect(() => copy(s, octets.length, d + 1)).toThrow("unreachable");
        expect(fate.trap?.message).toBe(valid ? undefined : "a string is not valid UTF-8");
        expect(target.subarray(d + 1, d + 1 + octets.length)).toEqual(Buffer.from(octets));
        expect([target[d], target[d + 1 + octets.length]]).toEqual([0xee, 0xee]);
      }),
      runs,
    );
  });
  test("finds one bad byte wherever it stands", () => {
    const copy = makeCopyUtf8({ from, to }, newFate());
    for (let length = 1; length < 70; length++)
      for (let at = 0; at < length; at++) {
        source.fill(65, 0, length);
        source[at] = 0xff;
        expect(() => copy(0, length, 64)).toThrow("unreachable");
      }
  });
  test("traps out of bounds on both ends", () => {
    const copy = makeCopyUtf8({ from, to }, newFate());
    for (const [s, n, d] of [
      [2 * page - 3, 4, 0],
      [0, 4, 2 * page - 3],
      [-1, 1, 0],
      [0, -1, 0],
    ] as const)
      expect(() => copy(s, n, d)).toThrow(/out of bounds/);
    expect(() => copy(2 * page - 16, 16, 2 * page - 16)).not.toThrow();
  });
  test("is the module of copy.wat", async () => {
    const wat = readFileSync(join(import.meta.dirname, "../../../../runner/link/copy.wat"), "utf8");
    expect(Buffer.from(await parse(wat)).equals(copyWasm)).toBe(true);
  });
});

describe("transcoder()", () => {
  test("copy_latin1 copies any bytes", () => {
    fc.assert(
      fc.property(bytes, (octets) => {
        put(octets, 3);
        call("copy_latin1", 3, octets.length, 5);
        expect(target.subarray(5, 5 + octets.length)).toEqual(Buffer.from(octets));
      }),
      runs,
    );
  });
  test("copy_utf16 copies whole characters and traps on lone surrogates", () => {
    fc.assert(
      fc.property(units, (codes) => {
        put(codes, 4);
        const wanted = utf16Text(codes);
        expect(attempt("copy_utf16", 4, codes.length, 8)).toBe(wanted === undefined ? "trap" : undefined);
        if (wanted !== undefined) expect(targetUnits(8, codes.length)).toBe(wanted);
      }),
      runs,
    );
  });
  test("latin1_to_utf16 widens", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
        put(octets, 1);
        call("latin1_to_utf16", 1, octets.length, 2);
        expect(targetUnits(2, octets.length)).toBe(Buffer.from(octets).toString("latin1"));
      }),
      runs,
    );
  });
  test("latin1_to_utf8 and utf16_to_utf8 write what fits, and the rest when called again", () => {
    const sources = fc.oneof(
      fc
        .uint8Array({ maxLength: 40 })
        .map((octets) => ["latin1_to_utf8", 1, octets, Buffer.from(octets).toString("latin1")] as const),
      units.map((codes) => ["utf16_to_utf8", 2, codes, utf16Text(codes)] as const),
    );
    fc.assert(
      fc.property(sources, ([what, width, data, wanted]) => {
        put(data, 0);
        const first = attempt(what, 0, data.length, 0, data.length, 1);
        if (wanted === undefined) {
          const second = first === "trap" ? "trap" : again(what, width, data.length, first as [number, number]);
          return expect(second).toBe("trap");
        }
        const [read, written] = first as [number, number];
        const [more, size] = again(what, width, data.length, [read, written]) as [number, number];
        expect(read + more).toBe(data.length);
        expect(target.toString("utf8", 0, written + size)).toBe(wanted);
      }),
      runs,
    );
  });
  function again(what: string, width: number, length: number, [read, written]: [number, number]): unknown {
    return attempt(what, width * read, length - read, written, 3 * length, 0);
  }
  test("utf8_to_utf16 decodes, and traps on what is not UTF-8", () => {
    fc.assert(
      fc.property(bytes, (octets) => {
        put(octets, 7);
        const wanted = utf8Text(octets);
        expect(attempt("utf8_to_utf16", 7, octets.length, 0)).toBe(wanted === undefined ? "trap" : wanted.length);
        if (wanted !== undefined) expect(targetUnits(0, wanted.length)).toBe(wanted);
      }),
      runs,
    );
  });
  test("utf8_to_latin1 with utf8_to_compact_utf16 gives the compact form", () => {
    fc.assert(
      fc.property(bytes, (octets) => {
        put(octets, 0);
        const wanted = utf8Text(octets);
        const [read, written] = call("utf8_to_latin1", 0, octets.length, 0) as [number, number];
        if (read === octets.length) return expect(target.toString("latin1", 0, written)).toBe(wanted);
        const size = attempt("utf8_to_compact_utf16", read, octets.length - read, 0, octets.length, written);
        if (wanted === undefined) return expect(size).toBe("trap");
        expect(targetUnits(0, size as number)).toBe(wanted);
      }),
      runs,
    );
  });
  test("utf16_to_latin1 with utf16_to_compact_utf16 gives the compact form", () => {
    fc.assert(
      fc.property(units, (codes) => {
        put(codes, 0);
        const wanted = utf16Text(codes);
        const [read, written] = call("utf16_to_latin1", 0, codes.length, 0) as [number, number];
        if (read === codes.length) return expect(target.toString("latin1", 0, written)).toBe(wanted);
        const size = attempt("utf16_to_compact_utf16", 2 * read, codes.length - read, 0, codes.length, written);
        if (wanted === undefined) return expect(size).toBe("trap");
        expect(targetUnits(0, size as number)).toBe(wanted);
      }),
      runs,
    );
  });
  test("utf16_to_compact_probably_utf16 deflates where it can and tags the length where it can't", () => {
    fc.assert(
      fc.property(units, (codes) => {
        put(codes, 2);
        const wanted = utf16Text(codes);
        const size = attempt("utf16_to_compact_probably_utf16", 2, codes.length, 6);
        if (wanted === undefined) return expect(size).toBe("trap");
        const narrow = codes.every((code) => code <= 0xff);
        expect(size).toBe(narrow ? codes.length : codes.length + 0x8000_0000);
        const got = narrow ? target.toString("latin1", 6, 6 + codes.length) : targetUnits(6, codes.length);
        expect(got).toBe(wanted);
      }),
      runs,
    );
  });
  test.each([
    ["copy_latin1", [2 * page - 1, 2, 0]],
    ["copy_latin1", [0, 2, 2 * page - 1]],
    ["copy_utf16", [2 * page - 2, 2, 0]],
    ["copy_utf16", [0, 2, 2 * page - 2]],
    ["copy_utf16", [1, 1, 0]],
    ["latin1_to_utf16", [0, 2, 2 * page - 2]],
    ["latin1_to_utf8", [0, 1, 2 * page, 1, 1]],
    ["utf16_to_utf8", [-2, 2, 0, 8, 1]],
    ["utf16_to_latin1", [0, -1, 0]],
    ["utf8_to_latin1", [2 * page, 1, 0]],
    ["utf8_to_utf16", [0, 2, 2 * page - 2]],
    ["utf8_to_compact_utf16", [0, 0, 0, 1, 2]],
    ["utf16_to_compact_utf16", [0, 2, 2 * page - 2, 2, 0]],
    ["utf16_to_compact_probably_utf16", [0, 2, 2 * page - 2]],
    ["utf8_to_ebcdic", [0, 0, 0]],
  ])("%s traps for %p", (what, args) => {
    expect(attempt(what, ...args)).toBe("trap");
  });
});
