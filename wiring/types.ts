import type { Draft } from "./draft.ts";
import { reportHidden } from "./exports.ts";
import { sortTopologically } from "./graph.ts";
import { reportHostConflicts } from "./host.ts";
import { type ComparedEdge, type Split, traceResources } from "./provenance.ts";
import type { Edge } from "./spec.ts";
import { type Comparison, compare } from "./subtype.ts";

/** Checks everything that needs types: what crosses the edges, what the host is asked for, who makes which resource. */
export function checkTypes(draft: Draft): void {
  const edges = compareEdges(draft);
  reportHostConflicts(draft);
  const dependencies = Map.groupBy(draft.edges, ({ from }) => from.instance);
  const sorted = sortTopologically(draft.tables.keys(), (name) =>
    (dependencies.get(name) ?? []).map(({ to }) => to.instance),
  );
  if ("cycle" in sorted) {
    reportCycle(draft, sorted.cycle);
    return;
  }
  const { tables, hostImports } = draft;
  const { splits, origins } = traceResources({ order: sorted.order, tables, edges, hostImports });
  for (const split of splits) reportSplit(draft, split);
  reportHidden(draft, origins);
}

/** The same two ends of the same two components are compared once, and reported for each edge. */
function compareEdges(draft: Draft): ComparedEdge[] {
  const numbers = new Map([...new Set(draft.tables.values())].map((table, index) => [table, index]));
  const compared = new Map<string, Comparison>();
  return draft.edges.map((edge) => {
    const [expected, found] = [draft.tables.get(edge.from.instance)!, draft.tables.get(edge.to.instance)!];
    const ends = [numbers.get(expected), edge.from.item, numbers.get(found), edge.to.item, edge.to.inner ?? ""];
    const id = ends.join(" ");
    const result =
      compared.get(id) ??
      compare(
        { table: expected, item: draft.importAt(edge.from) },
        { table: found, item: draft.exportAt(edge.to)! },
        { effort: draft.effort },
      );
    compared.set(id, result);
    reportDifferences(draft, edge, result);
    return { ...edge, resources: result.resources, sound: result.differences.length === 0 };
  });
}

function reportDifferences(draft: Draft, { from, to, field }: Edge, { differences }: Comparison): void {
  const components = [from, to].map(({ instance }) => draft.componentOf(instance));
  // Said once an edge: whatever differs, this is the cure.
  let cure: string | undefined = `Build "${components[0]}" and "${components[1]}" against one version of the interface`;
  for (const { code, path, message, hint: own, ...rest } of differences) {
    const hint = own ?? cure;
    if (own === undefined) cure = undefined;
    draft.error(code, field, {
      instance: from.instance,
      interface: from.item,
      item: path,
      ...rest,
      message: `Cannot serve "${from.instance}" import "${from.item}" from "${to.instance}": ${message}`,
      hint,
    });
  }
}

function reportCycle(draft: Draft, cycle: readonly string[]): void {
  const [from, to] = cycle;
  const edge = draft.edges.find((candidate) => candidate.from.instance === from && candidate.to.instance === to);
  draft.error("cycle", edge?.field ?? "spec.connections", {
    ...(from === undefined ? {} : { instance: from }),
    ...(edge === undefined ? {} : { interface: edge.from.item }),
    message: `Cannot instantiate a cycle: ${cycle.join(" -> ")}`,
    hint: "An instance starts after those that it imports from: serve one of these imports by the host or by another instance",
  });
}

function reportSplit(draft: Draft, { edge, resource, path, expected, found, expectedBy, foundBy }: Split): void {
  const end = "from" in edge ? edge.from : edge;
  const name = resource.join("#");
  const ways = [
    ...(expectedBy === undefined ? [] : [`the expected one comes by ${describe(expectedBy)}`]),
    ...(foundBy === undefined ? [] : [`the found one comes by ${describe(foundBy)}`]),
  ];
  const way = ways.length === 0 ? "" : `; ${ways.join(", ")}`;
  draft.error("resource-mismatch", edge.field, {
    instance: end.instance,
    interface: end.item,
    item: path,
    message: `Cannot mix two makers of one resource: ${name}`,
    expected,
    found,
    hint: `Serve both imports from one instance, or leave both to the host${way}`,
  });
}

function describe({ from, to, field, how }: Edge): string {
  const edge = `{ from: ${from.instance}/${from.item}, to: ${to.instance}/${to.item} }`;
  return how === "Explicit" ? `${field} ${edge}` : edge;
}
