/** The type table: what `inspect` says about one component, as plain JSON. Rows name only rows before them. */
export interface TypeTable {
  readonly format: 1;
  readonly imports: readonly Item[];
  readonly exports: readonly Item[];
  readonly types: readonly Row[];
  /** By identity: two names with one index are one resource. `home` is the first place that names it. */
  readonly resources: readonly Resource[];
  /** `coreModules` and `components` count those nested at any depth; the component itself is not one of them. */
  readonly size: { readonly bytes: number; readonly coreModules: number; readonly components: number };
  readonly features: Features;
}

/** What a component needs of the engine beyond WASI 0.2. */
export interface Features {
  /** Exported functions that are lifted `async` or have an async type (WASI 0.3), as `INTERFACE#FUNCTION` or `FUNCTION`. */
  readonly asyncLifts: readonly string[];
  /** Imports that are lowered `async`, named in the same way. */
  readonly asyncLowers?: readonly string[];
  /** Everything else: `memory64`, `shared-memory`, `custom-page-size`, `module-import`…, with what has it. */
  readonly other?: readonly { readonly feature: string; readonly name: string }[];
}

/** A resource: the side and the path of names that introduce it, `["wasi:io/poll@0.2.6", "pollable"]`. */
export interface Resource {
  readonly side: "import" | "export";
  readonly home: readonly string[];
}

/** A row of the table by index, or a primitive by name. */
export type Ref = number | string;

/** One import or export of a component or of an instance. */
export interface Item {
  readonly name: string;
  /** The interface behind a plain label: `import primary: wasi:keyvalue/store`. */
  readonly implements?: string;
  readonly kind: "instance" | "func" | "type" | "resource" | "component" | "module" | "value";
  readonly type?: Ref;
  readonly resource?: number;
}

/** Fields, cases or parameters: a name, and a type where there is one. */
export type Named = readonly (readonly [string, Ref | null])[];

/** One type. */
export type Row =
  | { readonly kind: "alias"; readonly to: Ref }
  | { readonly kind: "record"; readonly fields: readonly (readonly [string, Ref])[] }
  | { readonly kind: "variant"; readonly cases: Named }
  | { readonly kind: "enum" | "flags"; readonly names: readonly string[] }
  | { readonly kind: "tuple"; readonly of: readonly Ref[] }
  | { readonly kind: "list"; readonly of: Ref; readonly length?: number }
  | { readonly kind: "option"; readonly of: Ref }
  | { readonly kind: "map"; readonly key: Ref; readonly value: Ref }
  | { readonly kind: "result"; readonly ok: Ref | null; readonly err: Ref | null }
  | { readonly kind: "own" | "borrow"; readonly resource: number }
  | { readonly kind: "stream" | "future"; readonly of: Ref | null }
  | {
      readonly kind: "func";
      readonly async: boolean;
      readonly params: readonly (readonly [string, Ref])[];
      readonly result: Ref | null;
    }
  | { readonly kind: "instance"; readonly exports: readonly Item[] }
  | { readonly kind: "component"; readonly imports: readonly Item[]; readonly exports: readonly Item[] }
  | {
      readonly kind: "module";
      readonly imports: readonly (readonly [string, string, string])[];
      readonly exports: readonly (readonly [string, string])[];
    };

/** Follows aliases down to a structure or a primitive. Throws a RangeError for a row that the table lacks. */
export function resolve(table: TypeTable, ref: Ref): Row | string {
  const at = key(table, ref);
  return typeof at === "string" ? at : rowAt(table, at);
}

/** The index of the structure behind a reference, or the primitive: equal keys are equal types. */
export function key(table: TypeTable, ref: Ref): Ref {
  for (let at = ref; ; ) {
    if (typeof at === "string") return at;
    const row = rowAt(table, at);
    if (row.kind !== "alias") return at;
    at = row.to;
  }
}

/** The items of an instance; none for anything else. */
export function exportsOf(table: TypeTable, item: Item): readonly Item[] {
  if (item.kind !== "instance" || typeof item.type !== "number") return [];
  const row = rowAt(table, item.type);
  return row.kind === "instance" ? row.exports : [];
}

/** True when an import has nothing to call and no resource, so that nobody needs to serve it. */
export function isTypesOnly(table: TypeTable, item: Item): boolean {
  if (item.kind === "type") return true;
  return item.kind === "instance" && exportsOf(table, item).every((inner) => inner.kind === "type");
}

/** Calls back for every type that an item is made of, once each. */
export function visitTypes(table: TypeTable, item: Item, visit: (row: Row) => void): void {
  const seen = new Set<Ref>();
  const stack: (Ref | null | undefined)[] = [item.type];
  while (stack.length > 0) {
    const ref = stack.pop();
    if (typeof ref !== "number" || seen.has(ref)) continue;
    seen.add(ref);
    const row = rowAt(table, ref);
    visit(row);
    for (const inner of referencesOf(row)) stack.push(inner);
  }
}

/** Every resource that an item names or mentions, by index. */
export function resourcesIn(table: TypeTable, item: Item): Set<number> {
  const found = new Set<number>();
  const add = ({ resource }: { readonly resource?: number }) => {
    if (resource !== undefined) found.add(resource);
  };
  add(item);
  visitTypes(table, item, (row) => {
    if (row.kind === "own" || row.kind === "borrow") add(row);
    if (row.kind === "instance") row.exports.forEach(add);
  });
  return found;
}

/** The resource's own name. */
export function resourceName(table: TypeTable, index: number): string {
  return table.resources[index]?.home.at(-1) ?? "?";
}

/** One row. Throws a RangeError for an index that the table lacks. */
export function rowAt(table: TypeTable, index: number): Row {
  const row = table.types[index];
  if (row === undefined) throw new RangeError(`Cannot read type table row: ${index}`);
  return row;
}

function referencesOf(row: Row): readonly (Ref | null | undefined)[] {
  switch (row.kind) {
    case "alias":
      return [row.to];
    case "record":
      return row.fields.map(([, type]) => type);
    case "variant":
      return row.cases.map(([, type]) => type);
    case "tuple":
      return row.of;
    case "list":
    case "option":
    case "stream":
    case "future":
      return [row.of];
    case "map":
      return [row.key, row.value];
    case "result":
      return [row.ok, row.err];
    case "func":
      return [...row.params.map(([, type]) => type), row.result];
    case "instance":
      return row.exports.map(({ type }) => type);
    default:
      return [];
  }
}
