import type { PlanType } from "../link/plan.ts";

/** A WIT name as jco writes it in JavaScript: `display-name` is `displayName`. */
export function camelCase(name: string): string {
  return name
    .split("-")
    .map((word, index) => (index === 0 ? word.toLowerCase() : word[0]!.toUpperCase() + word.slice(1).toLowerCase()))
    .join("");
}

/** True where an option's own payload may be "nothing": then `undefined` and `null` do not tell the two apart. */
export function isNullable(types: readonly PlanType[], index: number): boolean {
  const type = types[index]!;
  return typeof type !== "string" && "option" in type;
}

/** Lists of numbers are typed arrays, everything else plain ones. */
export function elementArray(type: PlanType, items: unknown[]): unknown {
  const make = typeof type === "string" ? arrays[type] : undefined;
  return make === undefined ? items : make(items as never);
}

const arrays: Readonly<Record<string, (items: never) => unknown>> = {
  u8: (items) => Uint8Array.from(items),
  s8: (items) => Int8Array.from(items),
  u16: (items) => Uint16Array.from(items),
  s16: (items) => Int16Array.from(items),
  u32: (items) => Uint32Array.from(items),
  s32: (items) => Int32Array.from(items),
  u64: (items) => BigUint64Array.from(items),
  s64: (items) => BigInt64Array.from(items),
  float32: (items) => Float32Array.from(items),
  float64: (items) => Float64Array.from(items),
};
