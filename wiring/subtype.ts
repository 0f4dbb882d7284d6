import { didYouMean, type Effort, newEffort } from "./hint.ts";
import { printDefinition, printItem, printUse } from "./print.ts";
import { type Item, key, type Named, type Ref, type Row, resolve, resourceName, type TypeTable } from "./table.ts";

/** One place where what is offered is not what is needed. */
export interface Difference {
  readonly code: "missing-item" | "type-mismatch" | "resource-mismatch";
  /** `query(filter).limit`, `rows->ok[].id` */
  readonly path: string;
  /** A clause to put after a colon. */
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

/** An item and the table that its references point into. */
export interface Typed {
  readonly table: TypeTable;
  readonly item: Item;
}

/** What a comparison found: the differences, and which resources must be one for the two to fit. */
export interface Comparison {
  readonly differences: readonly Difference[];
  readonly resources: readonly ResourcePair[];
}

/** A resource of the importer stands for this one of the exporter, as first seen at `path`. */
export interface ResourcePair {
  readonly expected: number;
  readonly found: number;
  readonly path: string;
}

/** More differences than this help nobody, and a hostile pair of types could have a million. */
const maxDifferences = 100;

/**
 * Lists every reason why `found` (an export) cannot serve `expected` (an import), 100 at most. None means that it can.
 *
 * The rules are the validator's: an instance may export more than is needed; everything below is equal, in order, by
 * name. A named type is compared once, where it is defined. Resources are matched by the place that names them; that
 * they are one resource in the whole composition is for `provenance.ts` to decide.
 */
export function compare(expected: Typed, found: Typed, options: CompareOptions = {}): Comparison {
  return new Comparer(expected.table, found.table, options).compare(expected.item, found.item);
}

/** With `only`, just these items of an instance are needed. `effort` is what the suggestions may cost. */
export interface CompareOptions {
  readonly only?: ReadonlySet<string>;
  readonly effort?: Effort;
}

type Of<K extends Row["kind"]> = Extract<Row, { readonly kind: K }>;

/** What two structures of one kind are, to be shown; printed only where they differ. */
type Print = () => readonly [expected: string, found: string];

class Comparer {
  readonly #differences: Difference[] = [];
  readonly #seen = new Set<string>();
  readonly #resources = new Map<number, ResourcePair>();
  readonly #et: TypeTable;
  readonly #ft: TypeTable;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #effort: Effort;

  constructor(expected: TypeTable, found: TypeTable, options: CompareOptions) {
    this.#et = expected;
    this.#ft = found;
    this.#only = options.only;
    this.#effort = options.effort ?? newEffort();
  }

  compare(expected: Item, found: Item): Comparison {
    this.#items("", expected, found);
    return { differences: this.#differences, resources: [...this.#resources.values()] };
  }

  get #full(): boolean {
    return this.#differences.length >= maxDifferences;
  }

  #differ(path: string, message: string, print: Print, code: Difference["code"] = "type-mismatch"): void {
    if (this.#full) return;
    const [expected, found] = print();
    this.#differences.push({ code, path, message, expected, found });
  }

  #missing(path: string, what: string, expected: string, rest: { found?: string; hint?: string | undefined }): void {
    const { found, hint } = rest;
    const code = found === undefined ? "missing-item" : "type-mismatch";
    this.#differences.push({
      code,
      path,
      message: `${what} is missing`,
      expected,
      ...(found === undefined ? {} : { found }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #items(path: string, e: Item, f: Item): void {
    if (e.kind !== f.kind) {
      const message = `${articled(e.kind)} is needed, not ${articled(f.kind)}`;
      this.#differ(path, message, () => [printItem(this.#et, e), printItem(this.#ft, f)]);
    } else if (e.kind === "resource") this.#resource(path, e.resource!, f.resource!);
    else this.#refs(path, e.type!, f.type!);
  }

  #exports(path: string, e: readonly Item[], f: readonly Item[]): void {
    const offered = new Map(f.map((item) => [item.name, item]));
    const isType = ({ kind }: Item) => kind === "type" || kind === "resource";
    for (const item of [...e.filter(isType), ...e.filter((other) => !isType(other))]) {
      if (this.#full) return;
      if (path === "" && this.#only?.has(item.name) === false) continue;
      const inner = path === "" ? item.name : `${path}/${item.name}`;
      const other = offered.get(item.name);
      if (other !== undefined) this.#items(inner, item, other);
      else {
        const hint = didYouMean(item.name, offered.keys(), this.#effort);
        this.#missing(inner, `${item.kind} "${item.name}"`, printItem(this.#et, item), { hint });
      }
    }
  }

  #resource(path: string, e: number, f: number): void {
    const known = this.#resources.get(e);
    if (known === undefined) this.#resources.set(e, { expected: e, found: f, path });
    const [needed, offered] = [resourceName(this.#et, e), resourceName(this.#ft, f)];
    // The validator would take a resource of another name; wac does not, and it goes first.
    const differs = known === undefined ? needed !== offered : known.found !== f;
    if (!differs) return;
    const as = known === undefined ? "" : ` (as in ${known.path})`;
    const print: Print = () => [`resource ${needed}${as}`, `resource ${offered}`];
    this.#differ(path, "another resource is needed", print, "resource-mismatch");
  }

  #refs(path: string, e: Ref | null, f: Ref | null): void {
    if (e === null && f === null) return;
    if (e === null || f === null) {
      const message = e === null ? "no type is expected here" : "a type is missing here";
      const print = (table: TypeTable, ref: Ref | null) => (ref === null ? "nothing" : printUse(table, ref));
      this.#differ(path, message, () => [print(this.#et, e), print(this.#ft, f)]);
      return;
    }
    const pair = `${key(this.#et, e)} ${key(this.#ft, f)}`;
    if (this.#seen.has(pair) || this.#full) return;
    this.#seen.add(pair);
    const [left, right] = [resolve(this.#et, e), resolve(this.#ft, f)];
    const print: Print = () => [printDefinition(this.#et, e), printDefinition(this.#ft, f)];
    if (typeof left !== "string" && typeof right !== "string" && left.kind === right.kind) {
      this.#structures(path, left, right, print);
    } else if (left !== right) this.#differ(path, "the types differ", print);
  }

  /** `f` is of the kind of `e`; TypeScript cannot carry that over to the cases. */
  #structures(path: string, e: Row, f: Row, print: Print): void {
    switch (e.kind) {
      case "record":
        this.#fields({ word: "field", path, print }, e.fields, (f as typeof e).fields);
        break;
      case "variant":
        this.#fields({ word: "case", path, print }, e.cases, (f as typeof e).cases);
        break;
      case "enum":
      case "flags": {
        const word = e.kind === "enum" ? "case" : "flag";
        this.#fields({ word, path, print }, untyped(e.names), untyped((f as typeof e).names));
        break;
      }
      case "tuple":
        this.#tuples(path, e, f as typeof e, print);
        break;
      case "list":
        if (e.length !== (f as typeof e).length) this.#differ(path, "the lists differ in length", print);
        else this.#refs(`${path}[]`, e.of, (f as typeof e).of);
        break;
      case "option":
        this.#refs(`${path}?`, e.of, (f as typeof e).of);
        break;
      case "stream":
      case "future":
        this.#refs(`${path}<>`, e.of, (f as typeof e).of);
        break;
      case "map":
        this.#refs(`${path}[key]`, e.key, (f as typeof e).key);
        this.#refs(`${path}[]`, e.value, (f as typeof e).value);
        break;
      case "result":
        this.#refs(`${path}.ok`, e.ok, (f as typeof e).ok);
        this.#refs(`${path}.err`, e.err, (f as typeof e).err);
        break;
      case "own":
      case "borrow":
        this.#resource(path, e.resource, (f as typeof e).resource);
        break;
      case "func":
        this.#funcs(path, e, f as typeof e, print);
        break;
      case "instance":
        this.#exports(path, e.exports, (f as typeof e).exports);
        break;
      case "component":
        this.#components(path, e, f as typeof e);
        break;
      case "module":
        this.#modules(path, e, f as typeof e);
        break;
    }
  }

  #tuples(path: string, e: Of<"tuple">, f: Of<"tuple">, print: Print): void {
    if (e.of.length !== f.of.length) this.#differ(path, "the tuples differ in length", print);
    else for (const [index, inner] of e.of.entries()) this.#refs(`${path}.${index}`, inner, f.of[index]!);
  }

  #funcs(path: string, e: Of<"func">, f: Of<"func">, print: Print): void {
    if (e.async !== f.async) this.#differ(path, `${e.async ? "an async" : "a sync"} function is needed`, print);
    this.#fields({ word: "parameter", path, print }, e.params, f.params);
    this.#refs(`${path}->`, e.result, f.result);
  }

  #components(path: string, e: Of<"component">, f: Of<"component">): void {
    this.#exports(path, e.exports, f.exports);
    // What is offered may import less than what is needed allows, never more: the roles are swapped.
    const inner = compare(asInstance(this.#ft, f.imports), asInstance(this.#et, e.imports), { effort: this.#effort });
    for (const { path: at, message, expected, found } of inner.differences) {
      const print: Print = () => [found ?? "nothing", expected ?? "nothing"];
      this.#differ(`${path}(${at})`, `the component's import does not fit: ${message}`, print);
    }
  }

  #modules(path: string, e: Of<"module">, f: Of<"module">): void {
    const offered = new Map(f.exports);
    for (const [name, type] of e.exports) {
      const other = offered.get(name);
      if (other === type) continue;
      const print: Print = () => [`${name}: ${type}`, other === undefined ? "nothing" : `${name}: ${other}`];
      this.#differ(`${path}/${name}`, "the core module's export differs", print);
    }
    const given = new Map(e.imports.map(([module, name, type]) => [`${module}::${name}`, type]));
    for (const [module, name, type] of f.imports) {
      const other = given.get(`${module}::${name}`);
      if (other === type) continue;
      this.#differ(`${path}/${module}::${name}`, "the core module's import differs", () => [other ?? "nothing", type]);
    }
  }

  #fields(at: { readonly word: string; readonly path: string; readonly print: Print }, e: Named, f: Named): void {
    const { word, path, print } = at;
    const inner = (name: string) => (word === "parameter" ? `${path}(${name})` : `${path}.${name}`);
    const [needed, offered] = [new Map(e), new Map(f)];
    const extra = f.filter(([name]) => !needed.has(name)).map(([name]) => name);
    for (const [name, type] of e) {
      if (this.#full) return;
      const other = offered.get(name);
      if (other !== undefined) this.#refs(inner(name), type, other);
      else {
        const hint = didYouMean(name, extra, this.#effort);
        this.#missing(inner(name), `${word} "${name}"`, field(this.#et, name, type), { found: print()[1], hint });
      }
    }
    for (const [name, type] of f) {
      if (needed.has(name)) continue;
      this.#differ(inner(name), `${word} "${name}" is not expected`, () => [print()[0], field(this.#ft, name, type)]);
    }
    if (e.length === f.length && extra.length === 0 && e.some(([name], index) => name !== f[index]![0])) {
      this.#differ(path, `the ${word}s are in another order`, print);
    }
  }
}

function field(table: TypeTable, name: string, type: Ref | null): string {
  return type === null ? name : `${name}: ${printUse(table, type)}`;
}

function untyped(names: readonly string[]): Named {
  return names.map((name) => [name, null] as const);
}

function articled(kind: Item["kind"]): string {
  return `${kind === "instance" ? "an" : "a"} ${kind}`;
}

/** Presents a list of items as one instance, in a copy of the table's end. */
function asInstance(table: TypeTable, items: readonly Item[]): Typed {
  const types = [...table.types, { kind: "instance", exports: items } as const];
  return { table: { ...table, types }, item: { name: "imports", kind: "instance", type: table.types.length } };
}
