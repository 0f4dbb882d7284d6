import type { Schema } from "./schema.ts";

/** The JSON type of a value; undefined for what JSON cannot say. */
export function typeOf(
  data: unknown,
): "null" | "object" | "array" | "string" | "integer" | "number" | "boolean" | undefined {
  if (data === null) return "null";
  if (Array.isArray(data)) return "array";
  switch (typeof data) {
    case "object":
      return "object";
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
      return Number.isInteger(data) ? "integer" : Number.isFinite(data) ? "number" : undefined;
    default:
      return undefined;
  }
}

const typeNames = {
  object: "a map",
  array: "a list",
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
} as const;

/** The type as a manifest's author calls it: `a list`. Without a type it is one that takes a number or text. */
export function wantedType(type: Schema["type"]): string {
  return type === undefined ? "an integer or a string" : typeNames[type];
}

const maxShown = 60;

/** A value as a message shows it: short, on one line. */
export function found(data: unknown): string {
  const type = typeOf(data);
  if (type === "null") return "nothing";
  if (type === "object" || type === "array") return typeNames[type];
  if (type !== "string") return String(data).slice(0, maxShown);
  const text = data as string;
  return JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
}

/** What makes an item of this list unique, or undefined where nothing does or the item is not sound. */
export function listKeys(schema: Schema, item: unknown): readonly unknown[] | undefined {
  const listType = schema["x-kubernetes-list-type"];
  if (listType === "set") return [item];
  if (listType !== "map" || typeOf(item) !== "object") return undefined;
  const keys = (schema["x-kubernetes-list-map-keys"] ?? []).map((key) => (item as Record<string, unknown>)[key]);
  return keys.every((key) => typeof key === "string" || typeof key === "number") ? keys : undefined;
}

/** True when the value is in the range or the form that the format names. */
export function hasFormat(format: NonNullable<Schema["format"]>, data: string | number): boolean {
  switch (format) {
    case "int32":
      return typeof data === "number" && data >= -(2 ** 31) && data < 2 ** 31;
    case "int64":
      return Number.isSafeInteger(data);
    case "date-time":
      return typeof data === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(data);
  }
}
