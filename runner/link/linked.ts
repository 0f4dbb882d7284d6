import type { GuestContext, HostInstance, HostInterface, Trap } from "../host/host.ts";
import type { PlanFunction } from "./plan.ts";

/** What the linker is given besides the plan and the compiled modules. */
export interface LinkOptions {
  /** Host interfaces by what they are called and the versions they speak; the first that answers is bound. */
  readonly hosts: readonly HostInterface[];
  /** Whose grants an import gets: asked by the path of the importing component instance, `[]` for the composition itself. */
  readonly hostInstance: (path: readonly string[]) => HostInstance;
  /** Bytes that one linear memory may grow to; a module that starts larger is refused. */
  readonly memoryBytes: number;
  /** The flag that the checks in the modules read (`runner/watchdog.ts` raises it); absent, no deadline is kept. */
  readonly epoch?: WebAssembly.Memory;
  /** Counts calls across edges in a shared memory; absent, no probe stands between the modules. */
  readonly probes?: Probes;
}

/** What one instance is given. */
export interface InstanceOptions extends LinkOptions {
  /** Start functions end by then, on the clock of `performance.now()`; absent: whenever they like. */
  readonly startBy?: number;
}

/** `memory` holds two u64 an edge at `edge * 16`: calls begun, calls that returned. */
export interface Probes {
  readonly memory: WebAssembly.Memory;
}

/** A call from one component instance into another: where an adapter stands. */
export interface PlanEdge {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly interface: string;
  readonly function: string;
}

/** A plan with its modules compiled and its hosts found; makes instances. */
export interface Linker {
  readonly edges: readonly PlanEdge[];
  /** Imports that no host serves: `{path, interface, function}`. `instantiate` throws where there are any. */
  readonly missing: readonly {
    readonly path: readonly string[];
    readonly interface: string;
    readonly function: string;
  }[];
  /** Why `reset` is impossible for this plan, or null. */
  readonly notResettable: string | null;
  /**
   * A fresh instance of everything. Throws `LinkError`, or a `Trap` of a start function, also of one that runs past
   * `deadline` (as `Linked.deadline`; none: Infinity).
   */
  instantiate(deadline?: number): Linked;
}

/** One instance of the whole composition. It takes one call at a time; after a trap it is poisoned for good. */
export interface Linked {
  /** By export name and function name; a function that the component exports by itself is under the interface "". */
  func(interfaceName: string, name: string): LinkedFunction | undefined;
  readonly functions: readonly LinkedFunction[];
  /** The reason why no further call is possible. */
  readonly trap: Trap | undefined;
  /** On the clock of `performance.now()`; checked by the code itself. Infinity: none. */
  deadline: number;
  /**
   * Gives up the call that is suspended, and with it the instance: it is poisoned with this reason, the call's promise
   * rejects with that `Trap` at once, and when what the guest waits for comes, the guest traps instead of going on.
   */
  abandon(reason: string): void;
  /** Keeps memories, globals, tables and handles as they are now. */
  snapshot(): void;
  /** Brings the snapshot back; false where that is impossible (a memory has grown, a trap): make a fresh instance. */
  reset(): boolean;
  /** Gives back what its guests still hold of the host (connections, timers, files); no call may follow. */
  [Symbol.dispose](): void;
  /** Sum over all memories, bytes. */
  memoryBytes(): number;
}

/** An exported function of one instance. */
export interface LinkedFunction {
  readonly interface: string;
  readonly name: string;
  readonly type: PlanFunction;
  /** Where handles for this function's host-resource parameters are added. */
  readonly guest: GuestContext;
  /**
   * Calls with core values, for hand-written callers. Post-return is done before the instance's next call: until then
   * what the result points at can be read.
   * Rejects with a `Trap` (also for an exceeded deadline); the instance is then poisoned.
   */
  callCore(...args: (number | bigint)[]): Promise<number | bigint | undefined>;
  /**
   * Calls with WIT values as jco maps them. An `err` result rejects with `HostError`; a value that does not fit its type
   * with an `AbiError`, which does the instance no harm.
   */
  call(...args: unknown[]): Promise<unknown>;
}
