import { decide } from "./decide.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { findItem } from "./match.ts";
import { printItem } from "./print.ts";
import type { Components, WiringSpec } from "./spec.ts";
import { compare, type Difference } from "./subtype.ts";
import type { Item, TypeTable } from "./table.ts";

/** One import or export that an upgrade adds, removes or changes. */
export interface Change {
  readonly side: "import" | "export";
  readonly name: string;
  readonly kind: "added" | "removed" | "changed" | "widened";
  /** True when some wiring of the old version cannot hold the new one. */
  readonly breaking: boolean;
  readonly differences: readonly Difference[];
  readonly wit: string;
}

/** What an upgrade does to one composition: the errors that it did not have before. */
export interface Breakage {
  readonly composition: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares two versions of a component, whoever uses them. An export may grow and an import may shrink. */
export function diffComponents(before: TypeTable, after: TypeTable): Change[] {
  const changes: Change[] = [];
  for (const [side, breaksWhen] of [
    ["import", "added"],
    ["export", "removed"],
  ] as const) {
    const [old, now] = side === "import" ? [before.imports, after.imports] : [before.exports, after.exports];
    const add = (
      item: Item,
      table: TypeTable,
      kind: Change["kind"],
      breaking: boolean,
      differences: readonly Difference[] = [],
    ) => changes.push({ side, name: item.name, kind, breaking, differences, wit: printItem(table, item) });
    for (const item of old)
      if (partner(now, item) === undefined) add(item, before, "removed", breaksWhen === "removed");
    for (const item of now) {
      const other = partner(old, item);
      if (other === undefined) {
        add(item, after, "added", breaksWhen === "added");
        continue;
      }
      const [wide, narrow] = [
        compare({ table: before, item: other }, { table: after, item }),
        compare({ table: after, item }, { table: before, item: other }),
      ];
      // Who was content with the old export must be with the new one; what served the old import must serve the new one.
      const against = side === "export" ? wide : narrow;
      if (against.differences.length > 0) add(item, after, "changed", true, against.differences);
      else if (wide.differences.length + narrow.differences.length > 0 || item.name !== other.name)
        add(item, after, "widened", false);
    }
  }
  return changes;
}

/** Decides every composition with the old and with the new version, and keeps the errors that are new. */
export function findBreakages(
  component: string,
  after: TypeTable,
  components: Components,
  compositions: readonly WiringSpec[],
): Breakage[] {
  const upgraded = new Map(components).set(component, after);
  return compositions.flatMap((spec) => {
    if (!spec.instances.some((instance) => instance.component === component)) return [];
    const known = new Set(errors(spec, components).map(identity));
    const diagnostics = errors(spec, upgraded).filter((diagnostic) => !known.has(identity(diagnostic)));
    return diagnostics.length === 0 ? [] : [{ composition: spec.name, diagnostics }];
  });
}

function partner(items: readonly Item[], item: Item): Item | undefined {
  const found = findItem(items, item.name);
  return found === undefined || found.match === "near" ? undefined : found.item;
}

function errors(spec: WiringSpec, components: Components): Diagnostic[] {
  return decide(spec, components).diagnostics.filter(({ severity }) => severity === "error");
}

function identity({ code, field, interface: name, item }: Diagnostic): string {
  return [code, field, name, item].join("\n");
}
