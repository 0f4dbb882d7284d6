import { interfaceOf, parseName } from "./match.ts";
import { identifier, isNominal, Printer } from "./print.ts";
import { exportsOf, type Item, key, type Ref, resolve, type TypeTable } from "./table.ts";

/**
 * The world of a component as WIT text, as `wasm-tools component wit` shows it: the world first, then the packages that
 * it names. Bounded: what is longer than `maxLength` characters (64 KiB when left out) ends with a comment that says so.
 * What WIT cannot say (nested instances, core modules) is a comment.
 */
export function printWorld(table: TypeTable, options: { readonly maxLength?: number } = {}): string {
  const maxLength = options.maxLength ?? 65_536;
  const lines = new Lines(maxLength);
  const printer = new WorldPrinter(table, maxLength, lines);
  printer.print();
  return lines.finish();
}

/** Collects lines up to a length. */
class Lines {
  readonly #lines: string[] = [];
  readonly #limit: number;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#length > this.#limit;
  }

  add(depth: number, text: string): void {
    if (this.full) return;
    const line = text === "" ? "" : "  ".repeat(depth) + text;
    this.#length += line.length + 1;
    if (!this.full) this.#lines.push(line);
  }

  finish(): string {
    if (this.full) this.#lines.push(`// Cut here: the text is longer than ${this.#limit} characters`);
    return `${this.#lines.join("\n")}\n`;
  }
}

/** Where a type has its name: the interface, `""` for the world's own. */
interface Home {
  readonly place: string;
  readonly name: string;
}

class WorldPrinter {
  readonly #table: TypeTable;
  readonly #maxLength: number;
  readonly #lines: Lines;
  /** By interface name; what is imported and exported is the union of both. */
  readonly #interfaces = new Map<string, Map<string, Item>>();
  readonly #homes = new Map<Ref, Home>();

  constructor(table: TypeTable, maxLength: number, lines: Lines) {
    this.#table = table;
    this.#maxLength = maxLength;
    this.#lines = lines;
    for (const item of [...table.imports, ...table.exports]) this.#collect(item);
  }

  print(): void {
    const lines = this.#lines;
    lines.add(0, "package root:component;");
    lines.add(0, "");
    lines.add(0, "world root {");
    for (const item of this.#table.imports) this.#worldItem("import", item);
    for (const item of this.#table.exports) this.#worldItem("export", item);
    lines.add(0, "}");
    const packages = Map.groupBy(this.#interfaces.keys(), packageOf);
    for (const [name, interfaces] of packages) {
      if (lines.full) return;
      lines.add(0, "");
      lines.add(0, `package ${name} {`);
      for (const each of interfaces) {
        lines.add(1, `interface ${identifier(wordOf(each))} {`);
        this.#items(2, each, [...this.#interfaces.get(each)!.values()]);
        lines.add(1, "}");
      }
      lines.add(0, "}");
    }
  }

  #collect(item: Item): void {
    const place = interfaceOf(item);
    if (item.kind === "instance" && place.includes("/")) {
      const known = this.#interfaces.get(place) ?? new Map<string, Item>();
      this.#interfaces.set(place, known);
      for (const inner of exportsOf(this.#table, item)) {
        if (!known.has(inner.name)) known.set(inner.name, inner);
        this.#own(inner, place);
      }
    } else this.#own(item, "");
  }

  /** The first place that names a type has it; all others `use` it. */
  #own(item: Item, place: string): void {
    if (item.kind !== "type" || typeof item.type !== "number") return;
    for (const ref of [item.type, key(this.#table, item.type)]) {
      if (typeof ref === "number" && !this.#homes.has(ref)) this.#homes.set(ref, { place, name: item.name });
    }
  }

  #worldItem(verb: "import" | "export", item: Item): void {
    const name = identifier(item.name);
    switch (item.kind) {
      case "instance":
        if (item.implements !== undefined) this.#lines.add(1, `${verb} ${name}: ${item.implements};`);
        else if (item.name.includes("/")) this.#lines.add(1, `${verb} ${item.name};`);
        else this.#inline(verb, item);
        break;
      case "func":
        this.#lines.add(1, `${verb} ${this.#printer().item(item)};`);
        break;
      case "type":
      case "resource":
        // An exported plain type has no form of its own in WIT: the functions that use it show it.
        if (verb === "import") this.#type(1, "", item, []);
        break;
      default:
        this.#lines.add(1, `// ${verb} ${item.kind} ${item.name}`);
    }
  }

  #inline(verb: string, item: Item): void {
    this.#lines.add(1, `${verb} ${identifier(item.name)}: interface {`);
    this.#items(2, item.name, exportsOf(this.#table, item));
    this.#lines.add(1, "}");
  }

  #items(depth: number, place: string, items: readonly Item[]): void {
    const methods = Map.groupBy(
      items.filter(({ kind, name }) => kind === "func" && name.startsWith("[")),
      ({ name }) => /\](.*?)(\.|$)/.exec(name)![1]!,
    );
    for (const item of items) {
      if (this.#lines.full) return;
      if (item.kind === "type" || item.kind === "resource")
        this.#type(depth, place, item, methods.get(item.name) ?? []);
      else if (item.kind !== "func") this.#lines.add(depth, `// ${item.kind} ${item.name}`);
    }
    for (const item of items) {
      if (this.#lines.full) return;
      if (item.kind === "func" && !item.name.startsWith("[")) this.#lines.add(depth, `${this.#printer().item(item)};`);
    }
  }

  #type(depth: number, place: string, item: Item, methods: readonly Item[]): void {
    const home = item.kind === "resource" ? this.#homeOfResource(item.resource!) : this.#homeOfType(item.type!);
    const name = identifier(item.name);
    if (home !== undefined && home.place !== place && home.place.includes("/")) {
      const renamed = home.name === item.name ? name : `${identifier(home.name)} as ${name}`;
      this.#lines.add(depth, `use ${home.place}.{${renamed}};`);
    } else if (home !== undefined && home.place === place && home.name !== item.name) {
      this.#lines.add(depth, `type ${name} = ${identifier(home.name)};`);
    } else if (item.kind === "type") {
      this.#lines.add(depth, `${this.#printer().item(item)}${isNominal(this.#table, item.type!) ? "" : ";"}`);
    } else if (methods.length === 0) this.#lines.add(depth, `resource ${name};`);
    else {
      this.#lines.add(depth, `resource ${name} {`);
      for (const method of methods) this.#lines.add(depth + 1, `${this.#method(method)};`);
      this.#lines.add(depth, "}");
    }
  }

  #homeOfResource(index: number): Home | undefined {
    const home = this.#table.resources[index]?.home;
    if (home === undefined) return undefined;
    return { place: home.slice(0, -1).join("/"), name: home.at(-1)! };
  }

  /** Only what has a name of its own can be used from elsewhere: `type n = u32` is written out again. */
  #homeOfType(ref: Ref): Home | undefined {
    return this.#homes.get(ref) ?? (isNominal(this.#table, ref) ? this.#homes.get(key(this.#table, ref)) : undefined);
  }

  #method(item: Item): string {
    const [, kind, path] = /^\[(\w+)\](.*)$/.exec(item.name)!;
    const row = resolve(this.#table, item.type!);
    if (typeof row === "string" || row.kind !== "func") return `// ${item.name}`;
    const printer = this.#printer();
    if (kind === "constructor") {
      // A constructor that returns its own resource does not say so; one that may fail does.
      const result = row.result === null ? undefined : resolve(this.#table, row.result);
      const plain = result === undefined || (typeof result !== "string" && result.kind === "own");
      const text = printer.func({ async: false, result: plain ? null : row.result }, row.params, 0);
      return text.replace(/^func/, "constructor");
    }
    const name = identifier(path!.slice(path!.indexOf(".") + 1));
    if (kind === "static") return `${name}: static ${printer.func(row, row.params, 0)}`;
    return `${name}: ${printer.func(row, row.params.slice(1), 0)}`;
  }

  /** Deep enough for any type that a binary may hold: the length is what bounds it. */
  #printer(): Printer {
    return new Printer(this.#table, { depth: 100, length: this.#maxLength });
  }
}

function packageOf(name: string): string {
  const { base, version } = parseName(name);
  return `${base.slice(0, base.indexOf("/"))}${version === undefined ? "" : `@${version}`}`;
}

function wordOf(name: string): string {
  const { base } = parseName(name);
  return base.slice(base.indexOf("/") + 1);
}
