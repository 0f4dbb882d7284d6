/**
 * Bit casts between core types: a variant's cases share core values, each position wide enough for all of them
 * (CanonicalABI.md, "Flattening").
 */
export type Core = number | bigint;

const cell = new DataView(new ArrayBuffer(8));

/** The bits of a single-precision float, as a signed i32. */
export function f32Bits(value: number): number {
  cell.setFloat32(0, value, true);
  return cell.getInt32(0, true);
}
function f32From(bits: number): number {
  cell.setInt32(0, bits, true);
  return cell.getFloat32(0, true);
}
function f64Bits(value: number): bigint {
  cell.setFloat64(0, value, true);
  return cell.getBigInt64(0, true);
}
function f64From(bits: bigint): number {
  cell.setBigInt64(0, bits, true);
  return cell.getFloat64(0, true);
}

/** A core value of type `from` as the joined type `to`. */
export function widen(value: Core, from: string, to: string): Core {
  if (from === to) return value;
  const bits = from === "f" ? f32Bits(value as number) : from === "d" ? f64Bits(value as number) : value;
  return to === "l" && typeof bits === "number" ? BigInt(bits >>> 0) : bits;
}

/** The inverse of `widen`: a joined core value of type `from` as the case's own type `to`. */
export function narrow(value: Core, from: string, to: string): Core {
  if (from === to) return value;
  if (to === "d") return f64From(value as bigint);
  const low = typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : value;
  return to === "f" ? f32From(low) : low;
}

/** The zero of a core type. */
export function zeroOf(type: string | undefined): Core {
  return type === "l" ? 0n : 0;
}
