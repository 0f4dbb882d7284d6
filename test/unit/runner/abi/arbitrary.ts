import fc, { type Arbitrary } from "fast-check";
import { camelCase } from "../../../../runner/abi/names.ts";
import type { PlanType } from "../../../../runner/link/plan.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: "binary-ascii", maxLength: 60 }),
);
const numbers: Readonly<Record<string, Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  s8: fc.integer({ min: -128, max: 127 }),
  u8: fc.integer({ min: 0, max: 255 }),
  s16: fc.integer({ min: -32768, max: 32767 }),
  u16: fc.integer({ min: 0, max: 65535 }),
  s32: fc.integer({ min: -2147483648, max: 2147483647 }),
  u32: fc.integer({ min: 0, max: 4294967295 }),
  s64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  float32: fc.float(),
  float64: fc.double(),
  char: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  string: text,
};

/** Values of a type of a plan, in the shapes of jco's mapping; undefined where it holds a resource. */
export function arbitrary(types: readonly PlanType[], index: number): Arbitrary<unknown> | undefined {
  const type = types[index]!;
  const of = (one: number) => arbitrary(types, one);
  if (typeof type === "string") return numbers[type];
  if ("record" in type)
    return all(Object.fromEntries(type.record.map(([name, field]) => [camelCase(name), of(field)])));
  if ("variant" in type)
    return oneOf(
      type.variant.map(([tag, payload]) => tagged(tag, payload === null ? fc.constant(undefined) : of(payload))),
    );
  if ("list" in type) return of(type.list) && fc.array(of(type.list)!, { maxLength: 6 });
  if ("array" in type) {
    const [element, length] = type.array;
    return of(element) && fc.array(of(element)!, { minLength: length, maxLength: length });
  }
  if ("tuple" in type) return fc.tuple(...type.tuple.map((one) => of(one)!));
  if ("flags" in type) return all(Object.fromEntries(type.flags.map((name) => [camelCase(name), fc.boolean()])));
  if ("enum" in type) return fc.constantFrom(...type.enum);
  if ("option" in type) {
    const payload = of(type.option);
    const nested = types[type.option]!;
    if (payload === undefined) return undefined;
    if (typeof nested !== "string" && "option" in nested)
      return fc.oneof(
        fc.constant({ tag: "none" }),
        payload.map((val) => ({ tag: "some", val })),
      );
    return fc.oneof(fc.constant(undefined), payload);
  }
  if ("result" in type) {
    const [ok, err] = type.result.map((one) => (one === null ? fc.constant(undefined) : of(one)));
    return oneOf([tagged("ok", ok), tagged("err", err)]);
  }
  if ("map" in type) {
    const [key, value] = type.map.map(of);
    return (
      key && value && fc.uniqueArray(fc.tuple(key, value), { selector: ([k]) => k }).map((pairs) => new Map(pairs))
    );
  }
  return undefined;
}

function all(fields: Record<string, Arbitrary<unknown> | undefined>): Arbitrary<unknown> | undefined {
  if (Object.values(fields).some((field) => field === undefined)) return undefined;
  return fc.record(fields as Record<string, Arbitrary<unknown>>);
}
function tagged(tag: string, payload: Arbitrary<unknown> | undefined): Arbitrary<unknown> | undefined {
  return payload?.map((val) => (val === undefined ? { tag } : { tag, val }));
}
function oneOf(arbitraries: readonly (Arbitrary<unknown> | undefined)[]): Arbitrary<unknown> | undefined {
  if (arbitraries.some((one) => one === undefined)) return undefined;
  return fc.oneof(...(arbitraries as Arbitrary<unknown>[]));
}
