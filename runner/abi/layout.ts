import type { PlanType } from "../link/plan.ts";

/** How a type lies in linear memory, and as core values. */
export interface Layout {
  /** Bytes, a multiple of `align`. */
  readonly size: number;
  readonly align: number;
  /** Core types as letters (`iild`), or null where there are more than 16: such a value never travels flat. */
  readonly flat: string | null;
}

/** Most core values that parameters may take; more go through memory. */
export const maxFlatParams = 16;
/** Most core values that a result may take. */
export const maxFlatResults = 1;

/** The size of a variant's discriminant, and how many bytes flags take. */
export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4;
}
/** Bytes of a flags type: 1, 2, or a multiple of 4. */
export function flagsSize(count: number): number {
  return count <= 8 ? 1 : count <= 16 ? 2 : 4 * Math.ceil(count / 32);
}
/** Rounds up to a multiple of `align`. */
export function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** The cases of everything that is a variant underneath: payload types, null for none. */
export function casesOf(type: PlanType): readonly (number | null)[] | null {
  if (typeof type === "string") return null;
  if ("variant" in type) return type.variant.map(([, payload]) => payload);
  if ("option" in type) return [null, type.option];
  if ("result" in type) return type.result;
  if ("enum" in type) return type.enum.map(() => null);
  return null;
}

/** The fields of everything that is a record underneath. */
export function fieldsOf(type: PlanType): readonly number[] | null {
  if (typeof type === "string") return null;
  if ("record" in type) return type.record.map(([, field]) => field);
  if ("tuple" in type) return type.tuple;
  return null;
}

const primitives: Readonly<Record<Extract<PlanType, string>, Layout>> = {
  bool: { size: 1, align: 1, flat: "i" },
  s8: { size: 1, align: 1, flat: "i" },
  u8: { size: 1, align: 1, flat: "i" },
  s16: { size: 2, align: 2, flat: "i" },
  u16: { size: 2, align: 2, flat: "i" },
  s32: { size: 4, align: 4, flat: "i" },
  u32: { size: 4, align: 4, flat: "i" },
  s64: { size: 8, align: 8, flat: "l" },
  u64: { size: 8, align: 8, flat: "l" },
  float32: { size: 4, align: 4, flat: "f" },
  float64: { size: 8, align: 8, flat: "d" },
  char: { size: 4, align: 4, flat: "i" },
  string: { size: 8, align: 4, flat: "ii" },
  errorcontext: { size: 4, align: 4, flat: "i" },
};
const pair: Layout = { size: 8, align: 4, flat: "ii" };
const handle: Layout = { size: 4, align: 4, flat: "i" };

/** Layouts of the types of one plan, each computed once (CanonicalABI.md, "Alignment", "Element Size", "Flattening"). */
export class Layouts {
  readonly types: readonly PlanType[];
  readonly #known = new Map<number, Layout>();
  constructor(types: readonly PlanType[]) {
    this.types = types;
  }

  of(index: number): Layout {
    let layout = this.#known.get(index);
    if (layout === undefined) {
      layout = this.#compute(this.types[index]!);
      this.#known.set(index, layout);
    }
    return layout;
  }

  /** The flat form of several values one after the other; null for more than `max` core values. */
  flat(indices: readonly number[], max: number): string | null {
    let all = "";
    for (const index of indices) {
      const flat = this.of(index).flat;
      if (flat === null || all.length + flat.length > max) return null;
      all += flat;
    }
    return all;
  }

  /** Offsets of the fields of a record, and its layout. */
  record(fields: readonly number[]): { readonly offsets: readonly number[]; readonly layout: Layout } {
    let size = 0;
    let align = 1;
    const offsets = fields.map((field) => {
      const layout = this.of(field);
      const offset = alignTo(size, layout.align);
      size = offset + layout.size;
      align = Math.max(align, layout.align);
      return offset;
    });
    return { offsets, layout: { size: alignTo(size, align), align, flat: this.flat(fields, maxFlatParams) } };
  }

  /** Where the payload of a variant lies. */
  payloadOffset(cases: readonly (number | null)[]): number {
    const align = Math.max(1, ...present(cases).map((payload) => this.of(payload).align));
    return alignTo(discriminantSize(cases.length), align);
  }

  /** The core types that the payloads of a variant share; each payload must have a flat form. */
  joined(cases: readonly (number | null)[]): string {
    return present(cases).reduce((joined, payload) => join(joined, this.of(payload).flat!), "");
  }

  #compute(type: PlanType): Layout {
    if (typeof type === "string") return primitives[type];
    const fields = fieldsOf(type);
    if (fields !== null) return this.record(fields).layout;
    const cases = casesOf(type);
    if (cases !== null) return this.#variant(cases);
    if ("list" in type || "map" in type) return pair;
    if ("array" in type) return this.#array(...type.array);
    if ("flags" in type) {
      const size = flagsSize(type.flags.length);
      const words = Math.ceil(type.flags.length / 32);
      return { size, align: Math.min(size, 4), flat: words <= maxFlatParams ? "i".repeat(words) : null };
    }
    return handle;
  }

  #variant(cases: readonly (number | null)[]): Layout {
    const payloads = present(cases).map((payload) => this.of(payload));
    const discriminant = discriminantSize(cases.length);
    const align = Math.max(discriminant, ...payloads.map((payload) => payload.align));
    const largest = Math.max(0, ...payloads.map((payload) => payload.size));
    const size = alignTo(this.payloadOffset(cases) + largest, align);
    const flattens = payloads.every((payload) => payload.flat !== null);
    const joined = flattens ? this.joined(cases) : "";
    return { size, align, flat: flattens && joined.length < maxFlatParams ? `i${joined}` : null };
  }

  #array(element: number, length: number): Layout {
    const { size, align, flat } = this.of(element);
    const fits = flat !== null && flat.length * length <= maxFlatParams;
    return { size: size * length, align, flat: fits ? flat.repeat(length) : null };
  }
}

function present(cases: readonly (number | null)[]): number[] {
  return cases.filter((payload) => payload !== null);
}

function join(a: string, b: string): string {
  let joined = "";
  for (let i = 0; i < Math.max(a.length, b.length); i++) joined += joinOne(a[i], b[i]);
  return joined;
}
function joinOne(a: string | undefined, b: string | undefined): string {
  if (a === undefined || b === undefined || a === b) return (a ?? b)!;
  return "if".includes(a) && "if".includes(b) ? "i" : "l";
}
