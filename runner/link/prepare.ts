import { Abi, type ExportAbi, type ImportAbi } from "../abi/function.ts";
import { type Attribution, makeAttribution } from "./attribute.ts";
import { type FoundEdge, findEdges } from "./edges.ts";
import { LinkError } from "./error.ts";
import { type BoundImport, findImports, type MissingImport } from "./imports.ts";
import type { LinkOptions } from "./linked.ts";
import type { CoreDef, Plan, PlanFunction, Step, Trampoline } from "./plan.ts";
import { makeProbes, type ProbeModule } from "./probes.ts";
import { type PlanResources, planResources } from "./resource-types.ts";
import { type LateSpec, makeShims, type ShimSpec } from "./shims.ts";
import { signature } from "./wasm.ts";

/** A plan made ready: everything that all instances of it share. */
export interface Prepared {
  readonly plan: Plan;
  readonly modules: readonly WebAssembly.Module[];
  readonly bound: readonly BoundImport[];
  readonly missing: readonly MissingImport[];
  readonly edges: readonly FoundEdge[];
  readonly attribution: Attribution;
  readonly resources: PlanResources;
  /** Edge numbers by the definitions of the plan, and the probes before the adapters; empty without probes. */
  readonly edgeOf: ReadonlyMap<CoreDef, number>;
  readonly probes: ReadonlyMap<number, ProbeModule>;
  readonly shims: PreparedShims;
  /** By option number: which canonical context it means. */
  readonly contextOf: readonly number[];
  /** The canonical ABI of an exported and of an imported function, made once. */
  readonly exportAbi: (type: PlanFunction) => ExportAbi;
  readonly importAbi: (type: PlanFunction) => ImportAbi;
  /** True where a guest may be suspended; otherwise calls need no stack of their own. */
  readonly suspends: boolean;
}
/** The module that stands between the guests and the host functions, and what it needs. */
export interface PreparedShims {
  readonly module: WebAssembly.Module;
  readonly flags: readonly number[];
  readonly waits: readonly string[];
  /** Late slots by what fills them. */
  readonly realloc: ReadonlyMap<number, number>;
  readonly postReturn: ReadonlyMap<number, number>;
  readonly destructor: ReadonlyMap<number, number>;
}

/** Checks the plan and makes what its instances share. Throws `LinkError`. */
export function prepare(plan: Plan, modules: readonly WebAssembly.Module[], options: LinkOptions): Prepared {
  check(plan, modules, options);
  const { bound, missing } = findImports(plan, options.hosts, options.hostInstance);
  const contexts = new Map<string, number>();
  const contextOf = plan.options.map((o) => {
    const key = `${o.componentInstance},${o.memory},${o.realloc},${o.encoding}`;
    if (!contexts.has(key)) contexts.set(key, contexts.size);
    return contexts.get(key)!;
  });
  const suspends = bound.some(({ blocking }) => blocking);
  const abi = new Abi(plan.types);
  const edges = findEdges(plan);
  const probed = options.probes !== undefined;
  return {
    ...{ plan, modules, bound, missing, contextOf, suspends, edges },
    resources: planResources(plan, options.hosts),
    attribution: makeAttribution(plan, modules, edges),
    exportAbi: once((type) => abi.forExport(type)),
    importAbi: once((type) => abi.forImport(type)),
    shims: prepareShims(plan, bound),
    edgeOf: new Map(probed ? edges.map(({ def }, edge) => [def, edge]) : []),
    probes: probed ? makeProbes(edges, options.probes) : new Map(),
  };
}

function once<T>(make: (type: PlanFunction) => T): (type: PlanFunction) => T {
  const known = new Map<PlanFunction, T>();
  return (type) => {
    const found = known.get(type) ?? make(type);
    known.set(type, found);
    return found;
  };
}

function check(plan: Plan, modules: readonly WebAssembly.Module[], options: LinkOptions): void {
  if (plan.format !== 1)
    throw new LinkError("unsupported", `Cannot read the plan: this runner reads format 1, the plan has ${plan.format}`);
  if (modules.length !== plan.modules.length) {
    const counts = `the plan has ${plan.modules.length} modules, ${modules.length} were given`;
    throw new LinkError("invalid-plan", `Cannot link the plan: ${counts}`);
  }
  for (const { async } of plan.options)
    if (async) throw new LinkError("unsupported", "Cannot link the plan: it has async functions (WASI 0.3)");
  for (const step of plan.steps) {
    if (step.op === "callback") throw new LinkError("unsupported", "Cannot link the plan: it has async functions");
    if (step.op === "instantiate") checkMemories(plan, step, options.memoryBytes);
  }
}

/** Bytes of a page of linear memory. */
export const pageBytes = 0x1_0000;

function checkMemories(plan: Plan, step: Extract<Step, { op: "instantiate" }>, limit: number): void {
  const path = step.componentInstance === null ? [] : plan.componentInstances[step.componentInstance]!.path;
  for (const { minimum } of plan.modules[step.module]!.memories) {
    if (minimum * pageBytes <= limit) continue;
    const numbers = `its memory starts with ${minimum * pageBytes} bytes, the limit is ${limit}`;
    throw new LinkError("memory-limit", `Cannot link ${instanceName(path)}: ${numbers}`, { path });
  }
}

/** How messages call a component instance. */
export function instanceName(path: readonly string[]): string {
  return path.length === 0 ? "the component" : `"${path.join("/")}"`;
}

function prepareShims(plan: Plan, bound: readonly BoundImport[]): PreparedShims {
  const late: LateSpec[] = [];
  const realloc = new Map<number, number>();
  const postReturn = new Map<number, number>();
  const destructor = new Map<number, number>();
  for (const o of plan.options) {
    if (o.realloc !== null && !realloc.has(o.realloc))
      realloc.set(o.realloc, late.push({ core: "iiii:i", stays: o.componentInstance }) - 1);
    if (o.postReturn !== null && !postReturn.has(o.postReturn)) {
      const core = `${signature(o.core).results.join("")}:`;
      postReturn.set(o.postReturn, late.push({ core, stays: o.componentInstance }) - 1);
    }
  }
  for (const step of plan.steps)
    if (step.op === "resource" && step.dtor !== null)
      destructor.set(step.index, late.push({ core: "i:", stays: null }) - 1);
  const blocking = new Set(bound.filter((one) => one.blocking).map((one) => one.trampoline));
  const specs = plan.trampolines.map((trampoline, index) => shimOf(plan, trampoline, blocking.has(index), destructor));
  const { bytes, flags, waits } = makeShims(specs, late);
  return { module: new WebAssembly.Module(bytes), flags, waits, realloc, postReturn, destructor };
}

/** `copy_utf8` is a module of its own (`transcode.ts`); everything else goes through a shim. */
function shimOf(
  plan: Plan,
  trampoline: Trampoline,
  blocking: boolean,
  destructors: ReadonlyMap<number, number>,
): ShimSpec | null {
  const { core } = trampoline;
  switch (trampoline.kind) {
    case "lower":
      return { core, blocking, leaves: plan.options[trampoline.options]!.componentInstance, destructor: null };
    case "resource.new":
      return { core, blocking: false, leaves: trampoline.componentInstance, destructor: null };
    case "resource.rep":
      return { core, blocking: false, leaves: null, destructor: null };
    case "resource.drop": {
      const resource = plan.resourceTables[trampoline.table]?.[0] ?? -1;
      return {
        core,
        blocking: false,
        leaves: trampoline.componentInstance,
        destructor: destructors.get(resource) ?? null,
      };
    }
    case "transcode":
      return trampoline.what === "copy_utf8" ? null : { core, blocking: false, leaves: null, destructor: null };
    default:
      return { core, blocking: false, leaves: null, destructor: null };
  }
}
