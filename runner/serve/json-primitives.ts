import { expected, invalid, unsupported } from "./json-errors.ts";

/** A primitive type's value out of JSON. Throws `CallError`. */
export function primitiveFromJson(type: string, json: unknown, path: string): unknown {
  switch (type) {
    case "bool":
      if (typeof json !== "boolean") throw expected("true or false", json, path);
      return json;
    case "string":
      if (typeof json !== "string") throw expected("a string", json, path);
      if (!json.isWellFormed()) throw invalid(path, "the string has a lone surrogate, which is no Unicode text");
      return json;
    case "char":
      if (typeof json !== "string" || [...json].length !== 1 || !json.isWellFormed())
        throw expected("a string of one character", json, path);
      return json;
    case "float32":
    case "float64":
      if (json === "NaN" || json === "Infinity" || json === "-Infinity") return Number(json);
      if (typeof json !== "number") throw expected(`a number, "NaN", "Infinity" or "-Infinity"`, json, path);
      return json;
    case "errorcontext":
      throw unsupported(type, path);
    default:
      return integerFromJson(type, json, path);
  }
}

function integerFromJson(type: string, json: unknown, path: string): number | bigint {
  const bits = Number(type.slice(1));
  const signed = type.startsWith("s");
  const text = typeof json === "string" && /^-?\d{1,20}$/.test(json) ? json : undefined;
  if (text === undefined && !Number.isInteger(json)) throw expected(`an integer (${type})`, json, path);
  if (typeof json === "number" && !Number.isSafeInteger(json))
    throw invalid(path, `a number above 2^53 has lost digits in JSON: write it as a string: ${json}`);
  const value = BigInt(text ?? (json as number));
  if (value !== (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)))
    throw invalid(path, `the number does not fit ${type}: ${value}`);
  return bits === 64 ? value : Number(value);
}

/** JSON of a primitive type's value: what JSON numbers cannot hold is a string. */
export function primitiveToJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}
