import type { Diagnostic } from "./diagnostic.ts";
import { identity } from "./diff.ts";
import { parseName } from "./match.ts";
import { printItem } from "./print.ts";
import type { Components, CompositionExport, End, Wiring, WiringSpec } from "./spec.ts";
import { compare, type Typed } from "./subtype.ts";
import { exportsOf, type TypeTable } from "./table.ts";

/** One version of a component. */
export interface Version {
  /** `sha256:…` */
  readonly digest: string;
  readonly table: TypeTable;
}

/** A component that has new bytes. */
export interface ChangedComponent {
  /** Its name in the spec. */
  readonly component: string;
  readonly before: Version;
  readonly after: Version;
}

/** What `judge` decided, with the old or with the new bytes. */
export interface Decided {
  readonly wiring: Wiring;
  readonly diagnostics: readonly Diagnostic[];
}

/** An upgrade of one or more components under a composition that stays as it is. */
export interface CompositionUpgrade {
  readonly spec: WiringSpec;
  readonly changed: readonly ChangedComponent[];
  readonly before: Decided;
  readonly after: Decided;
  /** Every component as it was, those that change among them. */
  readonly components: Components;
}

/** More breaks than this help nobody. */
const maxBreaks = 100;

/**
 * Says what an upgrade would break in a composition that was valid before, 100 findings at most: errors that it did not have;
 * imports that an instance serves and that would silently be left to the host; exports of the composition that its callers
 * could no longer rely on. Each message names the component with its old and new digest. None: it may be rolled out.
 */
export function findUpgradeBreaks(upgrade: CompositionUpgrade): Diagnostic[] {
  const culprits = new Culprits(upgrade);
  return [...newErrors(upgrade, culprits), ...lostEdges(upgrade, culprits), ...changedExports(upgrade, culprits)].slice(
    0,
    maxBreaks,
  );
}

function newErrors({ before, after }: CompositionUpgrade, culprits: Culprits): Diagnostic[] {
  const isError = ({ severity }: Diagnostic) => severity === "error";
  const known = new Set(before.diagnostics.filter(isError).map(identity));
  return after.diagnostics
    .filter((one) => isError(one) && !known.has(identity(one)))
    .map((one) => {
      const { instance = "", interface: item = "" } = one;
      return { ...one, message: culprits.blame([instance, ...culprits.serversOf({ instance, item })], one.message) };
    });
}

function lostEdges({ before, after }: CompositionUpgrade, culprits: Culprits): Diagnostic[] {
  const exact = ({ instance, item }: End) => `${instance} ${item}`;
  // A new version may import another version of the interface: it is the same need, under a name that was not there before.
  const need = ({ instance, item }: End) => `${instance} ${parseName(item).base}`;
  const known = new Set([
    ...before.wiring.edges.map(({ from }) => exact(from)),
    ...before.wiring.hostImports.map(exact),
  ]);
  const isNew = (end: End) => !known.has(exact(end));
  const ends = after.wiring.edges.map(({ from }) => from);
  const { hostImports } = after.wiring;
  const served = new Set([...ends.map(exact), ...ends.filter(isNew).map(need)]);
  const left = new Map([
    ...hostImports.filter(isNew).map((one) => [need(one), one] as const),
    ...hostImports.map((one) => [exact(one), one] as const),
  ]);
  return before.wiring.edges.flatMap(({ from, to, field }): Diagnostic[] => {
    if (served.has(exact(from))) return [];
    const now = left.get(exact(from)) ?? (served.has(need(from)) ? undefined : left.get(need(from)));
    if (now === undefined) return [];
    const message = `import "${now.item}" of "${from.instance}" would be left to the host, it is served by: ${to.instance}/${to.item}`;
    return [
      {
        code: "import-unserved",
        severity: "error",
        field,
        instance: from.instance,
        interface: now.item,
        message: culprits.blame([to.instance, from.instance], message),
        expected: to.item,
        hint: `To leave it to the host on purpose add to spec.connections: { from: ${from.instance}/${now.item}, to: ${culprits.composition}/${now.item} }`,
      },
    ];
  });
}

function changedExports(upgrade: CompositionUpgrade, culprits: Culprits): Diagnostic[] {
  const { before, after, components, changed } = upgrade;
  const upgraded = new Map(components);
  for (const { component, after: version } of changed) upgraded.set(component, version.table);
  const reported = new Set(after.diagnostics.filter(({ severity }) => severity === "error").map(({ field }) => field));
  return before.wiring.exports.flatMap((one): Diagnostic[] => {
    const old = typedExport(upgrade.before.wiring, components, one);
    const partner = after.wiring.exports.find(({ name }) => parseName(name).track === parseName(one.name).track);
    const now = partner === undefined ? undefined : typedExport(after.wiring, upgraded, partner);
    if (old === undefined || old.table === now?.table) return [];
    const base = {
      code: "export-changed",
      severity: "error",
      field: one.field,
      instance: one.instance,
      interface: one.name,
    } as const;
    if (now === undefined) {
      if (reported.has(one.field)) return [];
      const message = culprits.blame([one.instance], `the composition would lose its export: ${one.name}`);
      return [{ ...base, message, expected: printItem(old.table, old.item) }];
    }
    return compare(old, now).differences.map(({ path, message, code: _, ...rest }) => ({
      ...base,
      ...rest,
      item: path,
      message: culprits.blame([one.instance], `callers of export "${one.name}" rely on another type, ${message}`),
    }));
  });
}

function typedExport(wiring: Wiring, components: Components, one: CompositionExport): Typed | undefined {
  const component = wiring.instances.find(({ name }) => name === one.instance)?.component;
  const table = component === undefined ? undefined : components.get(component);
  const found = table?.exports.find(({ name }) => name === one.item);
  if (table === undefined || found === undefined) return undefined;
  const item = one.inner === undefined ? found : exportsOf(table, found).find(({ name }) => name === one.inner);
  return item === undefined ? undefined : { table, item };
}

/** Finds out which of the changed components a finding is about. */
class Culprits {
  readonly composition: string;
  readonly #upgrade: CompositionUpgrade;
  readonly #changed: ReadonlyMap<string, ChangedComponent>;
  readonly #components: ReadonlyMap<string, string>;

  constructor(upgrade: CompositionUpgrade) {
    this.composition = upgrade.spec.name;
    this.#upgrade = upgrade;
    this.#changed = new Map(upgrade.changed.map((one) => [one.component, one]));
    this.#components = new Map(upgrade.spec.instances.map(({ name, component }) => [name, component]));
  }

  /** Who serves, or would serve, an import. */
  serversOf({ instance, item }: End): string[] {
    return [this.#upgrade.after, this.#upgrade.before].flatMap(({ wiring }) =>
      wiring.edges.filter(({ from }) => from.instance === instance && from.item === item).map(({ to }) => to.instance),
    );
  }

  /** The message with the first of these instances' components that is new, else with all that are. */
  blame(instances: readonly string[], message: string): string {
    const near = instances
      .map((name) => this.#changed.get(this.#components.get(name) ?? ""))
      .find((one) => one !== undefined);
    const who = (near === undefined ? this.#upgrade.changed.slice(0, 3) : [near]).map(
      ({ component, before, after }) => `"${component}" from ${short(before.digest)} to ${short(after.digest)}`,
    );
    return `Cannot upgrade component ${who.join(" and ")}: ${message.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())}`;
  }
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}
