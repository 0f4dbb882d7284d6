import { Trap } from "../host/host.ts";
import { busy, Callable, type Caller } from "./callable.ts";
import type { Fate } from "./fate.ts";
import type { GuestResource, WrapResource } from "./guest-resource.ts";
import { Instance } from "./instantiate.ts";
import type { InstanceOptions, Linked } from "./linked.ts";
import type { PlanExport } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import { plainResource } from "./resource-types.ts";
import { dispose } from "./resources.ts";
import { Snapshot } from "./snapshot.ts";
import type { WasmFunction } from "./wasm.ts";

/** One instance of the whole composition, ready to be called. */
export class LinkedInstance implements Linked, Caller {
  readonly functions: readonly Callable[];
  readonly #byName = new Map<string, Callable>();
  readonly #instance: Instance;
  #snapshot: Snapshot | undefined;
  #postReturn: (() => void) | undefined;

  /** `wrap` gives the objects that stand for guests' resources. */
  constructor(prepared: Prepared, options: InstanceOptions, wrap: WrapResource = plainResource) {
    this.#instance = new Instance(prepared, options, wrap);
    this.functions = [...exportedFunctions(prepared.plan.exports)].map((item) => this.#callable(item));
    for (const callable of this.functions) this.#byName.set(`${callable.interface}#${callable.name}`, callable);
  }

  get fate(): Fate {
    return this.#instance.fate;
  }
  get trap(): Trap | undefined {
    return this.fate.trap;
  }
  get deadline(): number {
    return this.fate.deadline;
  }
  set deadline(deadline: number) {
    this.fate.deadline = deadline;
  }

  func(interfaceName: string, name: string): Callable | undefined {
    return this.#byName.get(`${interfaceName}#${name}`);
  }
  abandon(reason: string): void {
    this.fate.abandon(reason);
  }

  snapshot(): void {
    this.settle();
    this.#snapshot = new Snapshot(this.#instance);
  }
  reset(): boolean {
    if (this.#snapshot === undefined || this.trap !== undefined || this.fate.busy) return false;
    // what the guest would free now is gone with its memory
    this.#postReturn = undefined;
    this.fate.scope = undefined;
    return this.#snapshot.restore();
  }

  [Symbol.dispose](): void {
    this.fate.fail(new Trap("the instance was given up"));
    for (const table of this.#instance.handleTables) {
      for (const object of table.clear()) {
        try {
          dispose(object);
        } catch {
          // nobody is left to be told; the others must be given back all the same
        }
      }
    }
  }

  memoryBytes(): number {
    let bytes = 0;
    for (const { buffer } of this.#instance.memories()) bytes += buffer.byteLength;
    return bytes;
  }

  begin(entry: number): void {
    if (this.fate.trap !== undefined) throw this.fate.trap;
    if (this.fate.busy) throw busy();
    this.settle();
    this.fate.busy = true;
    this.fate.entry = entry;
  }
  end(): void {
    this.fate.busy = false;
    if (this.fate.trap !== undefined) throw this.fate.trap;
  }
  failed(error: unknown): Trap {
    this.fate.busy = false;
    return this.fate.fail(error);
  }
  afterwards(postReturn: () => void): void {
    this.#postReturn = postReturn;
  }
  settle(): void {
    const postReturn = this.#postReturn;
    if (postReturn === undefined) return;
    this.#postReturn = undefined;
    try {
      postReturn();
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** Runs the destructor of a resource that the host owns; nothing happens for one given away, or after a trap. */
  dropResource(object: GuestResource): void {
    if (!object.owned || this.trap !== undefined) return;
    const { resources, shims } = this.#instance.prepared;
    const slot = shims.destructor.get(object.resource);
    this.begin(resources.definedBy(object.resource) ?? 0);
    object.owned = false;
    try {
      if (slot !== undefined) this.#instance.late(slot)(object.rep);
    } catch (error) {
      throw this.failed(error);
    }
    this.end();
  }

  #callable({ interface: interfaceName, name, item }: ExportedFunction): Callable {
    const { prepared } = this.#instance;
    const options = prepared.plan.options[item.options]!;
    const slot = options.postReturn === null ? undefined : prepared.shims.postReturn.get(options.postReturn);
    return new Callable({
      interface: interfaceName,
      name,
      type: item.type,
      context: this.#instance.contexts[prepared.contextOf[item.options]!]!,
      abi: () => prepared.exportAbi(item.type),
      core: this.#instance.resolve(item.func) as WasmFunction,
      postReturn: slot === undefined ? undefined : this.#instance.late(slot),
      suspends: prepared.suspends,
      caller: this,
    });
  }
}

interface ExportedFunction {
  readonly interface: string;
  readonly name: string;
  readonly item: Extract<PlanExport, { func: unknown }>;
}
function* exportedFunctions(exports: Readonly<Record<string, PlanExport>>, within = ""): Iterable<ExportedFunction> {
  for (const [name, item] of Object.entries(exports)) {
    if ("func" in item) yield { interface: within, name, item };
    else yield* exportedFunctions(item.instance, within === "" ? name : `${within}/${name}`);
  }
}
