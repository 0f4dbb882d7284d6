import type { Plan, PlanType } from "../link/plan.ts";
import { callPath, type ExportedFunction } from "./functions.ts";

type Schema = Readonly<Record<string, unknown>>;

/**
 * An OpenAPI 3.1 document of what the gateway answers: one POST a function, a component schema for each record, variant,
 * enum and flags. Functions that have no JSON form are left out.
 */
export function makeOpenApi(plan: Plan, functions: readonly ExportedFunction[], composition: string): Schema {
  const schemas = new Schemas(plan.types);
  const paths = Object.fromEntries(
    functions.filter((it) => it.refused === null).map((it) => [callPath(it), { post: operation(schemas, it) }]),
  );
  return {
    openapi: "3.1.0",
    info: {
      title: composition,
      version: "0",
      description: "The functions that the composition exports. Arguments and results are JSON typed by WIT.",
    },
    paths,
    components: { schemas: { ...schemas.named, Error: errorSchema } },
  };
}

function operation(schemas: Schemas, it: ExportedFunction): Schema {
  const { names, params, results } = it.type;
  const properties = Object.fromEntries(names.map((name, i) => [name, schemas.of(params[i]!)]));
  const required = names.filter((_, i) => !schemas.isOption(params[i]!));
  const object = { type: "object", properties, required, additionalProperties: false };
  const array = {
    type: "array",
    prefixItems: params.map((of) => schemas.of(of)),
    minItems: params.length,
    maxItems: params.length,
  };
  const result = results[0] === undefined ? { type: "null" } : schemas.of(results[0]);
  return {
    operationId: it.interface === "" ? it.name : `${it.interface}.${it.name}`,
    tags: [it.interface === "" ? "functions" : it.interface],
    requestBody: {
      required: params.length > 0,
      content: { "application/json": { schema: params.length === 0 ? object : { anyOf: [object, array] } } },
    },
    responses: {
      200: { description: "What the function returned", content: { "application/json": { schema: result } } },
      default: {
        description: "Why there is no result: 400 for bad arguments, 500 for a trap, 503 and 504 for a limit",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

const errorSchema: Schema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" }, path: { type: "string" } },
    },
  },
};

const primitives: Readonly<Record<string, Schema>> = {
  bool: { type: "boolean" },
  string: { type: "string" },
  char: { type: "string", minLength: 1, maxLength: 2, description: "one Unicode scalar value" },
  float32: { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] },
  float64: { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] },
};

/** JSON schemas of WIT types. Types with names of their own parts become components, so that a document stays small. */
class Schemas {
  readonly named: Record<string, Schema> = {};
  readonly #types: readonly PlanType[];
  readonly #known = new Map<number, string>();
  constructor(types: readonly PlanType[]) {
    this.#types = types;
  }

  isOption(index: number): boolean {
    const type = this.#types[index]!;
    return typeof type !== "string" && "option" in type;
  }

  of(index: number): Schema {
    const type = this.#types[index]!;
    const word = typeof type === "string" ? undefined : Object.keys(type)[0]!;
    if (word === undefined || !["record", "variant", "enum", "flags"].includes(word)) return this.#make(type);
    let name = this.#known.get(index);
    if (name === undefined) {
      name = `${word}-${index}`;
      this.#known.set(index, name);
      this.named[name] = this.#make(type);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #make(type: PlanType): Schema {
    if (typeof type === "string") return primitives[type] ?? integer(type);
    if ("record" in type) {
      return {
        type: "object",
        properties: Object.fromEntries(type.record.map(([name, of]) => [name, this.of(of)])),
        required: type.record.filter(([, of]) => !this.isOption(of)).map(([name]) => name),
        additionalProperties: false,
      };
    }
    if ("variant" in type) return { oneOf: type.variant.map(([tag, of]) => this.#case(tag, of)) };
    if ("enum" in type) return { type: "string", enum: type.enum };
    if ("flags" in type) return { type: "array", items: { type: "string", enum: type.flags } };
    if ("option" in type) {
      const some = this.of(type.option);
      const inner = this.isOption(type.option) ? object({ some }) : some;
      return { anyOf: [inner, { type: "null" }] };
    }
    if ("result" in type) {
      const [ok, err] = type.result.map((of) => (of === null ? { type: "null" } : this.of(of)));
      return { oneOf: [object({ ok: ok! }), object({ err: err! })] };
    }
    if ("tuple" in type) {
      const count = type.tuple.length;
      return { type: "array", prefixItems: type.tuple.map((of) => this.of(of)), minItems: count, maxItems: count };
    }
    if ("list" in type) return this.#list(type.list, {});
    if ("array" in type) return this.#list(type.array[0], { minItems: type.array[1], maxItems: type.array[1] });
    if ("map" in type) return this.#map(type.map);
    return {};
  }

  #case(tag: string, of: number | null): Schema {
    if (of === null) return object({ tag: { const: tag } });
    return object({ tag: { const: tag }, val: this.of(of) });
  }

  #list(of: number, size: Schema): Schema {
    const array = { type: "array", items: this.of(of), ...size };
    return this.#types[of] === "u8" ? { anyOf: [array, object({ base64: { type: "string" } })] } : array;
  }

  #map([key, of]: readonly [number, number]): Schema {
    if (this.#types[key] === "string") return { type: "object", additionalProperties: this.of(of) };
    const pair = { type: "array", prefixItems: [this.of(key), this.of(of)], minItems: 2, maxItems: 2 };
    return { type: "array", items: pair };
  }
}

function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function integer(type: string): Schema {
  const bits = Number(type.slice(1));
  const signed = type.startsWith("s");
  if (bits === 64) {
    return {
      anyOf: [
        { type: "integer", ...(signed ? {} : { minimum: 0 }) },
        { type: "string", pattern: "^-?[0-9]+$" },
      ],
    };
  }
  const top = 2 ** (signed ? bits - 1 : bits);
  return { type: "integer", minimum: signed ? -top : 0, maximum: top - 1 };
}
