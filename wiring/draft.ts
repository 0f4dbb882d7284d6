import type { Code, Diagnostic } from "./diagnostic.ts";
import type { Failure } from "./failure.ts";
import { type Effort, newEffort } from "./hint.ts";
import type { Components, CompositionExport, Edge, End, HostImport, WiringSpec } from "./spec.ts";
import { exportsOf, type Item, type TypeTable } from "./table.ts";

/** The rest of a finding, beside its code and its field. */
export type Finding = Omit<Diagnostic, "code" | "severity" | "field" | "hint"> & { readonly hint?: string | undefined };

/** More findings than this are counted, not kept: a hostile pair of binaries could make a hundred thousand. */
const maxFindings = 1000;

/** A wiring that is being decided: what was read and served so far, and what was found wrong with it. */
export class Draft {
  readonly spec: WiringSpec;
  readonly components: Components;
  /** Components that are there and could not be read, by name. */
  readonly unreadable: ReadonlyMap<string, Failure>;
  /** Every declared instance in order; undefined where its component is unknown. Of two with one name the first counts. */
  readonly declared = new Map<string, TypeTable | undefined>();
  /** Those whose component is known. */
  readonly tables = new Map<string, TypeTable>();
  readonly edges: Edge[] = [];
  readonly hostImports: HostImport[] = [];
  readonly exports: CompositionExport[] = [];
  /** Shared by all suggestions of one decision. */
  readonly effort: Effort = newEffort();
  readonly #components = new Map<string, string>();
  readonly #findings: Diagnostic[] = [];
  readonly #served = new Map<string, string>();
  #uncounted = 0;

  constructor(spec: WiringSpec, components: Components, unreadable: ReadonlyMap<string, Failure>) {
    this.spec = spec;
    this.components = components;
    this.unreadable = unreadable;
  }

  /** What was found, in the order of finding; the last one says how many were left out. */
  get findings(): readonly Diagnostic[] {
    if (this.#uncounted === 0) return this.#findings;
    const message = `Cannot show every finding, this many were left out: ${this.#uncounted}`;
    return [...this.#findings, { code: "too-many-findings", severity: "error", field: "spec", message }];
  }

  error(code: Code, field: string, finding: Finding): void {
    this.#add({ code, severity: "error", field, ...finding });
  }

  warn(code: Code, field: string, finding: Finding): void {
    this.#add({ code, severity: "warning", field, ...finding });
  }

  /** Adds an instance; `table` is undefined where its component is unknown. */
  declare(instance: string, component: string, table: TypeTable | undefined): void {
    this.declared.set(instance, table);
    this.#components.set(instance, component);
    if (table !== undefined) this.tables.set(instance, table);
  }

  /** The name of a declared instance's component. */
  componentOf(instance: string): string {
    return this.#components.get(instance) ?? instance;
  }

  report(diagnostic: Diagnostic): void {
    this.#add(diagnostic);
  }

  /** Notes that `field` serves an import; returns the field that already does, if one does. */
  serve({ instance, item }: End, field: string): string | undefined {
    const id = `${instance} ${item}`;
    const by = this.#served.get(id);
    if (by === undefined) this.#served.set(id, field);
    return by;
  }

  /** The import at an end that is known to exist. */
  importAt({ instance, item }: End): Item {
    return this.tables.get(instance)!.imports.find(({ name }) => name === item)!;
  }

  /** The export at an end whose item exists; undefined where the item lacks what `inner` names. */
  exportAt({ instance, item, inner }: End): Item | undefined {
    const table = this.tables.get(instance)!;
    const found = table.exports.find(({ name }) => name === item)!;
    return inner === undefined ? found : exportsOf(table, found).find(({ name }) => name === inner);
  }

  #add({ hint, ...rest }: Omit<Diagnostic, "hint"> & { readonly hint?: string | undefined }): void {
    if (this.#findings.length < maxFindings) this.#findings.push(hint === undefined ? rest : { ...rest, hint });
    else this.#uncounted++;
  }
}
