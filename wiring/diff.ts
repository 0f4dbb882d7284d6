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
  /** The name in the new version, or in the old one where it was removed. */
  readonly name: string;
  /** `widened`: another version, or more or less than before in the direction that breaks nobody. */
  readonly kind: "added" | "removed" | "changed" | "widened";
  /** True when some wiring of the old version cannot hold the new one. */
  readonly breaking: boolean;
  /** Of what breaks: expected is the side that was relied on. */
  readonly differences: readonly Difference[];
  readonly wit: string;
}

/** What an upgrade does to one composition: the errors that it did not have before. */
export interface Breakage {
  readonly composition: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** An upgrade of one component, and everything that could be hit by it. */
export interface Upgrade {
  /** The component's name. */
  readonly component: string;
  readonly after: TypeTable;
  /** As they are now, the old version among them. */
  readonly components: Components;
  readonly compositions: readonly WiringSpec[];
}

/** Compares two versions of a component, whoever uses them. An export may grow and an import may shrink. */
export function diffComponents(before: TypeTable, after: TypeTable): Change[] {
  return [
    ...diffSide("import", { table: before, items: before.imports }, { table: after, items: after.imports }),
    ...diffSide("export", { table: before, items: before.exports }, { table: after, items: after.exports }),
  ];
}

/** Decides every composition with the old and with the new version, and keeps the errors that are new. */
export function findBreakages({ component, after, components, compositions }: Upgrade): Breakage[] {
  const upgraded = new Map(components).set(component, after);
  return compositions.flatMap((spec) => {
    if (!spec.instances.some((instance) => instance.component === component)) return [];
    const known = new Set(errorsOf(spec, components).map(identity));
    const diagnostics = errorsOf(spec, upgraded).filter((diagnostic) => !known.has(identity(diagnostic)));
    return diagnostics.length === 0 ? [] : [{ composition: spec.name, diagnostics }];
  });
}

interface Side {
  readonly table: TypeTable;
  readonly items: readonly Item[];
}

function diffSide(side: Change["side"], old: Side, now: Side): Change[] {
  const removed = old.items
    .filter((item) => partner(now.items, item) === undefined)
    .map((item) => change(side, "removed", old.table, item, side === "export"));
  const rest = now.items.flatMap((item): Change[] => {
    const other = partner(old.items, item);
    if (other === undefined) return [change(side, "added", now.table, item, side === "import")];
    const [before, after] = [
      { table: old.table, item: other },
      { table: now.table, item },
    ];
    // Who was content with the old export must be with the new one; what served the old import must serve the new one.
    const [against, along] =
      side === "export"
        ? [compare(before, after), compare(after, before)]
        : [compare(after, before), compare(before, after)];
    if (against.differences.length > 0) {
      return [{ ...change(side, "changed", now.table, item, true), differences: against.differences }];
    }
    const same = along.differences.length === 0 && item.name === other.name;
    return same ? [] : [change(side, "widened", now.table, item, false)];
  });
  return [...removed, ...rest];
}

function change(side: Change["side"], kind: Change["kind"], table: TypeTable, item: Item, breaking: boolean): Change {
  return { side, name: item.name, kind, breaking, differences: [], wit: printItem(table, item) };
}

function partner(items: readonly Item[], item: Item): Item | undefined {
  const found = findItem(items, item.name);
  return found === undefined || found.match === "near" ? undefined : found.item;
}

function errorsOf(spec: WiringSpec, components: Components): Diagnostic[] {
  return decide(spec, components).diagnostics.filter(({ severity }) => severity === "error");
}

/** Equal for two findings about the same place of one spec, whatever their words are. */
export function identity({ code, field, interface: name, item }: Diagnostic): string {
  return [code, field, name, item].join("\n");
}
