import { parseName } from "./match.ts";
import type { Edge, HostImport } from "./spec.ts";
import type { ResourcePair } from "./subtype.ts";
import { resourcesIn, type TypeTable } from "./table.ts";

/**
 * Where a resource of the whole composition is made: `db/wasi:keyvalue/store#bucket` or, as no instance name has a space,
 * `host wasi:io/poll@0.2#pollable`.
 */
export type Origin = string;

/** A resource that has to be one and is two. */
export interface Split {
  readonly edge: Edge | HostImport;
  readonly resource: readonly string[];
  readonly path: string;
  readonly expected: Origin;
  readonly found: Origin;
  /** The edges that brought each of the two to where they meet; undefined where it is made there, or is the host's. */
  readonly expectedBy: Edge | undefined;
  readonly foundBy: Edge | undefined;
}

/** The resources of each instance by index, with their origin (undefined where a broken edge hides it), and what is wrong. */
export interface Provenance {
  readonly splits: readonly Split[];
  readonly origins: ReadonlyMap<string, readonly (Origin | undefined)[]>;
}

/** An edge with what the comparison of its types found; nothing is concluded from one that is not `sound`. */
export interface ComparedEdge extends Edge {
  readonly resources: readonly ResourcePair[];
  readonly sound: boolean;
}

/** Everything that the check reads; `order` has exporters before importers. */
export interface ProvenanceInput {
  readonly order: readonly string[];
  readonly tables: ReadonlyMap<string, TypeTable>;
  readonly edges: readonly ComparedEdge[];
  readonly hostImports: readonly HostImport[];
}

/** A resource at one instance. */
interface Known {
  readonly origin: Origin | undefined;
  readonly by: Edge | undefined;
}

/**
 * Traces every resource to its maker, and finds those that cross an edge from the wrong one.
 *
 * wac compares resources by name, so that two providers of one resource pass it and fail in the validator, which names
 * no instance. Here each resource gets its origin: made by the instance that exports it, taken from whoever serves the
 * import that introduces it, or made by the host. Then every edge must pair resources of one origin.
 */
export function traceResources({ order, tables, edges, hostImports }: ProvenanceInput): Provenance {
  const splits: Split[] = [];
  const known = new Map<string, Known[]>();
  const incoming = Map.groupBy(edges, ({ from }) => from.instance);
  const left = Map.groupBy(hostImports, ({ instance }) => instance);
  for (const instance of order) {
    const table = tables.get(instance)!;
    const served = incoming.get(instance) ?? [];
    // First the imports that introduce a resource say where it is from, then every use of it has to agree.
    const own = introduce(instance, table, served, known);
    known.set(instance, own);
    for (const edge of served) splits.push(...splitsOfEdge(edge, table, own, known.get(edge.to.instance) ?? []));
    for (const hostImport of left.get(instance) ?? []) splits.push(...splitsOfHostImport(hostImport, table, own));
  }
  const origins = new Map([...known].map(([instance, all]) => [instance, all.map(({ origin }) => origin)]));
  return { splits, origins };
}

function introduce(
  instance: string,
  table: TypeTable,
  served: readonly ComparedEdge[],
  known: ReadonlyMap<string, readonly Known[]>,
): Known[] {
  const own = table.resources.map(({ side, home }): Known => {
    return { origin: side === "export" ? `${instance}/${home.join("#")}` : hostOrigin(home), by: undefined };
  });
  for (const edge of served) {
    for (const [index, { side, home }] of table.resources.entries()) {
      if (side === "import" && home[0] === edge.from.item) own[index] = { origin: undefined, by: edge };
    }
    for (const { expected, found } of edge.sound ? edge.resources : []) {
      if (table.resources[expected]!.home[0] !== edge.from.item) continue;
      own[expected] = { origin: known.get(edge.to.instance)?.[found]?.origin, by: edge };
    }
  }
  return own;
}

function splitsOfEdge(edge: ComparedEdge, table: TypeTable, own: readonly Known[], theirs: readonly Known[]): Split[] {
  return edge.resources.flatMap(({ expected, found, path }): Split[] => {
    const [mine, other] = [own[expected], theirs[found]];
    if (mine?.origin === undefined || other?.origin === undefined || mine.origin === other.origin) return [];
    const resource = table.resources[expected]!.home;
    const by = { expectedBy: mine.by, foundBy: other.by };
    return [{ edge, resource, path, expected: mine.origin, found: other.origin, ...by }];
  });
}

/** A resource that an instance serves cannot be the host's as well. */
function splitsOfHostImport(hostImport: HostImport, table: TypeTable, own: readonly Known[]): Split[] {
  const item = table.imports.find(({ name }) => name === hostImport.item)!;
  return [...resourcesIn(table, item)].flatMap((used): Split[] => {
    const { home } = table.resources[used]!;
    const [mine, found] = [own[used]!, hostOrigin(home)];
    if (mine.origin === undefined || mine.origin === found) return [];
    const by = { expectedBy: mine.by, foundBy: undefined };
    return [{ edge: hostImport, resource: home, path: home.at(-1)!, expected: mine.origin, found, ...by }];
  });
}

/** Imports that the host serves are merged along their version track, so the track names the maker. */
function hostOrigin(home: readonly string[]): Origin {
  return `host ${parseName(home[0]!).track}#${home.slice(1).join("#")}`;
}
