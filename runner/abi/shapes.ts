import type { PlanType } from "../link/plan.ts";
import { unexpected } from "./error.ts";

/** How the cases of a variant, enum, option or result look in JavaScript. */
export interface Shape {
  /** Whether `make` makes an object. */
  readonly objects: boolean;
  readonly make: (index: number, payload: unknown) => unknown;
  /** The case of a value, and its payload; an `AbiError` where there is no such case. */
  readonly read: (value: unknown) => readonly [index: number, payload: unknown];
  /** What to put before the path of a bad payload; empty where the payload stands for itself. */
  readonly step: string;
}

/** The shape that jco gives the type. */
export function makeCases(type: PlanType, types: readonly PlanType[]): Shape {
  if (typeof type === "string") throw new TypeError(`no cases: ${type}`);
  if ("enum" in type) return enumShape(type.enum);
  if ("result" in type) return taggedShape(["ok", "err"], type.result);
  if ("option" in type)
    return isNullable(type, types) ? nullableShape : taggedShape(["none", "some"], [null, type.option]);
  if ("variant" in type)
    return taggedShape(
      type.variant.map(([name]) => name),
      type.variant.map(([, payload]) => payload),
    );
  throw new TypeError("no cases");
}

/** An option is `T | undefined` unless its payload is itself such an option: then it is tagged (jco's `as_nullable`). */
function isNullable(type: PlanType, types: readonly PlanType[]): boolean {
  let nullable = false;
  let depth = 0;
  for (let at: PlanType | undefined = type; typeof at === "object" && "option" in at; at = types[at.option]) depth++;
  for (let i = 0; i < depth; i++) nullable = !nullable;
  return nullable;
}

const nullableShape: Shape = {
  objects: false,
  make: (index, payload) => (index === 0 ? undefined : payload),
  read: (value) => (value === undefined || value === null ? [0, undefined] : [1, value]),
  step: "",
};

function enumShape(names: readonly string[]): Shape {
  const numbers = new Map(names.map((name, index) => [name, index]));
  return {
    objects: false,
    make: (index) => names[index],
    read: (value) => {
      const index = numbers.get(value as string);
      if (index === undefined) throw unexpected(oneOf(names), value);
      return [index, undefined];
    },
    step: "",
  };
}

function taggedShape(names: readonly string[], payloads: readonly (number | null)[]): Shape {
  const numbers = new Map(names.map((name, index) => [name, index]));
  return {
    objects: true,
    make: (index, payload) =>
      payloads[index] === null ? { tag: names[index]! } : { tag: names[index]!, val: payload },
    read: (value) => {
      if (typeof value !== "object" || value === null || !("tag" in value))
        throw unexpected(`{ tag, val } with tag ${oneOf(names)}`, value);
      const index = numbers.get(value.tag as string);
      if (index === undefined) throw unexpected(`tag ${oneOf(names)}`, value.tag);
      return [index, "val" in value ? value.val : undefined];
    },
    step: "val",
  };
}

const named = 8;
function oneOf(names: readonly string[]): string {
  const quoted = names.slice(0, named).map((name) => JSON.stringify(name));
  return names.length > named ? `one of ${quoted.join(", ")}…` : quoted.join(" or ");
}
