import { Trap } from "../host/host.ts";
import type { PlanType } from "../link/plan.ts";
import { f32Bits } from "./coerce.ts";
import { AbiError, unexpected } from "./error.ts";
import type { FlatLift, Load } from "./lift.ts";
import type { FlatLower, Store } from "./lower.ts";

type Primitive = Extract<PlanType, string>;

/** Number types whose lists are typed arrays, as in jco. */
export const numberArrays = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Partial<Record<Primitive, unknown>> as Readonly<Partial<Record<Primitive, NumberArray>>>;

/** What the typed arrays have in common here. */
export interface NumberArray {
  new (buffer: ArrayBuffer): ArrayLike<number | bigint> & ArrayBufferView;
  from(values: readonly never[]): ArrayLike<number | bigint>;
  readonly name: string;
}

function liftChar(code: number): string {
  const point = code >>> 0;
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw new Trap(`invalid character: ${point}`);
  return String.fromCodePoint(point);
}
function unsupported(): never {
  throw new Trap("error contexts are not supported");
}
function number(lift: (value: number) => unknown): FlatLift {
  return (_, source) => lift(source.values[source.at++] as number);
}
function big(lift: (value: bigint) => unknown): FlatLift {
  return (_, source) => lift(source.values[source.at++] as bigint);
}

/** Reading of the primitive types: from memory, and from core values. */
export const primitiveLifts: Readonly<Record<Primitive, { readonly load: Load; readonly flat: FlatLift }>> = {
  bool: { load: (cx, at) => cx.data.getUint8(at) !== 0, flat: number((value) => value !== 0) },
  s8: { load: (cx, at) => cx.data.getInt8(at), flat: number((value) => (value << 24) >> 24) },
  u8: { load: (cx, at) => cx.data.getUint8(at), flat: number((value) => value & 0xff) },
  s16: { load: (cx, at) => cx.data.getInt16(at, true), flat: number((value) => (value << 16) >> 16) },
  u16: { load: (cx, at) => cx.data.getUint16(at, true), flat: number((value) => value & 0xffff) },
  s32: { load: (cx, at) => cx.data.getInt32(at, true), flat: number((value) => value | 0) },
  u32: { load: (cx, at) => cx.data.getUint32(at, true), flat: number((value) => value >>> 0) },
  s64: { load: (cx, at) => cx.data.getBigInt64(at, true), flat: big((value) => BigInt.asIntN(64, value)) },
  u64: { load: (cx, at) => cx.data.getBigUint64(at, true), flat: big((value) => BigInt.asUintN(64, value)) },
  float32: { load: (cx, at) => cx.data.getFloat32(at, true), flat: number(Math.fround) },
  float64: { load: (cx, at) => cx.data.getFloat64(at, true), flat: number((value) => value) },
  char: { load: (cx, at) => liftChar(cx.data.getUint32(at, true)), flat: number(liftChar) },
  string: {
    load: (cx, at) => cx.loadString(cx.data.getUint32(at, true), cx.data.getUint32(at + 4, true)),
    flat: (cx, source) => cx.loadString(source.values[source.at++] as number, source.values[source.at++] as number),
  },
  errorcontext: { load: unsupported, flat: unsupported },
};

/** The value as an integer of the type; an `AbiError` where it is none or outside. */
function integer(name: string, low: number, high: number): (value: unknown) => number {
  const wanted = `a ${name} (${low} to ${high})`;
  return (value) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high)
      throw unexpected(wanted, value);
    return value;
  };
}
/** The same for 64 bits. A safe integer is as good as a bigint. */
function long(name: string, low: bigint, high: bigint): (value: unknown) => bigint {
  const wanted = `a ${name} (bigint, ${low} to ${high})`;
  return (value) => {
    const big = Number.isSafeInteger(value) ? BigInt(value as number) : value;
    if (typeof big !== "bigint" || big < low || big > high) throw unexpected(wanted, value);
    return big;
  };
}
function float(value: unknown): number {
  if (typeof value !== "number") throw unexpected("a number", value);
  return value;
}
function bool(value: unknown): number {
  if (typeof value !== "boolean") throw unexpected("a boolean", value);
  return value ? 1 : 0;
}
function charCode(value: unknown): number {
  const code = typeof value === "string" ? value.codePointAt(0) : undefined;
  if (code === undefined || String.fromCodePoint(code) !== value || (code >= 0xd800 && code <= 0xdfff))
    throw unexpected("one character", value);
  return code;
}
function text(value: unknown): string {
  if (typeof value !== "string") throw unexpected("a string", value);
  if (!value.isWellFormed()) throw new AbiError("", "expected a string of whole characters, found a lone surrogate");
  return value;
}
function noErrorContext(_: unknown, value: unknown): never {
  throw unexpected("a type other than an error context, which is not supported", value);
}

const s8 = integer("s8", -0x80, 0x7f);
const u8 = integer("u8", 0, 0xff);
const s16 = integer("s16", -0x8000, 0x7fff);
const u16 = integer("u16", 0, 0xffff);
const s32 = integer("s32", -0x8000_0000, 0x7fff_ffff);
const u32 = integer("u32", 0, 0xffff_ffff);
const s64 = long("s64", -(2n ** 63n), 2n ** 63n - 1n);
const u64 = long("u64", 0n, 2n ** 64n - 1n);

function flat(convert: (value: unknown) => number | bigint): FlatLower {
  return (_, value, out) => void out.push(convert(value));
}
/** One bit pattern for all NaNs (CanonicalABI.md, "canonicalize_nan"). */
const canonicalNaN = { f32: 0x7fc0_0000, f64: 0x7ff8_0000_0000_0000n };

/** Writing of the primitive types: to memory, and to core values. */
export const primitiveLowers: Readonly<Record<Primitive, { readonly store: Store; readonly flat: FlatLower }>> = {
  bool: { store: (cx, value, at) => cx.data.setUint8(at, bool(value)), flat: flat(bool) },
  s8: { store: (cx, value, at) => cx.data.setInt8(at, s8(value)), flat: flat(s8) },
  u8: { store: (cx, value, at) => cx.data.setUint8(at, u8(value)), flat: flat(u8) },
  s16: { store: (cx, value, at) => cx.data.setInt16(at, s16(value), true), flat: flat(s16) },
  u16: { store: (cx, value, at) => cx.data.setUint16(at, u16(value), true), flat: flat(u16) },
  s32: { store: (cx, value, at) => cx.data.setInt32(at, s32(value), true), flat: flat(s32) },
  u32: { store: (cx, value, at) => cx.data.setUint32(at, u32(value), true), flat: flat(u32) },
  s64: { store: (cx, value, at) => cx.data.setBigInt64(at, s64(value), true), flat: flat(s64) },
  u64: { store: (cx, value, at) => cx.data.setBigUint64(at, u64(value), true), flat: flat(u64) },
  float32: {
    store: (cx, value, at) => {
      const one = float(value);
      cx.data.setInt32(at, Number.isNaN(one) ? canonicalNaN.f32 : f32Bits(one), true);
    },
    flat: (_, value, out) => void out.push(Math.fround(float(value))),
  },
  float64: {
    store: (cx, value, at) => {
      const one = float(value);
      if (Number.isNaN(one)) cx.data.setBigUint64(at, canonicalNaN.f64, true);
      else cx.data.setFloat64(at, one, true);
    },
    flat: flat(float),
  },
  char: { store: (cx, value, at) => cx.data.setUint32(at, charCode(value), true), flat: flat(charCode) },
  string: {
    store: (cx, value, at) => {
      const [pointer, length] = cx.storeString(text(value));
      cx.data.setUint32(at, pointer, true);
      cx.data.setUint32(at + 4, length, true);
    },
    flat: (cx, value, out) => void out.push(...cx.storeString(text(value))),
  },
  errorcontext: { store: noErrorContext, flat: noErrorContext },
};
