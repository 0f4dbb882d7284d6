import type { Lines } from "./lines.ts";
import { interfaceOf } from "./match.ts";
import { identifier, packageOf, wordOf } from "./names.ts";
import { isNominal, Printer } from "./print.ts";
import { exportsOf, type Item, key, type Ref, resolve, rowAt, type TypeTable } from "./table.ts";

/** Where a type has its name: the interface, or `""` for the world. */
interface Home {
  readonly place: string;
  readonly name: string;
}

/** An interface, or the world, with the names that it has for types. */
export interface Scope {
  readonly place: string;
  readonly items: readonly Item[];
  readonly printer: Printer;
}

/** The first place that names a type owns it; all others `use` it. */
export class Homes {
  readonly #table: TypeTable;
  readonly #types = new Map<Ref, Home>();

  constructor(table: TypeTable) {
    this.#table = table;
    for (const item of [...table.imports, ...table.exports]) {
      if (item.kind !== "instance") this.#own("", item);
      for (const inner of exportsOf(table, item)) this.#own(interfaceOf(item), inner);
    }
  }

  of(item: Item): Home | undefined {
    if (item.kind === "resource") {
      const home = this.#table.resources[item.resource!]?.home;
      return home === undefined ? undefined : { place: home.slice(0, -1).join("/"), name: home.at(-1)! };
    }
    for (const ref of aliasesOf(this.#table, item.type!)) {
      const home = this.#types.get(ref);
      if (home !== undefined) return home;
    }
    return undefined;
  }

  #own(place: string, item: Item): void {
    if (item.kind !== "type" || typeof item.type !== "number" || this.of(item) !== undefined) return;
    this.#types.set(item.type, { place, name: item.name });
    // Only what has a name of its own is known by its structure: `type n = u32` says nothing about other uses of u32.
    if (isNominal(this.#table, item.type)) this.#types.set(key(this.#table, item.type), { place, name: item.name });
  }
}

/** A row, and what it stands for, down to the structure. */
function* aliasesOf(table: TypeTable, ref: Ref): Generator<number> {
  for (let at = ref; typeof at === "number"; ) {
    yield at;
    const row = rowAt(table, at);
    if (row.kind !== "alias") return;
    at = row.to;
  }
}

/** Writes what stands between the braces of an interface or a world. */
export class BodyPrinter {
  readonly #table: TypeTable;
  readonly #lines: Lines;
  readonly #homes: Homes;

  constructor(table: TypeTable, lines: Lines, homes: Homes) {
    this.#table = table;
    this.#lines = lines;
    this.#homes = homes;
  }

  scope(place: string, items: readonly Item[]): Scope {
    const [types, resources] = [new Map<Ref, string>(), new Map<number, string>()];
    for (const { kind, type, resource, name } of items) {
      if (kind === "resource" && resource !== undefined && !resources.has(resource)) resources.set(resource, name);
      if (kind === "type" && typeof type === "number" && !types.has(type)) types.set(type, name);
    }
    for (const [type, name] of [...types]) {
      const structure = key(this.#table, type);
      if (!types.has(structure) && isNominal(this.#table, type)) types.set(structure, name);
    }
    // Deep enough for any type that a binary may hold: the length is what bounds it.
    const options = { depth: 100, length: this.#lines.limit, names: { types, resources } };
    return { place, items, printer: new Printer(this.#table, options) };
  }

  /** Types, each resource with its methods, then functions. */
  addItems(depth: number, scope: Scope): void {
    const functions = scope.items.filter(({ kind }) => kind === "func");
    const methods = Map.groupBy(functions, ({ name }) => /^\[[a-z-]+\]([^.]+)/.exec(name)?.[1] ?? "");
    for (const item of scope.items) {
      if (this.#lines.full) return;
      if (item.kind === "type" || item.kind === "resource") {
        this.addType(depth, scope, item, item.kind === "resource" ? methods.get(item.name) : []);
      } else if (item.kind !== "func") this.#lines.add(depth, `// ${item.kind} ${item.name}`);
    }
    for (const item of methods.get("") ?? []) this.#lines.add(depth, `${scope.printer.item(item)};`);
  }

  /** A type: a `use` of where it is defined, or its definition. */
  addType(depth: number, scope: Scope, item: Item, methods: readonly Item[] = []): void {
    const [home, name] = [this.#homes.of(item), identifier(item.name)];
    if (home?.place.includes("/") && home.place !== scope.place) {
      // In its own package an interface goes by its word: a package may not name itself.
      const from = packageOf(home.place) === packageOf(scope.place) ? identifier(wordOf(home.place)) : home.place;
      const renamed = home.name === item.name ? name : `${identifier(home.name)} as ${name}`;
      this.#lines.add(depth, `use ${from}.{${renamed}};`);
    } else if (home?.place === scope.place && home.name !== item.name) {
      this.#lines.add(depth, `type ${name} = ${identifier(home.name)};`);
    } else if (item.kind === "type") {
      this.#lines.add(depth, `${scope.printer.item(item)}${isNominal(this.#table, item.type!) ? "" : ";"}`);
    } else
      this.#addResource(
        depth,
        name,
        methods.map((method) => this.#method(scope.printer, method)),
      );
  }

  #addResource(depth: number, name: string, methods: readonly string[]): void {
    if (methods.length === 0) {
      this.#lines.add(depth, `resource ${name};`);
      return;
    }
    this.#lines.add(depth, `resource ${name} {`);
    for (const method of methods) this.#lines.add(depth + 1, `${method};`);
    this.#lines.add(depth, "}");
  }

  #method(printer: Printer, item: Item): string {
    const row = resolve(this.#table, item.type!);
    const [, kind, word = ""] = /^\[([a-z-]+)\][^.]+\.?(.*)$/.exec(item.name) ?? [];
    if (typeof row === "string" || row.kind !== "func") return `// ${item.name}`;
    if (kind === "constructor") {
      // One that returns its own resource does not say so; one that may fail does.
      const result = row.result === null ? "own" : resolve(this.#table, row.result);
      const plain = typeof result === "string" || result.kind === "own";
      return printer
        .func({ async: false, result: plain ? null : row.result }, row.params, 0)
        .replace(/^func/, "constructor");
    }
    if (kind === "static") return `${identifier(word)}: static ${printer.func(row, row.params, 0)}`;
    // The first parameter is the resource itself.
    return `${identifier(word)}: ${printer.func(row, row.params.slice(1), 0)}`;
  }
}
