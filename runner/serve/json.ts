import { camelCase } from "../abi/names.ts";
import type { PlanType } from "../link/plan.ts";
import { expected, invalid, unsupported } from "./json-errors.ts";
import { primitiveFromJson, primitiveToJson } from "./json-primitives.ts";

/** The types that numbers point into: `Plan.types`. */
export type Types = readonly PlanType[];

/**
 * A WIT value out of JSON, as `LinkedFunction.call` takes it. `path` names the value in errors: `user.email`.
 * Throws `CallError` `invalid-argument`. The mapping is in docs/call.md.
 */
export function fromJson(types: Types, index: number, json: unknown, path: string): unknown {
  const type = types[index]!;
  if (typeof type === "string") return primitiveFromJson(type, json, path);
  if ("record" in type) {
    const object = objectFromJson(json, path);
    const known = type.record.map(([name]) => name);
    closed(object, known, path, "field");
    return Object.fromEntries(
      type.record.map(([name, of]) => {
        // Not what every object inherits: a field may be called `constructor`.
        const value = Object.hasOwn(object, name) ? object[name] : undefined;
        if (value === undefined && !isOption(types, of))
          throw invalid(path, `it lacks the field ${JSON.stringify(name)}`);
        return [camelCase(name), fromJson(types, of, value ?? null, `${path}.${name}`)];
      }),
    );
  }
  if ("variant" in type) return variantFromJson(types, type.variant, json, path);
  if ("enum" in type) return oneOf(type.enum, json, path);
  if ("flags" in type) {
    const names = arrayFromJson(json, path).map((item, i) => oneOf(type.flags, item, `${path}[${i}]`));
    return Object.fromEntries(type.flags.map((name) => [camelCase(name), names.includes(name)]));
  }
  if ("option" in type) {
    const nested = isOption(types, type.option);
    const some = json === null || json === undefined ? undefined : nested ? someOf(json, path) : { some: json };
    const val = some && fromJson(types, type.option, some.some, nested ? `${path}.some` : path);
    if (isNullable(types, index)) return val;
    return some === undefined ? { tag: "none" } : { tag: "some", val };
  }
  if ("result" in type) return resultFromJson(types, type.result, json, path);
  if ("tuple" in type) {
    const items = arrayFromJson(json, path, type.tuple.length);
    return type.tuple.map((of, i) => fromJson(types, of, items[i], `${path}[${i}]`));
  }
  if ("list" in type) return listFromJson(types, type.list, json, path);
  if ("array" in type) return listFromJson(types, type.array[0], json, path, type.array[1]);
  if ("map" in type) return mapFromJson(types, type.map, json, path);
  throw unsupported(type, path);
}

/** JSON out of a WIT value as `LinkedFunction.call` gives it; what `fromJson` takes back. */
export function toJson(types: Types, index: number, value: unknown): unknown {
  const type = types[index]!;
  if (typeof type === "string") return primitiveToJson(value);
  if ("record" in type) {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(type.record.map(([name, of]) => [name, toJson(types, of, record[camelCase(name)])]));
  }
  if ("variant" in type) {
    const { tag, val } = value as { tag: string; val: unknown };
    const of = type.variant.find(([name]) => name === tag)?.[1] ?? null;
    return of === null ? { tag } : { tag, val: toJson(types, of, val) };
  }
  if ("enum" in type) return value;
  if ("flags" in type) return type.flags.filter((name) => (value as Record<string, boolean>)[camelCase(name)]);
  if ("option" in type) {
    const nullable = isNullable(types, index);
    if (nullable ? value === undefined : (value as { tag: string }).tag === "none") return null;
    const some = toJson(types, type.option, nullable ? value : (value as { val?: unknown }).val);
    return isOption(types, type.option) ? { some } : some;
  }
  if ("result" in type) {
    const { tag, val } = value as { tag: "ok" | "err"; val: unknown };
    const of = type.result[tag === "ok" ? 0 : 1];
    return { [tag]: of === null ? null : toJson(types, of, val) };
  }
  if ("tuple" in type) return type.tuple.map((of, i) => toJson(types, of, (value as unknown[])[i]));
  if ("list" in type) return Array.from(value as ArrayLike<unknown>, (item) => toJson(types, type.list, item));
  if ("array" in type) return Array.from(value as ArrayLike<unknown>, (item) => toJson(types, type.array[0], item));
  if ("map" in type) return mapToJson(types, type.map, value as Map<unknown, unknown>);
  throw unsupported(type, "result");
}

function variantFromJson(
  types: Types,
  cases: readonly (readonly [string, number | null])[],
  json: unknown,
  path: string,
): unknown {
  const names = cases.map(([name]) => name);
  if (typeof json === "string") {
    const tag = oneOf(names, json, path);
    const of = cases.find(([name]) => name === tag)![1];
    if (of !== null) throw invalid(path, `the case needs a value: write {"tag": "${tag}", "val": …}`);
    return { tag };
  }
  const object = objectFromJson(json, path, `{"tag": …, "val": …}`);
  closed(object, ["tag", "val"], path, "key");
  const tag = oneOf(names, object["tag"], `${path}.tag`);
  const of = cases.find(([name]) => name === tag)![1];
  if (of === null) {
    if (object["val"] !== undefined && object["val"] !== null) throw invalid(path, `the case "${tag}" has no value`);
    return { tag };
  }
  return { tag, val: fromJson(types, of, object["val"] ?? null, `${path}.val`) };
}

function resultFromJson(
  types: Types,
  [ok, err]: readonly [number | null, number | null],
  json: unknown,
  path: string,
): unknown {
  const object = objectFromJson(json, path, `{"ok": …} or {"err": …}`);
  const keys = Object.keys(object);
  if (keys.length !== 1 || (keys[0] !== "ok" && keys[0] !== "err"))
    throw expected(`{"ok": …} or {"err": …}`, json, path);
  const tag = keys[0];
  const of = tag === "ok" ? ok : err;
  return { tag, val: of === null ? undefined : fromJson(types, of, object[tag] ?? null, `${path}.${tag}`) };
}

function listFromJson(types: Types, of: number, json: unknown, path: string, length?: number): unknown {
  const base64 = types[of] === "u8" && isObject(json) ? json["base64"] : undefined;
  if (base64 !== undefined) return bytesFromBase64(base64, path, length);
  return arrayFromJson(json, path, length).map((item, i) => fromJson(types, of, item, `${path}[${i}]`));
}

function bytesFromBase64(base64: unknown, path: string, length: number | undefined): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(base64 as string);
  } catch {
    throw expected("base64 text", base64, `${path}.base64`);
  }
  if (length !== undefined && bytes.length !== length)
    throw invalid(path, `it has ${bytes.length} bytes, not ${length}`);
  return bytes;
}

function mapFromJson(types: Types, [key, of]: readonly [number, number], json: unknown, path: string): unknown {
  const entries: [unknown, unknown][] =
    types[key] === "string" && isObject(json)
      ? Object.entries(json)
      : arrayFromJson(json, path).map((pair, i) => arrayFromJson(pair, `${path}[${i}]`, 2) as [unknown, unknown]);
  return new Map(
    entries.map(([k, v], i) => [
      fromJson(types, key, k, `${path}[${i}][0]`),
      fromJson(types, of, v, `${path}[${typeof k === "string" ? JSON.stringify(k) : i}]`),
    ]),
  );
}

function mapToJson(types: Types, [key, of]: readonly [number, number], value: Map<unknown, unknown>): unknown {
  const entries = [...value].map(([k, v]) => [toJson(types, key, k), toJson(types, of, v)]);
  return types[key] === "string" ? Object.fromEntries(entries) : entries;
}

function isOption(types: Types, index: number): boolean {
  const type = types[index]!;
  return typeof type !== "string" && "option" in type;
}

/** An option is `T | undefined` in JavaScript unless its payload is one already: then it is tagged (as jco maps it). */
function isNullable(types: Types, index: number): boolean {
  const type = types[index]!;
  return typeof type !== "string" && "option" in type && !isNullable(types, type.option);
}

function someOf(json: unknown, path: string): { some: unknown } {
  const object = objectFromJson(json, path, `{"some": …} or null`);
  if (!("some" in object) || Object.keys(object).length !== 1) throw expected(`{"some": …} or null`, json, path);
  return { some: object["some"] };
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function objectFromJson(json: unknown, path: string, shape = "an object"): Record<string, unknown> {
  if (!isObject(json)) throw expected(shape, json, path);
  return json;
}

function arrayFromJson(json: unknown, path: string, length?: number): unknown[] {
  if (!Array.isArray(json)) throw expected("an array", json, path);
  if (length !== undefined && json.length !== length)
    throw invalid(path, `it has ${json.length} items, and the type has ${length}`);
  return json;
}

function oneOf(names: readonly string[], json: unknown, path: string): string {
  if (typeof json !== "string" || !names.includes(json))
    throw expected(`one of ${names.map((name) => JSON.stringify(name)).join(", ")}`, json, path);
  return json;
}

function closed(object: object, known: readonly string[], path: string, what: string): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw invalid(path, `it has no ${what} ${JSON.stringify(unknown)}, only ${known.join(", ") || "none"}`);
}
