import type { Draft } from "./draft.ts";
import type { EndReader } from "./ends.ts";
import { didYouMean } from "./hint.ts";
import { interfaceOf, isExportName, parseName } from "./match.ts";
import type { Origin } from "./provenance.ts";
import type { CompositionExport } from "./spec.ts";
import { resourcesIn } from "./table.ts";

/**
 * Adds the composition's exports: those that connections made, and those of `spec.exports`.
 *
 * An entry of `spec.exports` may name the composition itself (the published `compose.yaml` does): then it says under
 * which name an export that a connection made goes out.
 */
export function addExports(draft: Draft, reader: EndReader, made: readonly CompositionExport[]): void {
  const byName = new Map(made.flatMap((one) => [[one.name, one] as const, [outward(one).name, one] as const]));
  const renamed = new Set<CompositionExport>();
  const added: CompositionExport[] = [];
  for (const [index, { name, from }] of (draft.spec.exports ?? []).entries()) {
    const field = `spec.exports[${index}].from`;
    const end = reader.exportEnd(from, field);
    if (end?.kind === "instance") added.push({ ...end.end, name: name ?? end.end.item, field });
    if (end?.kind !== "composition") continue;
    const source = byName.get(end.name);
    if (source !== undefined) {
      renamed.add(source);
      added.push({ ...source, name: name ?? end.name, field });
      continue;
    }
    draft.error("unknown-item", field, {
      message: `Cannot find an export of the composition: ${end.name}`,
      hint:
        didYouMean(end.name, byName.keys(), draft.effort) ??
        "Write INSTANCE/INTERFACE, or connect an instance to the composition first",
    });
  }
  const names = new Map<string, CompositionExport>();
  for (const one of [...made.filter((other) => !renamed.has(other)), ...added]) addExport(draft, outward(one), names);
  draft.exports.sort((a, b) => Number(isFunction(draft, a)) - Number(isFunction(draft, b)));
}

/** A name without a version means the version of what is exported: a host finds `wasi:http/incoming-handler` by it. */
function outward(added: CompositionExport): CompositionExport {
  return parseName(added.item).base === added.name ? { ...added, name: added.item } : added;
}

function addExport(draft: Draft, added: CompositionExport, names: Map<string, CompositionExport>): void {
  const { name, field, instance } = added;
  if (!isExportName(name) || (name.includes(":") && draft.exportAt(added)?.kind !== "instance")) {
    draft.error("malformed-name", field, {
      instance,
      message: `Cannot export "${added.item}" of "${instance}" under this name: ${name}`,
      hint: "Write an interface as acme:shop/cart@1.0.0, or a word as cart",
    });
    return;
  }
  // The component model holds names that differ in case only for the same.
  const same = names.get(name.toLowerCase());
  if (same === undefined) {
    names.set(name.toLowerCase(), added);
    draft.exports.push(added);
    warnOfAnotherInterface(draft, added);
    return;
  }
  draft.error("duplicate-export", field, {
    instance,
    interface: added.item,
    message: `Cannot export "${name}" twice, it is already exported from: ${same.instance}/${same.item}`,
    hint: "Give one of them another name",
  });
}

/**
 * Hosts and callers find an interface by its name: under that of another one nobody finds it. It composes all the same,
 * and may be meant, so it is a warning. A word is a rename that nobody writes by mistake.
 */
function warnOfAnotherInterface(draft: Draft, added: CompositionExport): void {
  const { name, field, instance, item } = added;
  if (!name.includes("/")) return;
  const meant = interfaceOf(draft.exportAt(added)!);
  if (parseName(name).base === parseName(meant).base) return;
  draft.warn("export-renamed", field.replace(/\.from$/, ".name"), {
    instance,
    interface: item,
    message: `Exports "${instance}/${item}" under the name of another interface: ${name}`,
    hint: `Did you mean "${meant}"?`,
  });
}

/**
 * Reports exported functions over a resource that nobody outside can name: made inside, and its maker's interface is not
 * exported. The validator says only "func not valid to be used as export".
 */
export function reportHidden(draft: Draft, origins: ReadonlyMap<string, readonly (Origin | undefined)[]>): void {
  // Only the maker's own interface names it; one that `use`s the resource and is exported beside it does not.
  const named = new Set(draft.exports.map(({ instance, item }) => `${instance}/${item}`));
  for (const added of draft.exports) {
    if (!isFunction(draft, added)) continue;
    const { instance, item, field } = added;
    const used = resourcesIn(draft.tables.get(instance)!, draft.exportAt(added)!);
    for (const origin of new Set([...used].map((index) => origins.get(instance)?.[index]))) {
      if (origin === undefined || origin.startsWith("host ")) continue;
      const maker = origin.slice(0, origin.indexOf("#"));
      if (named.has(maker)) continue;
      draft.error("unexported-resource", field, {
        instance,
        interface: item,
        message: `Cannot export function "${item}" of "${instance}" without the resource that it takes or returns: ${origin}`,
        hint: `Add to spec.exports: { from: ${maker} }`,
      });
    }
  }
}

/** The encoder writes exports in order, and a function may name only what is out already: interfaces go first. */
function isFunction(draft: Draft, added: CompositionExport): boolean {
  return draft.exportAt(added)?.kind === "func";
}
