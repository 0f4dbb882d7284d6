import { isUtf8 } from "node:buffer";
import { type CoreFunction, Trap } from "../host/host.ts";
import { copyWasm } from "./copy.ts";
import type { Fate } from "./fate.ts";
import type { WasmFunction } from "./wasm.ts";

/** The memories of a transcoder: the adapter's caller and callee. */
export interface Ends {
  readonly from: WebAssembly.Memory;
  readonly to: WebAssembly.Memory;
}

let copyModule: WebAssembly.Module | undefined;

/** `(pointer, length, target)`: the transcoder that nearly every string takes, as WebAssembly (`copy.wat`); only non-ASCII text asks the host. */
export function makeCopyUtf8({ from, to }: Ends, fate: Fate): WasmFunction {
  copyModule ??= new WebAssembly.Module(copyWasm);
  let octets = new Uint8Array(to.buffer);
  const valid = (pointer: number, length: number): number => {
    if (octets.buffer !== to.buffer) octets = new Uint8Array(to.buffer);
    const start = pointer >>> 0;
    if (isUtf8(octets.subarray(start, start + (length >>> 0)))) return 1;
    fate.fail(invalid("UTF-8"));
    return 0;
  };
  return new WebAssembly.Instance(copyModule, { tenon: { from, to, valid } }).exports["copy"] as WasmFunction;
}

/**
 * The transcoder called `what` in the plan; `ends` is asked at the first call. Its signature is that of wasmtime's FACT
 * (`Transcode`): lengths are code units, a `true` utf16 tag is the top bit. Invalid encodings and bad addresses trap.
 */
export function transcoder(what: string, ends: () => Ends): CoreFunction {
  const make = Object.hasOwn(transcoders, what) ? transcoders[what] : undefined;
  let call: CoreFunction | undefined;
  return (...args: number[]) => {
    if (make === undefined) throw new Trap(`unknown transcoder: ${what}`);
    if (call === undefined) {
      const { from, to } = ends();
      call = make(new Region(from), new Region(to));
    }
    return call(...args);
  };
}

/** A memory as bytes and as 16-bit units, whatever its size is now. */
class Region {
  readonly #memory: WebAssembly.Memory;
  #octets = new Uint8Array(0);
  #units = new Uint16Array(0);
  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }
  bytes(pointer: number, length: number): Uint8Array {
    this.#refresh();
    return this.#octets.subarray(this.#check(pointer, length >>> 0), (pointer >>> 0) + (length >>> 0));
  }
  units(pointer: number, length: number): Uint16Array {
    this.#refresh();
    const at = this.#check(pointer, 2 * (length >>> 0));
    if (at % 2 !== 0) throw new Trap(`pointer not aligned to 2: ${at}`);
    return this.#units.subarray(at / 2, at / 2 + (length >>> 0));
  }
  #check(pointer: number, length: number): number {
    const at = pointer >>> 0;
    if (at + length > this.#octets.length) throw new Trap(`string out of bounds: ${length} bytes at ${at}`);
    return at;
  }
  #refresh(): void {
    const { buffer } = this.#memory;
    if (this.#octets.buffer === buffer) return;
    this.#octets = new Uint8Array(buffer);
    this.#units = new Uint16Array(buffer);
  }
}

/** Marks a compact string's length as UTF-16. */
const utf16Tag = 0x8000_0000;

const transcoders: Readonly<Record<string, (from: Region, to: Region) => CoreFunction>> = {
  copy_latin1: (from, to) => (source: number, length: number, target: number) => {
    to.bytes(target, length).set(from.bytes(source, length));
  },
  copy_utf16: (from, to) => (source: number, length: number, target: number) => {
    copyUtf16(from.units(source, length), to.units(target, length));
  },
  latin1_to_utf16: (from, to) => (source: number, length: number, target: number) => {
    to.units(target, length).set(from.bytes(source, length));
  },
  latin1_to_utf8: (from, to) => (source: number, length: number, target: number, room: number) =>
    latin1ToUtf8(from.bytes(source, length), to.bytes(target, room)) as never,
  utf16_to_utf8: (from, to) => (source: number, length: number, target: number, room: number) =>
    utf16ToUtf8(from.units(source, length), to.bytes(target, room)) as never,
  utf16_to_latin1: (from, to) => (source: number, length: number, target: number) =>
    utf16ToLatin1(from.units(source, length), to.bytes(target, length)) as never,
  utf8_to_latin1: (from, to) => (source: number, length: number, target: number) =>
    utf8ToLatin1(from.bytes(source, length), to.bytes(target, length)) as never,
  utf8_to_utf16: (from, to) => (source: number, length: number, target: number) =>
    utf8ToUtf16(from.bytes(source, length), to.units(target, length)),
  utf16_to_compact_probably_utf16: (from, to) => (source: number, length: number, target: number) => {
    const units = to.units(target, length);
    copyUtf16(from.units(source, length), units);
    if (units.some((unit) => unit > 0xff)) return (length | utf16Tag) >>> 0;
    const bytes = to.bytes(target, 2 * length);
    for (let i = 0; i < length; i++) bytes[i] = bytes[2 * i]!;
    return length;
  },
  utf8_to_compact_utf16: (from, to) => (source: number, length: number, target: number, room: number, done: number) => {
    inflate(to.bytes(target, 2 * room), done);
    return done + utf8ToUtf16(from.bytes(source, length), to.units(target, room).subarray(done));
  },
  utf16_to_compact_utf16:
    (from, to) => (source: number, length: number, target: number, room: number, done: number) => {
      inflate(to.bytes(target, 2 * room), done);
      copyUtf16(from.units(source, length), to.units(target, room).subarray(done));
      return done + length;
    },
};

function invalid(encoding: string): Trap {
  return new Trap(`a string is not valid ${encoding}`);
}

function copyUtf16(source: Uint16Array, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) if (isSurrogate(source[i]!)) i += pairLength(source, i) - 1;
  target.set(source);
}
function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}
/** 2 where a pair of surrogates begins at `at`; a trap for a lone one. */
function pairLength(units: Uint16Array, at: number): 2 {
  const low = units[at + 1];
  if ((units[at]! & 0xfc00) !== 0xd800 || low === undefined || (low & 0xfc00) !== 0xdc00) throw invalid("UTF-16");
  return 2;
}

/** What fits, as `[units read, bytes written]`. */
function utf16ToUtf8(source: Uint16Array, target: Uint8Array): [read: number, written: number] {
  let read = 0;
  let written = 0;
  while (read < source.length) {
    const unit = source[read]!;
    const surrogate = isSurrogate(unit);
    if (surrogate) pairLength(source, read);
    const code = surrogate ? 0x10000 + ((unit & 0x3ff) << 10) + (source[read + 1]! & 0x3ff) : unit;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + size > target.length) break;
    putUtf8(code, size, target, written);
    written += size;
    read += surrogate ? 2 : 1;
  }
  return [read, written];
}
function putUtf8(code: number, size: number, target: Uint8Array, at: number): void {
  if (size === 1) {
    target[at] = code;
    return;
  }
  for (let i = size - 1, rest = code; i > 0; i--, rest >>= 6) target[at + i] = 0x80 | (rest & 0x3f);
  target[at] = ((0xf00 >> size) & 0xff) | (code >> (6 * (size - 1)));
}

function latin1ToUtf8(source: Uint8Array, target: Uint8Array): [read: number, written: number] {
  let written = 0;
  for (let read = 0; read < source.length; read++) {
    const size = source[read]! < 0x80 ? 1 : 2;
    if (written + size > target.length) return [read, written];
    putUtf8(source[read]!, size, target, written);
    written += size;
  }
  return [source.length, written];
}

function utf16ToLatin1(source: Uint16Array, target: Uint8Array): [read: number, written: number] {
  let at = 0;
  for (; at < source.length && source[at]! <= 0xff; at++) target[at] = source[at]!;
  return [at, at];
}

/** Stops before the first character above U+00FF and before anything that is not UTF-8. */
function utf8ToLatin1(source: Uint8Array, target: Uint8Array): [read: number, written: number] {
  let read = 0;
  let written = 0;
  while (read < source.length) {
    const byte = source[read]!;
    const next = source[read + 1];
    if (byte < 0x80) target[written++] = byte;
    else if ((byte === 0xc2 || byte === 0xc3) && next !== undefined && (next & 0xc0) === 0x80) {
      target[written++] = ((byte & 3) << 6) | (next & 0x3f);
      read++;
    } else break;
    read++;
  }
  return [read, written];
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Units written; a trap where the source is not UTF-8. */
function utf8ToUtf16(source: Uint8Array, target: Uint16Array): number {
  let text: string;
  try {
    text = utf8.decode(source);
  } catch {
    throw invalid("UTF-8");
  }
  if (text.length > target.length) throw new Trap("string out of bounds");
  for (let i = 0; i < text.length; i++) target[i] = text.charCodeAt(i);
  return text.length;
}

/** Makes the first `done` bytes as many 16-bit units, in place. */
function inflate(bytes: Uint8Array, done: number): void {
  if (2 * done > bytes.length) throw new Trap("string out of bounds");
  for (let i = done - 1; i >= 0; i--) {
    bytes[2 * i] = bytes[i]!;
    bytes[2 * i + 1] = 0;
  }
}
