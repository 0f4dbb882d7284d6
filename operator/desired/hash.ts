import { hash as digest } from "node:crypto";

/** The same text for the same data, whatever the order of its keys. Undefined fields count as absent. */
export function canonicalJson(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => (isMap(value) ? sorted(value) : value));
}

/** The first `length` hexadecimal digits of the sha256 of some data. */
export function hashOf(data: unknown, length: number): string {
  return digest("sha256", canonicalJson(data), "hex").slice(0, length);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(map: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
