import { identifier } from "./names.ts";
import { type Item, key, type Named, type Ref, resolve, resourceName, rowAt, type TypeTable } from "./table.ts";

/** Types without names nest; a message shows this many levels of them. */
const maxDepth = 4;
/** A legal type can print to megabytes: the text of one is cut here. */
const maxLength = 600;

/** A type as WIT writes it where it is used: its name if it has one, else its structure. */
export function printUse(table: TypeTable, ref: Ref | null): string {
  return clip(new Printer(table).use(ref, 0));
}

/** A type as WIT defines it: `record filter { limit: u32 }`. */
export function printDefinition(table: TypeTable, ref: Ref): string {
  const name = typeof ref === "number" ? namesOf(table).get(ref) : undefined;
  return clip(new Printer(table).definition(ref, name));
}

/** An import or export as a line of WIT. */
export function printItem(table: TypeTable, item: Item): string {
  return clip(new Printer(table).item(item));
}

/** What a place calls a type by its row, or a resource by its index, where it has a name for it. */
export interface LocalNames {
  readonly types: ReadonlyMap<Ref, string>;
  readonly resources: ReadonlyMap<number, string>;
}

/** How much a printer writes, and with whose names; without them, types and resources have the names of their homes. */
export interface PrintOptions {
  readonly depth: number;
  readonly length: number;
  readonly names?: LocalNames;
}

/** Writes types as WIT, on one line each. Stops adding once `length` characters are out. */
export class Printer {
  readonly #table: TypeTable;
  readonly #depth: number;
  readonly #names: LocalNames | undefined;
  #left: number;

  constructor(table: TypeTable, options: PrintOptions = { depth: maxDepth, length: maxLength }) {
    this.#table = table;
    this.#depth = options.depth;
    this.#names = options.names;
    this.#left = options.length;
  }

  use(ref: Ref | null, depth: number): string {
    if (ref === null) return "_";
    if (typeof ref === "string") return ref;
    const name = this.#names?.types.get(ref) ?? namesOf(this.#table).get(ref);
    if (name !== undefined) return identifier(name);
    return depth > this.#depth ? "…" : this.body(ref, depth + 1);
  }

  definition(ref: Ref, name: string | undefined): string {
    const body = this.body(ref, 0);
    return name !== undefined && isNominal(this.#table, ref) ? body.replace(" ", ` ${identifier(name)} `) : body;
  }

  item(item: Item): string {
    const name = identifier(item.name);
    switch (item.kind) {
      case "resource":
        return `resource ${name}`;
      case "instance":
        return `interface ${item.implements ?? item.name}`;
      case "func":
        return `${name}: ${this.body(item.type!, 0)}`;
      case "type": {
        const definition = this.definition(item.type!, item.name);
        return isNominal(this.#table, item.type!) ? definition : `type ${name} = ${definition}`;
      }
      default:
        return `${item.kind} ${item.name}`;
    }
  }

  body(ref: Ref, depth: number): string {
    const row = resolve(this.#table, ref);
    if (typeof row === "string") return row;
    const use = (inner: Ref | null) => this.use(inner, depth);
    switch (row.kind) {
      case "record":
        return `record { ${this.#fields(row.fields, depth)} }`;
      case "variant":
        return `variant { ${this.#list(row.cases, ([name, type]) => (type === null ? identifier(name) : `${identifier(name)}(${use(type)})`))} }`;
      case "enum":
      case "flags":
        return `${row.kind} { ${this.#list(row.names, identifier)} }`;
      case "tuple":
        return `tuple<${this.#list(row.of, use)}>`;
      case "list":
        return row.length === undefined ? `list<${use(row.of)}>` : `list<${use(row.of)}, ${row.length}>`;
      case "option":
        return `option<${use(row.of)}>`;
      case "map":
        return `map<${use(row.key)}, ${use(row.value)}>`;
      case "result":
        if (row.err !== null) return `result<${use(row.ok)}, ${use(row.err)}>`;
        return row.ok === null ? "result" : `result<${use(row.ok)}>`;
      case "own":
        return this.#resource(row.resource);
      case "borrow":
        return `borrow<${this.#resource(row.resource)}>`;
      case "stream":
      case "future":
        return row.of === null ? row.kind : `${row.kind}<${use(row.of)}>`;
      case "func":
        return this.func(row, row.params, depth);
      default:
        return row.kind;
    }
  }

  func(row: { readonly async: boolean; readonly result: Ref | null }, params: Named, depth: number): string {
    const result = row.result === null ? "" : ` -> ${this.use(row.result, depth)}`;
    return `${row.async ? "async " : ""}func(${this.#fields(params, depth)})${result}`;
  }

  #resource(index: number): string {
    return identifier(this.#names?.resources.get(index) ?? resourceName(this.#table, index));
  }

  #fields(all: Named, depth: number): string {
    return this.#list(all, ([name, type]) => `${identifier(name)}: ${this.use(type, depth)}`);
  }

  #list<T>(all: readonly T[], print: (one: T) => string): string {
    const parts: string[] = [];
    for (const one of all) {
      if (this.#left <= 0) {
        parts.push("…");
        break;
      }
      const part = print(one);
      this.#left -= part.length + 2;
      parts.push(part);
    }
    return parts.join(", ");
  }
}

/** WIT writes these four with their name inside: `record filter { … }`; the others as `type name = …`. */
export function isNominal(table: TypeTable, ref: Ref): boolean {
  const row = resolve(table, ref);
  return typeof row !== "string" && ["record", "variant", "enum", "flags"].includes(row.kind);
}

function clip(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

const names = new WeakMap<TypeTable, Map<number, string>>();

/** Names by row: every `type` item names its own row, and the structure behind it where that has no name yet. */
function namesOf(table: TypeTable): Map<number, string> {
  const known = names.get(table);
  if (known !== undefined) return known;
  const found = new Map<number, string>();
  const visit = (items: readonly Item[]) => {
    for (const item of items)
      if (item.kind === "type" && typeof item.type === "number") found.set(item.type, item.name);
  };
  for (const row of table.types) if (row.kind === "instance" || row.kind === "component") visit(row.exports);
  visit(table.imports);
  visit(table.exports);
  for (const [index, name] of [...found]) {
    const target = key(table, index);
    // A structure that has a name of its own keeps it; so does a function, which has none.
    if (typeof target === "number" && !found.has(target) && rowAt(table, target).kind !== "func")
      found.set(target, name);
  }
  names.set(table, found);
  return found;
}
