import type { Random } from "./random.ts";

/** A WIT type, to be generated, changed and printed. */
export type Type =
  | { k: "prim" | "named" | "own" | "borrow"; name: string }
  | { k: "list" | "option"; of: Type; length?: number }
  | { k: "stream" | "future"; of: Type | null }
  | { k: "tuple"; of: Type[] }
  | { k: "map"; of: Type; key: string }
  | { k: "result"; ok: Type | null; err: Type | null };

/** A named type of an interface. */
export type Definition = { name: string } & (
  | { k: "record"; fields: [string, Type][] }
  | { k: "variant"; fields: [string, Type | null][] }
  | { k: "enum" | "flags"; fields: [string, null][] }
  | { k: "alias"; of: Type }
  | { k: "resource"; funcs: Func[] }
);

/** A function. */
export interface Func {
  name: string;
  async: boolean;
  params: [string, Type][];
  result: Type | null;
}

/** An interface. */
export interface Interface {
  types: Definition[];
  funcs: Func[];
}

/** Every primitive of WIT. */
export const primitives = "bool u8 s8 u16 s16 u32 s32 u64 s64 f32 f64 char string error-context".split(" ");

const keys = ["string", "u32", "u8", "char", "bool"];

/** Makes an interface that uses every kind of type sooner or later. */
export function makeInterface(random: Random): Interface {
  const types: Definition[] = [];
  for (const name of names("t", 1 + random.below(6))) types.push(makeDefinition(random, name, types));
  return { types, funcs: names("g", 1 + random.below(4)).map((name) => makeFunc(random, name, types)) };
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

function makeDefinition(random: Random, name: string, known: readonly Definition[]): Definition {
  const k = random.pick(["record", "record", "variant", "enum", "flags", "alias", "resource"] as const);
  const count = 1 + random.below(4);
  switch (k) {
    case "record":
      return { name, k, fields: names("f", count).map((field) => [field, makeType(random, known)]) };
    case "variant":
      return { name, k, fields: names("c", count).map((field) => [field, maybe(random, known, 0.6)]) };
    case "enum":
    case "flags":
      return { name, k, fields: names("n", count).map((field) => [field, null]) };
    case "alias":
      return { name, k, of: makeType(random, known) };
    case "resource": {
      const resource = { name, k, funcs: [] as Func[] };
      resource.funcs = names("m", random.below(3)).map((method) => makeFunc(random, method, [...known, resource]));
      return resource;
    }
  }
}

function makeFunc(random: Random, name: string, known: readonly Definition[]): Func {
  const resources = known.filter(({ k }) => k === "resource");
  const param = (): Type =>
    resources.length > 0 && random.chance(0.3)
      ? { k: "borrow", name: random.pick(resources).name }
      : makeType(random, known);
  return {
    name,
    async: random.chance(0.2),
    params: names("p", random.below(4)).map((one) => [one, param()]),
    result: maybe(random, known, 0.7),
  };
}

function maybe(random: Random, known: readonly Definition[], probability: number, depth = 0): Type | null {
  return random.chance(probability) ? makeType(random, known, depth) : null;
}

function makeType(random: Random, known: readonly Definition[], depth = 0): Type {
  const [resources, named] = [known.filter(({ k }) => k === "resource"), known.filter(({ k }) => k !== "resource")];
  const roll = random.next();
  if (roll < 0.25 && named.length > 0) return { k: "named", name: random.pick(named).name };
  if (roll < 0.35 && resources.length > 0) return { k: "own", name: random.pick(resources).name };
  if (roll < 0.65 || depth > 2) return { k: "prim", name: random.pick(primitives) };
  const inner = () => makeType(random, known, depth + 1);
  switch (random.below(8)) {
    case 0:
      return { k: "list", of: inner() };
    case 1:
      return { k: "list", of: inner(), length: 1 + random.below(6) };
    case 2:
      return { k: "option", of: inner() };
    case 3:
      return { k: "tuple", of: Array.from({ length: 1 + random.below(3) }, inner) };
    case 4:
      return { k: "result", ok: maybe(random, known, 0.7, depth + 1), err: maybe(random, known, 0.7, depth + 1) };
    case 5:
      return { k: "map", key: random.pick(keys), of: inner() };
    default:
      return { k: random.pick(["stream", "future"] as const), of: maybe(random, known, 0.8, depth + 1) };
  }
}

/** The body of an interface as WIT. */
export function printInterface({ types, funcs }: Interface): string {
  return [...types.map(printDefinition), ...funcs.map(printFunc)].join("\n    ");
}

function printDefinition(one: Definition): string {
  switch (one.k) {
    case "record":
      return `record ${one.name} { ${one.fields.map(([name, type]) => `${name}: ${printType(type)}`).join(", ")} }`;
    case "variant": {
      const cases = one.fields.map(([name, type]) => (type === null ? name : `${name}(${printType(type)})`));
      return `variant ${one.name} { ${cases.join(", ")} }`;
    }
    case "enum":
    case "flags":
      return `${one.k} ${one.name} { ${one.fields.map(([name]) => name).join(", ")} }`;
    case "alias":
      return `type ${one.name} = ${printType(one.of)};`;
    case "resource":
      return `resource ${one.name} { ${one.funcs.map(printFunc).join(" ")} }`;
  }
}

function printFunc({ name, async, params, result }: Func): string {
  const list = params.map(([param, type]) => `${param}: ${printType(type)}`).join(", ");
  return `${name}: ${async ? "async " : ""}func(${list})${result === null ? "" : ` -> ${printType(result)}`};`;
}

function printType(type: Type | null): string {
  if (type === null) return "_";
  switch (type.k) {
    case "prim":
    case "named":
    case "own":
      return type.name;
    case "borrow":
      return `borrow<${type.name}>`;
    case "list":
      return type.length === undefined ? `list<${printType(type.of)}>` : `list<${printType(type.of)}, ${type.length}>`;
    case "option":
      return `option<${printType(type.of)}>`;
    case "stream":
    case "future":
      return type.of === null ? type.k : `${type.k}<${printType(type.of)}>`;
    case "tuple":
      return `tuple<${type.of.map(printType).join(", ")}>`;
    case "map":
      return `map<${type.key}, ${printType(type.of)}>`;
    case "result":
      if (type.err !== null) return `result<${printType(type.ok)}, ${printType(type.err)}>`;
      return type.ok === null ? "result" : `result<${printType(type.ok)}>`;
  }
}
