import { Trap } from "../host/host.ts";
import type { PlanType } from "../link/plan.ts";
import { type Core, narrow } from "./coerce.ts";
import type { AbiContext } from "./context.ts";
import { casesOf, discriminantSize, fieldsOf, flagsSize, type Layouts, maxFlatParams } from "./layout.ts";
import { camelCase } from "./names.ts";
import { numberArrays, primitiveLifts } from "./primitives.ts";
import { makeCases, type Shape } from "./shapes.ts";

/** Reads a value from linear memory; the address has been checked for the type's size and alignment. */
export type Load = (cx: AbiContext, pointer: number) => unknown;
/** Reads a value from core values, moving `source.at` past them. */
export type FlatLift = (cx: AbiContext, source: FlatSource) => unknown;
/** Core values, and which of them is next. */
export interface FlatSource {
  readonly values: readonly Core[];
  at: number;
}

/** Turns guest values into JavaScript ones; closures are made once a type. Bad guest data is a `Trap`. */
export class Lifter {
  readonly #layouts: Layouts;
  readonly #loads = new Map<number, Load>();
  readonly #flats = new Map<number, FlatLift>();
  constructor(layouts: Layouts) {
    this.#layouts = layouts;
  }

  load(index: number): Load {
    return memo(this.#loads, index, () => this.#makeLoad(this.#layouts.types[index]!));
  }
  flat(index: number): FlatLift {
    return memo(this.#flats, index, () => this.#makeFlat(this.#layouts.types[index]!));
  }

  #makeLoad(type: PlanType): Load {
    if (typeof type === "string") return primitiveLifts[type].load;
    const fields = fieldsOf(type);
    if (fields !== null) return this.#loadFields(type, fields);
    const cases = casesOf(type);
    if (cases !== null) return this.#loadCases(makeCases(type, this.#layouts.types), cases);
    if ("array" in type) return this.#range(type.array[0], type.array[1]);
    if ("flags" in type) return loadFlags(type.flags);
    const flat = this.#makeFlat(type);
    const words = "list" in type || "map" in type ? 2 : 1;
    return (cx, pointer) => {
      const values = [cx.data.getUint32(pointer, true)];
      if (words === 2) values.push(cx.data.getUint32(pointer + 4, true));
      return flat(cx, { values, at: 0 });
    };
  }

  #makeFlat(type: PlanType): FlatLift {
    if (typeof type === "string") return primitiveLifts[type].flat;
    const fields = fieldsOf(type);
    if (fields !== null) return this.#flatFields(type, fields);
    const cases = casesOf(type);
    if (cases !== null) return this.#flatCases(makeCases(type, this.#layouts.types), cases);
    if ("list" in type) return this.#list(type.list);
    if ("map" in type) return this.#map(type.map);
    if ("array" in type) return this.#flatArray(type.array[0], type.array[1]);
    if ("flags" in type) return flatFlags(type.flags);
    if ("own" in type) return (cx, source) => cx.liftOwn(type.own, next(source));
    if ("borrow" in type) return (cx, source) => cx.liftBorrow(type.borrow, next(source));
    throw new Trap("streams and futures are not supported");
  }

  #loadFields(type: PlanType, fields: readonly number[]): Load {
    const { offsets } = this.#layouts.record(fields);
    const loads = fields.map((field) => this.load(field));
    const names = recordNames(type);
    const cost = objectCost + fields.length * slotCost;
    if (names === null)
      return (cx, pointer) => {
        cx.charge(cost);
        return loads.map((load, i) => load(cx, pointer + offsets[i]!));
      };
    return (cx, pointer) => {
      cx.charge(cost);
      const record: Record<string, unknown> = {};
      for (let i = 0; i < loads.length; i++) record[names[i]!] = loads[i]!(cx, pointer + offsets[i]!);
      return record;
    };
  }
  #flatFields(type: PlanType, fields: readonly number[]): FlatLift {
    const lifts = fields.map((field) => this.flat(field));
    const names = recordNames(type);
    const cost = objectCost + fields.length * slotCost;
    if (names === null)
      return (cx, source) => {
        cx.charge(cost);
        return lifts.map((lift) => lift(cx, source));
      };
    return (cx, source) => {
      cx.charge(cost);
      const record: Record<string, unknown> = {};
      for (let i = 0; i < lifts.length; i++) record[names[i]!] = lifts[i]!(cx, source);
      return record;
    };
  }

  #loadCases(shape: Shape, cases: readonly (number | null)[]): Load {
    const width = discriminantSize(cases.length);
    const offset = this.#layouts.payloadOffset(cases);
    const loads = cases.map((payload) => (payload === null ? null : this.load(payload)));
    return (cx, pointer) => {
      const number =
        width === 1
          ? cx.data.getUint8(pointer)
          : width === 2
            ? cx.data.getUint16(pointer, true)
            : cx.data.getUint32(pointer, true);
      if (number >= loads.length) throw new Trap(`invalid discriminant: ${number} of ${loads.length} cases`);
      const load = loads[number]!;
      cx.charge(shape.objects ? objectCost : 0);
      return shape.make(number, load === null ? undefined : load(cx, pointer + offset));
    };
  }
  #flatCases(shape: Shape, cases: readonly (number | null)[]): FlatLift {
    const payloads = cases.map((payload) => (payload === null ? "" : this.#layouts.of(payload).flat!));
    const lifts = cases.map((payload) => (payload === null ? null : this.flat(payload)));
    const joined = this.#layouts.joined(cases);
    return (cx, source) => {
      const number = next(source) >>> 0;
      if (number >= lifts.length) throw new Trap(`invalid discriminant: ${number} of ${lifts.length} cases`);
      const lift = lifts[number]!;
      cx.charge(shape.objects ? objectCost : 0);
      const at = source.at;
      source.at += joined.length;
      if (lift === null) return shape.make(number, undefined);
      const values = [...payloads[number]!].map((core, i) => narrow(source.values[at + i]!, joined[i]!, core));
      return shape.make(number, lift(cx, { values, at: 0 }));
    };
  }

  #list(element: number): FlatLift {
    const { size, align } = this.#layouts.of(element);
    const range = this.#elements(element);
    return (cx, source) => {
      const pointer = next(source);
      const length = next(source) >>> 0;
      const at = cx.check(pointer, length * size, align);
      return range(cx, at, length);
    };
  }
  #map([key, value]: readonly [number, number]): FlatLift {
    const { offsets, layout } = this.#layouts.record([key, value]);
    const loads = [this.load(key), this.load(value)] as const;
    return (cx, source) => {
      const pointer = next(source);
      const length = next(source) >>> 0;
      const at = cx.check(pointer, length * layout.size, layout.align);
      cx.charge(listCost + length * entryCost);
      const map = new Map<unknown, unknown>();
      for (let i = 0; i < length; i++) {
        const entry = at + i * layout.size;
        map.set(loads[0](cx, entry + offsets[0]!), loads[1](cx, entry + offsets[1]!));
      }
      return map;
    };
  }
  #range(element: number, length: number): Load {
    const range = this.#elements(element);
    return (cx, pointer) => range(cx, pointer, length);
  }
  #flatArray(element: number, length: number): FlatLift {
    const lift = this.flat(element);
    const type = this.#layouts.types[element]!;
    const typed = typeof type === "string" ? numberArrays[type] : undefined;
    return (cx, source) => {
      cx.charge(listCost + length * slotCost);
      const values = Array.from({ length }, () => lift(cx, source));
      return typed === undefined ? values : typed.from(values as never);
    };
  }

  /** `length` elements one after the other: numbers as a typed array of their own, others as an array. */
  #elements(element: number): (cx: AbiContext, at: number, length: number) => unknown {
    const type = this.#layouts.types[element]!;
    const typed = typeof type === "string" ? numberArrays[type] : undefined;
    const { size } = this.#layouts.of(element);
    if (typed !== undefined)
      return (cx, at, length) => {
        cx.charge(listCost + length * size);
        return new typed(cx.octets.slice(at, at + length * size).buffer as ArrayBuffer);
      };
    const load = this.load(element);
    return (cx, at, length) => {
      cx.charge(listCost + length * slotCost);
      const list: unknown[] = [];
      for (let i = 0; i < length; i++) list.push(load(cx, at + i * size));
      return list;
    };
  }
}

// What values cost the host, about: V8 says nothing more exact.
const objectCost = 32;
const slotCost = 16;
/** An array, a typed array with its buffer, or a map. */
const listCost = 160;
const entryCost = 48;

function next(source: FlatSource): number {
  return source.values[source.at++] as number;
}
function recordNames(type: PlanType): readonly string[] | null {
  return typeof type !== "string" && "record" in type ? type.record.map(([name]) => camelCase(name)) : null;
}

function loadFlags(labels: readonly string[]): Load {
  const names = labels.map(camelCase);
  const size = flagsSize(labels.length);
  const cost = objectCost + names.length * slotCost;
  return (cx, pointer) => {
    cx.charge(cost);
    const flags: Record<string, boolean> = {};
    for (let i = 0; i < names.length; i++)
      flags[names[i]!] = ((cx.data.getUint8(pointer + (i >> 3)) >> (i & 7)) & 1) === 1;
    return size === 0 ? {} : flags;
  };
}
function flatFlags(labels: readonly string[]): FlatLift {
  const names = labels.map(camelCase);
  const cost = objectCost + names.length * slotCost;
  const words = Math.min(maxFlatParams, Math.ceil(labels.length / 32));
  return (cx, source) => {
    cx.charge(cost);
    const flags: Record<string, boolean> = {};
    for (let i = 0; i < names.length; i++)
      flags[names[i]!] = (((source.values[source.at + (i >> 5)] as number) >> (i & 31)) & 1) === 1;
    source.at += words;
    return flags;
  };
}

/** Finds or makes and keeps; what is being made may ask for itself only through other types, which WIT forbids. */
export function memo<T>(known: Map<number, T>, index: number, make: () => T): T {
  let found = known.get(index);
  if (found === undefined) {
    found = make();
    known.set(index, found);
  }
  return found;
}
