import type { Draft } from "./draft.ts";
import type { Effort } from "./hint.ts";
import { interfaceOf, parseName } from "./match.ts";
import type { HostImport } from "./spec.ts";
import { compare, type Difference } from "./subtype.ts";
import { exportsOf, type Item, type TypeTable, visitTypes } from "./table.ts";

/** An import that is left to the host, with its type. */
interface Left {
  readonly hostImport: HostImport;
  readonly table: TypeTable;
  readonly item: Item;
}

/** Two imports that would have to be one, and are not. */
interface Conflict {
  readonly first: HostImport;
  readonly second: HostImport;
  readonly differences: readonly Difference[];
}

/**
 * Reports host imports that cannot become one import of the composition.
 *
 * The composed component imports an interface once per version track, with the union of what its instances need (wac
 * merges, upward: 0.2.6 and 0.2.12 become 0.2.12). Labels share the definition of the interface that they implement. So
 * an item that two instances share has to be the same for both.
 */
export function reportHostConflicts(draft: Draft): void {
  const byTrack = Map.groupBy(draft.hostImports, (hostImport) => parseName(hostImport.interface).track);
  const byLabel = Map.groupBy(draft.hostImports, ({ item }) => item);
  const conflicts = [
    ...[...byTrack.values()].flatMap((same) => findMergeConflicts(distinct(draft, same), draft.effort)),
    ...[...byLabel.values()].flatMap((same) => findLabelConflicts(distinct(draft, same))),
  ];
  for (const { first, second, differences } of conflicts) {
    for (const { path, message, code: _, ...rest } of differences) {
      draft.error("host-conflict", second.field, {
        ...rest,
        instance: second.instance,
        interface: second.item,
        item: path,
        message: `Cannot merge host import "${second.interface}" of "${first.instance}" and "${second.instance}": ${message}`,
        hint:
          rest.hint ??
          "Use components built against one version of the interface, or serve one of the imports by an instance",
      });
    }
  }
}

/** Why the encoder cannot write an import of the composition (wac-graph 0.12 panics on it), or nothing. */
export function whyNotHostImport(table: TypeTable, item: Item): string | undefined {
  if (item.kind !== "func") return undefined;
  let borrows = false;
  visitTypes(table, item, ({ kind }) => {
    borrows ||= kind === "borrow";
  });
  return borrows ? "it is a function outside of an interface that borrows a resource" : undefined;
}

/** Instances of one component agree with each other: each of its imports is compared once, at its first instance. */
function distinct(draft: Draft, same: readonly HostImport[]): Left[] {
  const found = new Map<Item, Left>();
  for (const hostImport of same) {
    const item = draft.importAt(hostImport);
    if (!found.has(item)) found.set(item, { hostImport, table: draft.tables.get(hostImport.instance)!, item });
  }
  return [...found.values()];
}

/** Merges one after the other: each item is held by the first that has it, and the others must agree with its holder. */
function findMergeConflicts(imports: readonly Left[], effort: Effort): Conflict[] {
  const conflicts: Conflict[] = [];
  const holders = new Map<string, Left>();
  for (const next of imports) {
    const names = next.item.kind === "instance" ? exportsOf(next.table, next.item).map(({ name }) => name) : [""];
    const held = Map.groupBy(
      names.filter((name) => holders.has(name)),
      (name) => holders.get(name)!,
    );
    for (const [holder, shared] of held) {
      const { differences } = compare(holder, next, { only: new Set(shared), effort });
      if (differences.length > 0) conflicts.push({ first: holder.hostImport, second: next.hostImport, differences });
    }
    for (const name of names) if (!holders.has(name)) holders.set(name, next);
  }
  return conflicts;
}

/** One label for two interfaces: wac would merge them into one import without a word. */
function findLabelConflicts([first, ...others]: readonly Left[]): Conflict[] {
  return others.flatMap(({ hostImport, item }) => {
    const [expected, found] = [interfaceOf(first!.item), interfaceOf(item)];
    if (parseName(expected).track === parseName(found).track) return [];
    const message = `the label "${item.name}" means another interface`;
    const difference = { code: "type-mismatch", path: "", message, expected, found } as const;
    return [{ first: first!.hostImport, second: hostImport, differences: [difference] }];
  });
}
