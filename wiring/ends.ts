import type { Draft } from "./draft.ts";
import { closest, didYouMean, newEffort, quoted } from "./hint.ts";
import { findItem, interfaceOf, type Match, matchNames, parseName } from "./match.ts";
import type { Edge, End } from "./spec.ts";
import type { Item, TypeTable } from "./table.ts";

/** What one connection turned out to be. */
export type Connection =
  | { readonly kind: "edge"; readonly edge: Edge; readonly match: Match }
  | { readonly kind: "export"; readonly name: string; readonly end: End }
  | { readonly kind: "host"; readonly end: End }
  | { readonly kind: "invalid" };

/** An end of `spec.exports`: an export of an instance, or of the composition itself, which a connection has made. */
export type ExportEnd =
  | { readonly kind: "instance"; readonly end: End }
  | { readonly kind: "composition"; readonly name: string };

interface ParsedEnd {
  readonly text: string;
  readonly instance: string;
  readonly item: string;
  readonly field: string;
  /** Undefined for the composition itself. */
  readonly table: TypeTable | undefined;
}
type InnerEnd = ParsedEnd & { readonly table: TypeTable };

/** Reads `INSTANCE/INTERFACE` ends against what the instances are. */
export class EndReader {
  readonly #draft: Draft;
  readonly #outside: string;

  /** The draft's instances have been read. */
  constructor(draft: Draft) {
    this.#draft = draft;
    const { declared, spec } = draft;
    const ends = (spec.connections ?? []).flatMap(({ from, to }) => [from, to]);
    const undeclared = new Set(ends.map(instanceOf).filter((name) => name !== spec.name && !declared.has(name)));
    this.#outside = onlyStranger(undeclared, declared.keys()) ?? spec.name;
  }

  /** Decides what a connection is; which end imports follows from the types, `from` where both could. */
  connection(index: number): Connection {
    const { from, to } = this.#draft.spec.connections![index]!;
    const field = `spec.connections[${index}]`;
    const [a, b] = [this.#parse(from, `${field}.from`), this.#parse(to, `${field}.to`)];
    if (a === undefined || b === undefined) return { kind: "invalid" };
    if (isInner(a)) return isInner(b) ? this.#between(a, b, field) : this.#boundary(a, b);
    if (isInner(b)) return this.#boundary(b, a);
    this.#draft.error("malformed-end", a.field, {
      message: `Cannot connect two ends that are both outside of the instances: ${from} and ${to}`,
      hint:
        didYouMean(a.instance, this.#draft.declared.keys(), this.#draft.effort) ??
        "Declare the instance in spec.instances",
    });
    return { kind: "invalid" };
  }

  /** Reads an end of `spec.exports`. */
  exportEnd(text: string, field: string): ExportEnd | undefined {
    const end = this.#parse(text, field);
    if (end === undefined) return undefined;
    if (!isInner(end)) return { kind: "composition", name: end.item };
    const found = findItem(end.table.exports, end.item);
    if (found !== undefined && found.match !== "near") {
      return { kind: "instance", end: { instance: end.instance, item: found.item.name } };
    }
    if (found === undefined && findItem(end.table.imports, end.item) !== undefined) {
      const message = `Cannot export what instance "${end.instance}" imports: ${end.item}`;
      const hint = "Export it from the instance that serves it; what the host serves is reachable without";
      this.#draft.error("wrong-direction", field, { instance: end.instance, interface: end.item, message, hint });
    } else this.#unknownItem(end, end.table.exports, "export");
    return undefined;
  }

  #parse(text: string, field: string): ParsedEnd | undefined {
    const { declared, spec } = this.#draft;
    const slash = text.indexOf("/");
    if (slash <= 0 || slash === text.length - 1) {
      const hint = "Write INSTANCE/INTERFACE, as in auth/wasi:keyvalue/store";
      this.#draft.error("malformed-end", field, { message: `Cannot read this end: ${text}`, hint });
      return undefined;
    }
    const [instance, item] = [text.slice(0, slash), text.slice(slash + 1)];
    if (!declared.has(instance) && instance !== this.#outside && instance !== spec.name) {
      const hint = didYouMean(instance, declared.keys(), this.#draft.effort);
      this.#draft.error("unknown-instance", field, { instance, message: `Cannot find instance: ${instance}`, hint });
      return undefined;
    }
    const table = declared.get(instance);
    if (declared.has(instance) && table === undefined) return undefined; // Its component is unknown, and reported.
    return { text, instance, item, field, table };
  }

  #boundary(end: InnerEnd, outside: ParsedEnd): Connection {
    const exported = findItem(end.table.exports, end.item);
    if (exported !== undefined && exported.match !== "near") {
      return { kind: "export", name: outside.item, end: { instance: end.instance, item: exported.item.name } };
    }
    const imported = findItem(end.table.imports, end.item);
    if (imported !== undefined && imported.match !== "near") {
      return { kind: "host", end: { instance: end.instance, item: imported.item.name } };
    }
    this.#unknownItem(end, [...end.table.exports, ...end.table.imports], "export or import");
    return { kind: "invalid" };
  }

  #between(a: InnerEnd, b: InnerEnd, field: string): Connection {
    const ways = [
      [a, b],
      [b, a],
    ] as const;
    for (const [importer, exporter] of ways) {
      const imported = findItem(importer.table.imports, importer.item);
      const exported = findItem(exporter.table.exports, exporter.item);
      if (imported === undefined || exported === undefined) continue;
      const from = { instance: importer.instance, item: imported.item.name };
      const to = { instance: exporter.instance, item: exported.item.name };
      const match = matchNames(interfaceOf(imported.item), interfaceOf(exported.item));
      return { kind: "edge", edge: { from, to, how: "Explicit", field }, match };
    }
    this.#explain(a, b, field);
    return { kind: "invalid" };
  }

  /** Says why two instances cannot be connected: an end that is nothing, or two ends of one direction. */
  #explain(a: InnerEnd, b: InnerEnd, field: string): void {
    const imports = [a, b].map((end) => findItem(end.table.imports, end.item) !== undefined);
    const exports = [a, b].map((end) => findItem(end.table.exports, end.item) !== undefined);
    const nothing = [a, b].filter((_, index) => !imports[index] && !exports[index]);
    for (const end of nothing) {
      this.#unknownItem(end, [...end.table.imports, ...end.table.exports], "import or export");
    }
    if (nothing.length > 0) return;
    const [word, needed] = imports.every(Boolean) ? ["import", "export"] : ["export", "import"];
    this.#draft.error("wrong-direction", field, {
      message: `Cannot connect two ends that both ${word} the interface: ${a.text} and ${b.text}`,
      hint: `Connect an ${word} with an ${needed}: name an instance that has the interface among its ${needed}s`,
    });
  }

  #unknownItem(end: InnerEnd, items: readonly Item[], kind: string): void {
    const { instance, item, field } = end;
    const { base } = parseName(item);
    const same = items.filter((other) => other.name === item || parseName(interfaceOf(other)).base === base);
    if (same.length > 1) {
      const message = `Cannot tell which ${kind} of instance "${instance}" is meant: ${item}`;
      const hint = `Write one of these: ${quoted(same.slice(0, 10).map(({ name }) => name))}`;
      this.#draft.error("ambiguous-item", field, { instance, interface: item, message, hint });
      return;
    }
    const names = items.map(({ name }) => (item.includes("@") ? name : parseName(name).base));
    const message = `Cannot find ${kind} of instance "${instance}": ${item}`;
    this.#draft.error("unknown-item", field, {
      instance,
      interface: item,
      message,
      hint: didYouMean(item, names, this.#draft.effort),
    });
  }
}

/** The one unknown name that means the composition; one that is close to a declared name is a slip of the pen. */
function onlyStranger(undeclared: Iterable<string>, declared: Iterable<string>): string | undefined {
  const known = [...declared];
  // Not the draft's: what is spent here is not missing in its suggestions.
  const effort = newEffort();
  let only: string | undefined;
  for (const name of undeclared) {
    if (closest(name, known, effort) !== undefined) continue;
    if (name === "" || only !== undefined) return undefined;
    only = name;
  }
  return only;
}

function isInner(end: ParsedEnd): end is InnerEnd {
  return end.table !== undefined;
}

function instanceOf(text: string): string {
  const slash = text.indexOf("/");
  return slash < 0 ? text : text.slice(0, slash);
}
