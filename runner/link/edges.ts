import type { PlanEdge } from "./linked.ts";
import type { CoreDef, Plan, Step } from "./plan.ts";

/** An edge, and where it stands in the plan. */
export interface FoundEdge {
  readonly edge: PlanEdge;
  /** The argument whose definition it is: the same object as in the plan. */
  readonly def: CoreDef;
  /** The core instance of the adapter, the name of its export, and the signature. */
  readonly adapter: number;
  readonly export: string;
  readonly core: string;
}

type Instantiate = Extract<Step, { op: "instantiate" }>;
type ExportDef = Extract<CoreDef, { i: number }>;

/**
 * Every call from one component instance into another: the imports that adapters (FACT modules) serve. Their names come
 * from the importing module, also through the tables of wit-component's shim modules.
 */
export function findEdges(plan: Plan): FoundEdge[] {
  const steps = plan.steps.filter((step) => step.op === "instantiate");
  const shimmed = shimmedNames(steps);
  const edges: FoundEdge[] = [];
  for (const step of steps) {
    const importer = step.componentInstance;
    if (importer === null) continue;
    const table = step.args.find(([, name]) => name === "$imports")?.[2];
    for (const [from, name, def] of step.args) {
      const adapter = "i" in def ? steps[def.i] : undefined;
      if (!("i" in def) || def.core === undefined || adapter === undefined) continue;
      if (adapter.componentInstance !== null) continue;
      const numbered = table !== undefined && "i" in table && fixups.includes(from);
      const named = numbered ? shimmed.get(`${table.i}:${name}`) : undefined;
      const [interfaceName, functionName] = named ?? [from, name];
      edges.push({
        edge: {
          from: plan.componentInstances[importer]!.path,
          to: calleePath(plan, steps, adapter, def),
          interface: interfaceName,
          function: functionName,
        },
        def,
        adapter: def.i,
        export: def.n,
        core: def.core,
      });
    }
  }
  return edges;
}

/** From where the modules that fill those tables import; linked dynamically (componentize-js, wasi-sdk) it is `actual`. */
const fixups = ["", "actual"];

/** What the numbered exports of shim modules stand for, by the names under which other modules import them. */
function shimmedNames(steps: readonly Instantiate[]): ReadonlyMap<string, readonly [string, string]> {
  const names = new Map<string, readonly [string, string]>();
  for (const { args } of steps)
    for (const [from, name, def] of args)
      if ("i" in def && /^\d+$/.test(def.n) && !fixups.includes(from)) names.set(`${def.i}:${def.n}`, [from, name]);
  return names;
}

function calleePath(
  plan: Plan,
  steps: readonly Instantiate[],
  adapter: Instantiate,
  def: ExportDef,
): readonly string[] {
  const callee = adapter.args.find(([from, name]) => from === "callee" && name === def.n)?.[2];
  const owner = callee !== undefined && "i" in callee ? steps[callee.i]?.componentInstance : undefined;
  return owner === undefined || owner === null ? [] : plan.componentInstances[owner]!.path;
}
