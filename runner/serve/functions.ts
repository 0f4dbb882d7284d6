import type { Plan, PlanFunction } from "../link/plan.ts";

/** A function that the composition exports, as the gateway calls it. */
export interface ExportedFunction {
  /** With its version; "" for a function that the component exports by itself. */
  readonly interface: string;
  readonly name: string;
  readonly type: PlanFunction;
  /** Why it cannot be called with JSON, or null. */
  readonly refused: string | null;
}

/** In the path, what stands for a function that belongs to no interface. */
export const noInterface = "-";

/** Where the gateway begins. */
export const callPrefix = "/call/";

/** Every exported function of a plan but those of `wasi:`, which have their own callers. */
export function exportedFunctions(plan: Plan): ExportedFunction[] {
  return Object.entries(plan.exports).flatMap(([name, item]) => {
    if (name.startsWith("wasi:")) return [];
    if ("func" in item) return [describe(plan, "", name, item.type)];
    return Object.entries(item.instance).flatMap(([inner, at]) =>
      "func" in at ? [describe(plan, name, inner, at.type)] : [],
    );
  });
}

/**
 * The function that a path names. The interface may leave out its version: then the only one, or the newest, is meant.
 * With `-` it is the component's own function, or the only one of that name in any interface.
 */
export function findFunction(
  functions: readonly ExportedFunction[],
  interfaceName: string,
  name: string,
): ExportedFunction | undefined {
  const wanted = interfaceName === noInterface ? "" : interfaceName;
  const named = functions.filter((it) => it.name === name);
  if (wanted === "") return named.find((it) => it.interface === "") ?? (named.length === 1 ? named[0] : undefined);
  return (
    named.find((it) => it.interface === wanted) ??
    named
      .filter((it) => it.interface.split("@")[0] === wanted)
      .sort((a, b) => compareVersions(b.interface, a.interface))[0]
  );
}

/** Where a function is called: `/call/example%3Ahttp%2Fauth/check`. */
export function callPath(target: Pick<ExportedFunction, "interface" | "name">): string {
  return `${callPrefix}${encodeURIComponent(target.interface || noInterface)}/${encodeURIComponent(target.name)}`;
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function describe(plan: Plan, interfaceName: string, name: string, type: PlanFunction): ExportedFunction {
  const kind = [...type.params, ...type.results].map((index) => opaque(plan, index, [])).find((it) => it !== null);
  return {
    interface: interfaceName,
    name,
    type,
    refused:
      kind === undefined
        ? null
        : `Cannot call ${interfaceName === "" ? name : `${interfaceName}.${name}`} with JSON: it takes or gives a ${kind}, which lives only as long as its owner`,
  };
}

/** The first part of a type that has no JSON form. */
function opaque(plan: Plan, index: number, path: readonly number[]): string | null {
  const type = plan.types[index]!;
  if (path.includes(index)) return null;
  if (typeof type === "string") return type === "errorcontext" ? "error-context" : null;
  if ("own" in type || "borrow" in type) return "resource";
  if ("stream" in type) return "stream";
  if ("future" in type) return "future";
  for (const part of parts(type)) {
    const found = opaque(plan, part, [...path, index]);
    if (found !== null) return found;
  }
  return null;
}

function parts(type: Exclude<Plan["types"][number], string>): number[] {
  if ("record" in type) return type.record.map(([, of]) => of);
  if ("variant" in type) return type.variant.flatMap(([, of]) => (of === null ? [] : [of]));
  if ("list" in type) return [type.list];
  if ("array" in type) return [type.array[0]];
  if ("tuple" in type) return [...type.tuple];
  if ("option" in type) return [type.option];
  if ("result" in type) return type.result.filter((of) => of !== null);
  if ("map" in type) return [...type.map];
  return [];
}
