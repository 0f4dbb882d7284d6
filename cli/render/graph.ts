import type { Wiring } from "../../wiring/spec.ts";
import { isTypesOnly, type TypeTable } from "../../wiring/table.ts";

/** A wiring as it is drawn. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly exports: readonly { readonly name: string; readonly instance: string }[];
}

/** One instance, with what serves each of its imports. */
export interface Node {
  readonly instance: string;
  readonly component: string;
  readonly edges: readonly { readonly import: string; readonly to: string; readonly how: "Explicit" | "Implicit" }[];
  /** Names of the imports that are left to the host. */
  readonly hostImports: readonly string[];
}

/**
 * Collects what is drawn of each instance, in the order of the composition. `tableOf` gives the types of a component: an import
 * that holds nothing but types needs nobody, and is not drawn.
 */
export function makeGraph(
  name: string,
  { instances, edges, hostImports, exports }: Wiring,
  tableOf: (component: string) => TypeTable | undefined,
): Graph {
  const served = Map.groupBy(edges, ({ from }) => from.instance);
  const tables = new Map(instances.map((one) => [one.name, tableOf(one.component)]));
  const needed = hostImports.filter(({ instance, item }) => {
    const table = tables.get(instance);
    const found = table?.imports.find((one) => one.name === item);
    return table === undefined || found === undefined || !isTypesOnly(table, found);
  });
  const left = Map.groupBy(needed, ({ instance }) => instance);
  return {
    name,
    nodes: instances.map(({ name: instance, component }) => ({
      instance,
      component,
      edges: (served.get(instance) ?? []).map(({ from, to, how }) => ({ import: from.item, to: to.instance, how })),
      hostImports: (left.get(instance) ?? []).map(({ item }) => item),
    })),
    exports: exports.map((added) => ({ name: added.name, instance: added.instance })),
  };
}

/** The packages among names of interfaces, each once: `wasi:io/poll@0.2.0` and `wasi:io/streams@0.2.0` are `wasi:io`. */
export function packagesOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.split("/")[0]!.split("@")[0]!))].sort();
}
