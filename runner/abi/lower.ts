import type { PlanType } from "../link/plan.ts";
import { type Core, widen, zeroOf } from "./coerce.ts";
import type { AbiContext } from "./context.ts";
import { unexpected, within } from "./error.ts";
import { casesOf, discriminantSize, fieldsOf, flagsSize, type Layouts } from "./layout.ts";
import { memo } from "./lift.ts";
import { camelCase } from "./names.ts";
import { type NumberArray, numberArrays, primitiveLowers } from "./primitives.ts";
import { makeCases, type Shape } from "./shapes.ts";

/** Writes a value at an address that has been checked. Throws `AbiError` for a value that does not fit the type. */
export type Store = (cx: AbiContext, value: unknown, pointer: number) => void;
/** Appends a value's core values to `out`. */
export type FlatLower = (cx: AbiContext, value: unknown, out: Core[]) => void;

/** Turns JavaScript values into guest ones; closures are made once a type. */
export class Lowerer {
  readonly #layouts: Layouts;
  readonly #stores = new Map<number, Store>();
  readonly #flats = new Map<number, FlatLower>();
  constructor(layouts: Layouts) {
    this.#layouts = layouts;
  }

  store(index: number): Store {
    return memo(this.#stores, index, () => this.#makeStore(this.#layouts.types[index]!));
  }
  flat(index: number): FlatLower {
    return memo(this.#flats, index, () => this.#makeFlat(this.#layouts.types[index]!));
  }

  #makeStore(type: PlanType): Store {
    if (typeof type === "string") return primitiveLowers[type].store;
    const fields = fieldsOf(type);
    if (fields !== null) return this.#storeFields(type, fields);
    const cases = casesOf(type);
    if (cases !== null) return this.#storeCases(makeCases(type, this.#layouts.types), cases);
    if ("array" in type) {
      const store = this.#elements(type.array[0]);
      return (cx, value, pointer) => store(cx, listOf(value, type.array[1]), pointer);
    }
    if ("flags" in type) return storeFlags(type.flags);
    const flat = this.#makeFlat(type);
    return (cx, value, pointer) => {
      const out: Core[] = [];
      flat(cx, value, out);
      for (let i = 0; i < out.length; i++) cx.data.setInt32(pointer + 4 * i, out[i] as number, true);
    };
  }

  #makeFlat(type: PlanType): FlatLower {
    if (typeof type === "string") return primitiveLowers[type].flat;
    const fields = fieldsOf(type);
    if (fields !== null) return this.#flatFields(type, fields);
    const cases = casesOf(type);
    if (cases !== null) return this.#flatCases(makeCases(type, this.#layouts.types), cases);
    if ("list" in type) return this.#list(type.list);
    if ("map" in type) return this.#map(type.map);
    if ("array" in type) return this.#flatArray(type.array[0], type.array[1]);
    if ("flags" in type) return flatFlags(type.flags);
    if ("own" in type) return (cx, value, out) => void out.push(cx.lowerOwn(type.own, value));
    if ("borrow" in type) return (cx, value, out) => void out.push(cx.lowerBorrow(type.borrow, value));
    return (_, value) => {
      throw unexpected("a type other than a stream or a future, which are not supported", value);
    };
  }

  #storeFields(type: PlanType, fields: readonly number[]): Store {
    const { offsets } = this.#layouts.record(fields);
    const stores = fields.map((field) => this.store(field));
    const members = membersOf(type, fields.length);
    return (cx, value, pointer) => {
      const values = members.read(value);
      for (let i = 0; i < stores.length; i++) {
        try {
          stores[i]!(cx, values[members.keys[i]!], pointer + offsets[i]!);
        } catch (error) {
          within(members.steps[i]!, error);
        }
      }
    };
  }
  #flatFields(type: PlanType, fields: readonly number[]): FlatLower {
    const lowers = fields.map((field) => this.flat(field));
    const members = membersOf(type, fields.length);
    return (cx, value, out) => {
      const values = members.read(value);
      for (let i = 0; i < lowers.length; i++) {
        try {
          lowers[i]!(cx, values[members.keys[i]!], out);
        } catch (error) {
          within(members.steps[i]!, error);
        }
      }
    };
  }

  #storeCases(shape: Shape, cases: readonly (number | null)[]): Store {
    const width = discriminantSize(cases.length);
    const offset = this.#layouts.payloadOffset(cases);
    const stores = cases.map((payload) => (payload === null ? null : this.store(payload)));
    return (cx, value, pointer) => {
      const [index, payload] = shape.read(value);
      if (width === 1) cx.data.setUint8(pointer, index);
      else if (width === 2) cx.data.setUint16(pointer, index, true);
      else cx.data.setUint32(pointer, index, true);
      try {
        stores[index]?.(cx, payload, pointer + offset);
      } catch (error) {
        inPayload(shape, error);
      }
    };
  }
  #flatCases(shape: Shape, cases: readonly (number | null)[]): FlatLower {
    const payloads = cases.map((payload) => (payload === null ? "" : this.#layouts.of(payload).flat!));
    const lowers = cases.map((payload) => (payload === null ? null : this.flat(payload)));
    const joined = this.#layouts.joined(cases);
    return (cx, value, out) => {
      const [index, payload] = shape.read(value);
      out.push(index);
      const values: Core[] = [];
      try {
        lowers[index]?.(cx, payload, values);
      } catch (error) {
        inPayload(shape, error);
      }
      const core = payloads[index]!;
      for (let i = 0; i < joined.length; i++)
        out.push(i < core.length ? widen(values[i]!, core[i]!, joined[i]!) : zeroOf(joined[i]));
    };
  }

  #list(element: number): FlatLower {
    const { size, align } = this.#layouts.of(element);
    const store = this.#elements(element);
    return (cx, value, out) => {
      const list = listOf(value);
      const pointer = cx.allocate(align, bytesOf(list.length, size, value));
      store(cx, list, pointer);
      out.push(pointer, list.length);
    };
  }
  #map([key, value]: readonly [number, number]): FlatLower {
    const { offsets, layout } = this.#layouts.record([key, value]);
    const stores = [this.store(key), this.store(value)] as const;
    return (cx, map, out) => {
      if (!isMap(map)) throw unexpected("a Map", map);
      const pointer = cx.allocate(layout.align, bytesOf(map.size, layout.size, map));
      let at = pointer;
      for (const [k, v] of map) {
        try {
          stores[0](cx, k, at + offsets[0]!);
          stores[1](cx, v, at + offsets[1]!);
        } catch (error) {
          within(`[${String(k)}]`, error);
        }
        at += layout.size;
      }
      out.push(pointer, map.size);
    };
  }
  #flatArray(element: number, length: number): FlatLower {
    const lower = this.flat(element);
    return (cx, value, out) => {
      const list = listOf(value, length);
      for (let i = 0; i < length; i++) {
        try {
          lower(cx, list[i], out);
        } catch (error) {
          within(`[${i}]`, error);
        }
      }
    };
  }

  /** Writes elements one after the other; typed arrays of the right kind in one copy. */
  #elements(element: number): (cx: AbiContext, list: ArrayLike<unknown>, pointer: number) => void {
    const type = this.#layouts.types[element]!;
    const typed = typeof type === "string" ? numberArrays[type] : undefined;
    const { size } = this.#layouts.of(element);
    const store = this.store(element);
    return (cx, list, pointer) => {
      if (typed !== undefined && isKind(list, typed))
        return cx.octets.set(new Uint8Array(list.buffer, list.byteOffset, list.byteLength), pointer);
      for (let i = 0; i < list.length; i++) {
        try {
          store(cx, list[i], pointer + i * size);
        } catch (error) {
          within(`[${i}]`, error);
        }
      }
    };
  }
}

interface Members {
  readonly keys: readonly (string | number)[];
  readonly steps: readonly string[];
  /** The value as something to take the keys of; an `AbiError` where it is none. */
  readonly read: (value: unknown) => Readonly<Record<string | number, unknown>>;
}
function membersOf(type: PlanType, length: number): Members {
  if (typeof type !== "string" && "record" in type) {
    const keys = type.record.map(([name]) => camelCase(name));
    return {
      keys,
      steps: keys,
      read: (value) => {
        if (typeof value !== "object" || value === null) throw unexpected(`an object with ${keys.join(", ")}`, value);
        return value as Record<string, unknown>;
      },
    };
  }
  const keys = Array.from({ length }, (_, i) => i);
  return { keys, steps: keys.map((key) => `[${key}]`), read: (value) => listOf(value, length) as never };
}

function inPayload(shape: Shape, error: unknown): never {
  if (shape.step === "") throw error;
  return within(shape.step, error);
}

function listOf(value: unknown, length?: number): ArrayLike<unknown> {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
  const wanted = length === undefined ? "an array" : `an array of ${length}`;
  if (!isList || (length !== undefined && (value as ArrayLike<unknown>).length !== length))
    throw unexpected(wanted, value);
  return value as ArrayLike<unknown>;
}
/** Across realms too: tests run in another one than Node's own modules. */
function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === "[object Map]";
}
function isKind(list: ArrayLike<unknown>, kind: NumberArray): list is Uint8Array {
  if (!ArrayBuffer.isView(list)) return false;
  return Object.prototype.toString.call(list) === `[object ${kind.name}]`;
}
function bytesOf(length: number, size: number, value: unknown): number {
  const bytes = length * size;
  if (bytes > 0x7fff_ffff) throw unexpected("a list that fits a guest's memory", value);
  return bytes;
}

function flagBits(names: readonly string[], value: unknown): number[] {
  const words = Array.from({ length: Math.ceil(names.length / 32) }, () => 0);
  if (value === undefined || value === null) return words;
  if (typeof value !== "object") throw unexpected("an object of booleans", value);
  for (let i = 0; i < names.length; i++) {
    const flag = (value as Record<string, unknown>)[names[i]!];
    if (flag === true) words[i >> 5]! |= 1 << (i & 31);
    else if (flag !== false && flag !== undefined) within(names[i]!, unexpected("a boolean", flag));
  }
  return words;
}
function storeFlags(labels: readonly string[]): Store {
  const names = labels.map(camelCase);
  const size = flagsSize(labels.length);
  return (cx, value, pointer) => {
    const words = flagBits(names, value);
    if (size === 1) cx.data.setUint8(pointer, words[0]!);
    else if (size === 2) cx.data.setUint16(pointer, words[0]!, true);
    else words.forEach((word, i) => void cx.data.setInt32(pointer + 4 * i, word, true));
  };
}
function flatFlags(labels: readonly string[]): FlatLower {
  const names = labels.map(camelCase);
  return (_, value, out) => void out.push(...flagBits(names, value));
}
