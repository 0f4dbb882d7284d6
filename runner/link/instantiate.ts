import type { Realloc } from "../abi/memory.ts";
import { Trap } from "../host/host.ts";
import { Budget } from "./budget.ts";
import { Context } from "./context.ts";
import { LinkError } from "./error.ts";
import { Fate } from "./fate.ts";
import type { WrapResource } from "./guest-resource.ts";
import { HandleTable } from "./handles.ts";
import { hostFunctions, type TranscodeTrampoline } from "./host-functions.ts";
import { intrinsic } from "./intrinsics.ts";
import type { InstanceOptions } from "./linked.ts";
import type { CoreDef, Step } from "./plan.ts";
import { type Prepared, pageBytes } from "./prepare.ts";
import { probeNames } from "./probes.ts";
import type * as resources from "./resources.ts";
import { type ShimImports, shimNames } from "./shims.ts";
import { type Ends, makeCopyUtf8 } from "./transcode.ts";
import { jspi, type WasmFunction } from "./wasm.ts";

type CoreExport = WebAssembly.ExportValue;

/** The parts of one linked instance, while and after it is put together. */
export class Instance {
  readonly prepared: Prepared;
  readonly fate: Fate;
  readonly contexts: readonly Context[];
  readonly handleTables: readonly HandleTable[];
  /** Instances of core modules, in the order of the steps. */
  readonly cores: { readonly module: number; readonly exports: WebAssembly.Exports }[] = [];
  /** Memories that the linker made for the guests. */
  readonly ownMemories: WebAssembly.Memory[] = [];
  readonly flags = new Map<number, WebAssembly.Global>();
  readonly slots = new Int32Array(2);
  readonly shims: WebAssembly.Exports;
  readonly #options: InstanceOptions;
  readonly #memories: WebAssembly.Memory[] = [];
  readonly #resources: resources.ResourceParts;
  readonly #probes = new Map<number, WebAssembly.Exports>();

  /** Runs all steps of the plan. Throws `LinkError`, or the `Trap` of a start function. */
  constructor(prepared: Prepared, options: InstanceOptions, wrap: WrapResource) {
    this.prepared = prepared;
    this.fate = new Fate(prepared.attribution);
    this.fate.deadline = options.startBy ?? Infinity;
    this.#options = options;
    const { plan } = prepared;
    const { resources } = prepared;
    const budget = new Budget();
    this.handleTables = plan.componentInstances.map(() => new HandleTable(resources.fits, budget));
    const types = { ...resources, wrap };
    this.#resources = { tables: this.handleTables, fate: this.fate, ownerOf: resources.ownerOf, types };
    this.contexts = this.#makeContexts();
    this.shims = this.#instantiateShims();
    try {
      for (const step of plan.steps) this.#run(step);
    } catch (error) {
      throw this.fate.trap ?? (isGuestTrap(error) ? this.fate.fail(error) : asLinkError(error));
    }
    if (this.fate.trap !== undefined) throw this.fate.trap;
    this.fate.deadline = Infinity;
  }

  /** The function of a late slot, as the shims export it. */
  late(slot: number): WasmFunction {
    return this.shims[shimNames.callLate(slot)] as WasmFunction;
  }

  /** The value of a definition; instances must be there. */
  resolve(def: CoreDef): CoreExport {
    if ("i" in def)
      return found(this.cores[def.i]?.exports[def.n], () => `export "${def.n}" of core instance ${def.i}`);
    if ("flags" in def) return this.#flagsOf(def.flags);
    if ("trampoline" in def) return this.#trampoline(def.trampoline);
    return intrinsic(def.intrinsic, this.slots);
  }

  /** All memories that count against the limits. */
  memories(): ReadonlySet<WebAssembly.Memory> {
    return new Set([...this.ownMemories, ...this.#memories]);
  }

  #run(step: Step): void {
    const { shims } = this.prepared;
    switch (step.op) {
      case "instantiate":
        this.#instantiate(step);
        break;
      case "memory": {
        const memory = this.resolve(step.def) as WebAssembly.Memory;
        this.#memories[step.index] = memory;
        this.#attach("memory", step.index, { memory });
        break;
      }
      case "realloc": {
        const slot = shims.realloc.get(step.index);
        this.#setLate(slot, step.def);
        if (slot !== undefined) this.#attach("realloc", step.index, { realloc: this.late(slot) as Realloc });
        break;
      }
      case "postReturn":
        this.#setLate(shims.postReturn.get(step.index), step.def);
        break;
      case "resource":
        this.#setLate(shims.destructor.get(step.index), step.dtor);
        break;
    }
  }

  #instantiate({ module, args }: Extract<Step, { op: "instantiate" }>): void {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
    const add = (from: string, name: string, value: WebAssembly.ImportValue) => {
      const of = imports[from] ?? Object.create(null);
      of[name] = value;
      imports[from] = of;
    };
    for (const [from, name, def] of args) add(from, name, this.#probed(def) ?? this.resolve(def));
    const { memories, deadlines } = this.prepared.plan.modules[module]!;
    memories.forEach((limits, index) => void add("tenon", `memory${index}`, this.#makeMemory(limits)));
    if (deadlines) {
      add("tenon", "epoch", this.#options.epoch ?? idleEpoch());
      add("tenon", "deadline", this.shims[shimNames.deadline] as WasmFunction);
    }
    const { exports } = new WebAssembly.Instance(this.prepared.modules[module]!, imports);
    this.cores.push({ module, exports });
  }

  /** The probe that stands before an adapter's function, where calls are counted. */
  #probed(def: CoreDef): WasmFunction | undefined {
    const { edgeOf, probes } = this.prepared;
    const edge = edgeOf.get(def);
    if (edge === undefined || !("i" in def)) return undefined;
    let exports = this.#probes.get(def.i);
    if (exports === undefined) {
      const { module, edges } = probes.get(def.i)!;
      const adapter = this.cores[def.i]!.exports;
      const functions = Object.fromEntries([...edges].map(([n, name]) => [probeNames.edge(n), adapter[name]!]));
      const counters = this.#options.probes!.memory;
      exports = new WebAssembly.Instance(module, { tenon: { counters }, edges: functions }).exports;
      this.#probes.set(def.i, exports);
    }
    return exports[probeNames.edge(edge)] as WasmFunction;
  }

  #makeMemory({ minimum, maximum }: { readonly minimum: number; readonly maximum?: number }): WebAssembly.Memory {
    const cap = Math.min(maximum ?? maxPages, Math.floor(this.#options.memoryBytes / pageBytes));
    const memory = new WebAssembly.Memory({ initial: minimum, maximum: Math.max(minimum, cap) });
    this.ownMemories.push(memory);
    return memory;
  }

  #attach(kind: "memory" | "realloc", index: number, parts: Parameters<Context["attach"]>[0]): void {
    this.prepared.plan.options.forEach((options, number) => {
      if (options[kind] === index) this.contexts[this.prepared.contextOf[number]!]!.attach(parts);
    });
  }
  #setLate(slot: number | undefined, def: CoreDef | null): void {
    if (slot === undefined || def === null) return;
    (this.shims[shimNames.late] as WebAssembly.Table).set(slot, this.resolve(def));
  }

  #makeContexts(): Context[] {
    const { plan, contextOf } = this.prepared;
    const contexts: Context[] = [];
    plan.options.forEach(({ encoding, componentInstance }, number) => {
      contexts[contextOf[number]!] ??= new Context({
        encoding,
        componentInstance,
        handles: this.handleTables[componentInstance]!,
        fate: this.fate,
        resources: this.#resources.types,
      });
    });
    return contexts;
  }

  #instantiateShims(): WebAssembly.Exports {
    const { shims } = this.prepared;
    const { tag, failed, cannotLeave, over, wait } = this.#shimImports();
    const tenon: Record<string, WebAssembly.ImportValue> = { tag: tag as never, failed, cannotLeave, over };
    for (const results of shims.waits) tenon[shimNames.wait(results)] = new jspi.Suspending(wait);
    for (const instance of shims.flags) tenon[shimNames.flags(instance)] = this.#flagsOf(instance);
    const host = hostFunctions({
      prepared: this.prepared,
      hostInstance: this.#options.hostInstance,
      contexts: this.contexts,
      resources: this.#resources,
      fate: this.fate,
      ends: (trampoline) => this.#transcodeMemories(trampoline),
      suspend: () => {
        this.#pending!.value = 1;
      },
    });
    const { exports } = new WebAssembly.Instance(shims.module, { tenon, host });
    this.#pending = exports[shimNames.pending] as WebAssembly.Global;
    return exports;
  }
  #pending: WebAssembly.Global | undefined;

  #shimImports(): ShimImports {
    const { fate } = this;
    const flag = this.#options.epoch === undefined ? undefined : new Int32Array(this.#options.epoch.buffer);
    return {
      tag: jspi.JSTag,
      failed: (error, shim) => void fate.fail(error, here(), this.#callerOf(shim)),
      cannotLeave: (shim) => void fate.fail(new Trap("cannot leave component instance"), here(), this.#callerOf(shim)),
      over: () => {
        // taken down for everyone: the watchdog raises it again for as long as any call is over its time
        if (flag !== undefined) Atomics.store(flag, 0, 0);
        if (performance.now() <= fate.deadline) return 0;
        fate.fail(new Trap("deadline exceeded"), here());
        return 1;
      },
      wait: () => fate.wait(),
    };
  }

  /** The component instance that a trampoline serves, where the plan says it. */
  #callerOf(trampoline: number): number | undefined {
    const found = this.prepared.plan.trampolines[trampoline];
    if (found === undefined) return undefined;
    if (found.kind === "lower") return this.prepared.plan.options[found.options]?.componentInstance;
    return "componentInstance" in found ? found.componentInstance : undefined;
  }

  #transcodeMemories({ from, to }: TranscodeTrampoline): Ends {
    const memory = (index: number) => found(this.#memories[index], () => `memory ${index}`);
    return { from: memory(from), to: memory(to) };
  }

  #trampoline(index: number): WasmFunction {
    const trampoline = found(this.prepared.plan.trampolines[index], () => `trampoline ${index}`);
    if (trampoline.kind === "transcode" && trampoline.what === "copy_utf8")
      return makeCopyUtf8(this.#transcodeMemories(trampoline), this.fate);
    return this.shims[shimNames.shim(index)] as WasmFunction;
  }

  #flagsOf(instance: number): WebAssembly.Global {
    let flags = this.flags.get(instance);
    if (flags === undefined) {
      flags = new WebAssembly.Global({ value: "i32", mutable: true }, 1);
      this.flags.set(instance, flags);
    }
    return flags;
  }
}

/** Pages of a memory of 4 GiB. */
const maxPages = 0x1_0000;

let idle: WebAssembly.Memory | undefined;
/** The flag that nobody raises: for modules with checks where no deadline is kept. */
function idleEpoch(): WebAssembly.Memory {
  idle ??= new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  return idle;
}

function found<T>(value: T | undefined, what: () => string): T {
  if (value === undefined) throw new LinkError("invalid-plan", `Cannot link the plan: there is no ${what()}`);
  return value;
}

/** A trap or an overflow of a start function; anything else that instantiating throws means that the parts do not fit. */
function isGuestTrap(error: unknown): boolean {
  const { name } = error as Error;
  return name === "RuntimeError" || name === "RangeError" || name === "Trap";
}
function asLinkError(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new LinkError("invalid-plan", `Cannot link the plan: ${reason}`, { cause: error });
}

/** The stack of wasm functions that called the host. */
function here(): string {
  return new Error("stack").stack ?? "";
}
