import { suggestion } from "./nearest.ts";
import { joinPath } from "./path.ts";
import type { Rule, Schema } from "./schema.ts";
import { found, hasFormat, listKeys, typeOf, wantedType } from "./values.ts";

/** One thing that is wrong with some data. */
export interface Problem {
  /** `spec.connections[2].from` */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** The key is what is wrong, not its value. */
  readonly key?: true;
}

/** The data with defaults filled in, or every problem with it in the order of the data. */
export type Validation<T> =
  | { readonly valid: true; readonly value: T }
  | { readonly valid: false; readonly problems: readonly Problem[] };

/** More problems than this help nobody. */
const maxProblems = 100;

/**
 * Checks plain data (as JSON has it) against a schema and fills in defaults in a copy. It says all that is wrong at once
 * and never throws, whatever the data is. As the API server does, it takes `null` for an absent field, and asks the rules of
 * an object only where its fields fit. `T` must be `Infer` of the schema.
 */
export function validate<T>(schema: Schema, data: unknown, path = ""): Validation<T> {
  const validator = new Validator();
  const value = validator.value(schema, data, path);
  const { problems } = validator;
  return problems.length === 0 ? { valid: true, value: value as T } : { valid: false, problems };
}

class Validator {
  readonly problems: Problem[] = [];

  #report(path: string, message: string, more: { readonly hint?: string | undefined; readonly key?: true } = {}): void {
    if (this.problems.length >= maxProblems) return;
    const { hint, key } = more;
    this.problems.push({
      path,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(key === undefined ? {} : { key }),
    });
  }

  value(schema: Schema, data: unknown, path: string): unknown {
    if (this.problems.length >= maxProblems) return data;
    const before = this.problems.length;
    const result = this.#checked(schema, data, path);
    if (this.problems.length === before) {
      for (const rule of schema["x-kubernetes-validations"] ?? []) this.#rule(rule, result, path);
    }
    return result;
  }

  #rule(rule: Rule, value: unknown, path: string): void {
    if (!rule.holds(value)) this.#report(`${path}${rule.fieldPath ?? ""}`.replace(/^\./, ""), rule.message);
  }

  #checked(schema: Schema, data: unknown, path: string): unknown {
    const type = typeOf(data);
    if (schema["x-kubernetes-int-or-string"]) {
      if (type !== "integer" && type !== "string") this.#wrongType(schema, data, path);
      return data;
    }
    if (schema.type === undefined) return data;
    if (type !== schema.type && !(schema.type === "number" && type === "integer")) {
      this.#wrongType(schema, data, path);
      return data;
    }
    switch (schema.type) {
      case "object":
        return this.#object(schema, data as Record<string, unknown>, path);
      case "array":
        return this.#list(schema, data as readonly unknown[], path);
      case "string":
        this.#string(schema, data as string, path);
        return data;
      case "integer":
      case "number":
        this.#number(schema, data as number, path);
        return data;
      default:
        return data;
    }
  }

  #wrongType({ type, pattern, description }: Schema, data: unknown, path: string): void {
    this.#report(path, `Must be ${wantedType(type)}: ${found(data)}`, {
      hint: type === "string" ? textHint(data, pattern, description) : undefined,
    });
  }

  #object(schema: Schema, data: Record<string, unknown>, path: string): unknown {
    const { properties = {}, additionalProperties } = schema;
    const entries: [string, unknown][] = [];
    for (const [key, value] of Object.entries(data)) {
      const inner = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      const at = joinPath(path, key);
      if (inner !== undefined) {
        if (value === undefined) continue;
        if (value !== null || additionalProperties !== undefined) entries.push([key, this.value(inner, value, at)]);
      } else if (schema["x-kubernetes-preserve-unknown-fields"]) entries.push([key, value]);
      else
        this.#report(at, `Unknown field: ${found(key)}`, { hint: suggestion(key, Object.keys(properties)), key: true });
    }
    const { maxProperties = Number.POSITIVE_INFINITY } = schema;
    if (entries.length > maxProperties)
      this.#report(path, `Must have at most ${maxProperties} keys: ${entries.length}`);
    for (const name of schema.required ?? []) {
      if (data[name] === undefined || data[name] === null || !Object.hasOwn(data, name)) this.#missing(name, path);
    }
    for (const [key, inner] of Object.entries(properties)) {
      const given = Object.hasOwn(data, key) && data[key] !== null && data[key] !== undefined;
      if (!given && inner.default !== undefined)
        entries.push([key, this.value(inner, inner.default, joinPath(path, key))]);
    }
    // Object.fromEntries defines own properties: a key `__proto__` stays a key.
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }

  #missing(name: string, path: string): void {
    this.#report(path, `Missing field: "${name}"`, { key: true });
  }

  #list(schema: Schema, data: readonly unknown[], path: string): unknown {
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items = {} } = schema;
    if (data.length < minItems)
      this.#report(path, `Must have at least ${minItems} ${minItems === 1 ? "item" : "items"}: ${data.length}`);
    if (data.length > maxItems) {
      this.#report(path, `Must have at most ${maxItems} items: ${data.length}`);
      return data;
    }
    const list = Array.from(data, (item, index) => this.value(items, item, joinPath(path, index)));
    this.#unique(schema, list, path);
    return list;
  }

  #unique(schema: Schema, list: readonly unknown[], path: string): void {
    const first = new Map<string, number>();
    for (const [index, item] of list.entries()) {
      const keys = listKeys(schema, item);
      if (keys === undefined) continue;
      const before = first.get(JSON.stringify(keys));
      const names = schema["x-kubernetes-list-map-keys"] ?? [];
      const at = names.reduce(
        (inner, name) => (names.length === 1 ? joinPath(inner, name) : inner),
        joinPath(path, index),
      );
      if (before !== undefined)
        this.#report(at, `Already used by ${joinPath(path, before)}: ${keys.map(found).join(", ")}`);
      else first.set(JSON.stringify(keys), index);
    }
  }

  #string(schema: Schema, data: string, path: string): void {
    const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
    // As the API server does, lengths count characters, not UTF-16 units.
    const length = data.length > maxLength || data.length < minLength * 2 ? [...data].length : data.length;
    if (schema.enum !== undefined && !schema.enum.includes(data)) {
      this.#report(path, `Must be one of ${schema.enum.join(", ")}: ${found(data)}`, {
        hint: nearHint(data, schema.enum),
      });
    } else if (length < minLength)
      this.#report(
        path,
        minLength === 1 ? "Must not be empty" : `Must have at least ${minLength} characters: ${found(data)}`,
      );
    else if (length > maxLength) this.#report(path, `Must have at most ${maxLength} characters: ${length}`);
    else if (pattern !== undefined && !new RegExp(pattern, "u").test(data)) {
      this.#report(path, `Must match ${pattern}: ${found(data)}`, { hint: withoutPeriod(schema.description) });
    } else if (format !== undefined && !hasFormat(format, data))
      this.#report(path, `Must be a ${format}: ${found(data)}`);
  }

  #number(schema: Schema, data: number, path: string): void {
    const { minimum, maximum, format } = schema;
    if (minimum !== undefined && data < minimum) this.#report(path, `Must be at least ${minimum}: ${data}`);
    else if (maximum !== undefined && data > maximum) this.#report(path, `Must be at most ${maximum}: ${data}`);
    else if (format !== undefined && !hasFormat(format, data)) this.#report(path, `Must be an ${format}: ${data}`);
  }
}

/** What to write instead of a bare number or word. What was read may not be what was written: 1.10 is the number 1.1. */
function textHint(data: unknown, pattern = "", description: string | undefined): string | undefined {
  if (typeof data !== "number" && typeof data !== "boolean") return undefined;
  return new RegExp(pattern, "u").test(String(data)) ? "Write it in quotes" : withoutPeriod(description);
}

function withoutPeriod(text: string | undefined): string | undefined {
  return text?.replace(/\.$/, "");
}

function nearHint(data: string, words: readonly string[]): string | undefined {
  const hint = suggestion(data, words);
  return hint?.startsWith("Did you mean") ? hint : undefined;
}
