import type { Item, Ref, Row, TypeTable } from "../../../wiring/table.ts";

/** A type to be put into a table: a primitive, or what adds its rows. */
export type Make = string | ((table: Builder) => Ref);
/** An item to be put into an instance or a world. */
export type MakeItem = (table: Builder, path: readonly string[], side: "import" | "export") => Item;

/** Writes type tables by hand: each call of a maker adds a row of its own. */
export class Builder {
  readonly types: Row[] = [];
  readonly resources: { side: "import" | "export"; home: readonly string[] }[] = [];

  add(row: Row): number {
    return this.types.push(row) - 1;
  }

  ref(make: Make): Ref {
    return typeof make === "string" ? make : make(this);
  }
}

type Items = Readonly<Record<string, MakeItem>>;

/** A table of these imports and exports. */
export function table(
  { imports = {}, exports = {} }: { imports?: Items; exports?: Items },
  rest: Partial<TypeTable> = {},
): TypeTable {
  const builder = new Builder();
  const items = (all: Items, side: "import" | "export") =>
    Object.entries(all).map(([name, make]) => make(builder, [name], side));
  const [imported, exported] = [items(imports, "import"), items(exports, "export")];
  return {
    format: 1,
    imports: imported,
    exports: exported,
    types: builder.types,
    resources: builder.resources,
    size: { bytes: 100, coreModules: 1, components: 0 },
    features: { asyncLifts: [] },
    ...rest,
  };
}

/** An interface; `implements` for one behind a label. */
export function instance(items: Items, interfaceName?: string): MakeItem {
  return (builder, path, side) => {
    const exports = Object.entries(items).map(([name, make]) => make(builder, [...path, name], side));
    const type = builder.add({ kind: "instance", exports });
    const label = interfaceName === undefined ? {} : { implements: interfaceName };
    return { name: path.at(-1)!, ...label, kind: "instance", type };
  };
}

/** A function. */
export function func(params: Readonly<Record<string, Make>> = {}, result?: Make, async = false): MakeItem {
  return (builder, path) => {
    const list = Object.entries(params).map(([name, make]) => [name, builder.ref(make)] as const);
    const row = {
      kind: "func",
      async,
      params: list,
      result: result === undefined ? null : builder.ref(result),
    } as const;
    return { name: path.at(-1)!, kind: "func", type: builder.add(row) };
  };
}

/** A named type. */
export function type(make: Make): MakeItem {
  return (builder, path) => ({ name: path.at(-1)!, kind: "type", type: builder.ref(make) });
}

/** A resource that this place makes. */
export function resource(): MakeItem {
  return (builder, path, side) => {
    return { name: path.at(-1)!, kind: "resource", resource: builder.resources.push({ side, home: path }) - 1 };
  };
}

/** A resource by its index: one that was made before. */
export function sameResource(index: number): MakeItem {
  return (_, path) => ({ name: path.at(-1)!, kind: "resource", resource: index });
}

/** A structure. */
export function row(make: Row | ((builder: Builder) => Row)): Make {
  return (builder) => builder.add(typeof make === "function" ? make(builder) : make);
}

/** A record. */
export function record(fields: Readonly<Record<string, Make>>): Make {
  return row((builder) => {
    return { kind: "record", fields: Object.entries(fields).map(([name, make]) => [name, builder.ref(make)] as const) };
  });
}

/** Handles by resource index. */
export function borrow(index: number): Make {
  return row({ kind: "borrow", resource: index });
}
/** Owns. */
export function own(index: number): Make {
  return row({ kind: "own", resource: index });
}
