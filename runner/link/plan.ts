/**
 * The plan: a flattened composition as data. The composer's `flatten` writes it, the linker in this folder reads it.
 *
 * It follows wasmtime-environ's component translation (the names are that crate's), with what the linker needs besides:
 * the path of every component instance, the imports and exports that the rewriting added, and the types.
 */
export interface Plan {
  /** Raised when a linker of today could not read a plan of tomorrow. */
  readonly format: 1;
  /** What decided the adapters' ABI: the crate, its version, and the switches. */
  readonly engine: string;
  /** By `RuntimeComponentInstanceIndex`. `path[0]` is the instance's name in the composition; the root's path is empty. */
  readonly componentInstances: readonly { readonly path: readonly string[]; readonly component: string | null }[];
  readonly modules: readonly PlanModule[];
  /** In order. Instances of core modules are numbered in the order of the `instantiate` steps. */
  readonly steps: readonly Step[];
  readonly options: readonly CanonicalOptions[];
  readonly trampolines: readonly Trampoline[];
  readonly exports: Readonly<Record<string, PlanExport>>;
  /** Every type, by the numbers that the rest of the plan uses. */
  readonly types: readonly PlanType[];
  /** By `TypeResourceTableIndex`: the resource, and the component instance whose handles they are. */
  readonly resourceTables: readonly (readonly [resource: number, componentInstance: number] | null)[];
  /** The first resources are the host's: interface and name, by resource number. */
  readonly importedResources: readonly (readonly [interfaceName: string, path: readonly string[]])[];
}

/** One core module, and what was added to it. Adapters (fused calls) are never rewritten. */
export interface PlanModule {
  readonly adapter: boolean;
  /** Of the bytes that `flatten` returned at this index. */
  readonly size: number;
  /** Defined memories, now imported as `tenon` `memory0`, `memory1`…; pages of 64 KiB. */
  readonly memories: readonly { readonly minimum: number; readonly maximum?: number }[];
  /** The module imports `tenon` `epoch` (shared memory, one page) and `tenon` `deadline` (func). */
  readonly deadlines: boolean;
  /** Names of the exports that were added for snapshots: defined mutable globals and defined tables. */
  readonly globals: readonly string[];
  readonly tables: readonly string[];
  /** Why a snapshot cannot bring this module back (it drops segments, keeps WasmGC references…), or null. */
  readonly notResettable: string | null;
}

/** Where a core import comes from. */
export type CoreDef =
  /** An export of core instance `i`. `core` is the signature, given for adapters: `iil:i` (i32 i32 i64 -> i32). */
  | { readonly i: number; readonly n: string; readonly core?: string }
  /** A mutable i32 global, 1 at first: the flags of a component instance. */
  | { readonly flags: number }
  | { readonly trampoline: number }
  /** `context-get-i32-0`… */
  | { readonly intrinsic: string };

/** One step of instantiation. */
export type Step =
  /** `componentInstance` is null for adapters. */
  | {
      readonly op: "instantiate";
      readonly module: number;
      readonly componentInstance: number | null;
      readonly args: readonly (readonly [module: string, name: string, def: CoreDef])[];
    }
  | { readonly op: "lower"; readonly index: number; readonly interface: string; readonly path: readonly string[] }
  | { readonly op: "memory"; readonly index: number; readonly def: CoreDef }
  | { readonly op: "realloc"; readonly index: number; readonly def: CoreDef }
  | { readonly op: "postReturn"; readonly index: number; readonly def: CoreDef }
  | { readonly op: "callback"; readonly index: number; readonly def: CoreDef }
  | { readonly op: "table"; readonly index: number; readonly instance: number }
  | {
      readonly op: "resource";
      readonly index: number;
      readonly componentInstance: number;
      readonly dtor: CoreDef | null;
    };

/** Canonical options of one lift or lower. */
export interface CanonicalOptions {
  readonly componentInstance: number;
  readonly encoding: "utf8" | "utf16" | "latin1+utf16";
  readonly memory: number | null;
  readonly realloc: number | null;
  readonly postReturn: number | null;
  readonly callback: number | null;
  readonly async: boolean;
  /** Core signature, as in `CoreDef.core`. */
  readonly core: string;
}

/** A function that the linker makes. `core` is its signature. */
export type Trampoline = { readonly core: string } & (
  | { readonly kind: "lower"; readonly index: number; readonly options: number; readonly type: PlanFunction }
  /** `what` as in `Transcode::symbol_fragment`: `copy_utf8`, `utf8_to_utf16`, `utf16_to_compact_probably_utf16`… */
  | { readonly kind: "transcode"; readonly what: string; readonly from: number; readonly to: number }
  | {
      readonly kind: "resource.new" | "resource.rep" | "resource.drop";
      readonly componentInstance: number;
      readonly table: number;
    }
  | { readonly kind: "transfer.own" | "transfer.borrow" | "enter-sync-call" | "exit-sync-call" }
  | { readonly kind: "trap"; readonly message: string }
  /** An async builtin that is linked but, in a component without async lifts, never needed. */
  | { readonly kind: "async"; readonly name: string }
);

/** The type of a function. */
export interface PlanFunction {
  readonly names: readonly string[];
  readonly params: readonly number[];
  /** One or none. */
  readonly results: readonly number[];
  readonly async: boolean;
}

/** A function, or an interface with the resources that it makes. */
export type PlanExport =
  | { readonly func: CoreDef; readonly options: number; readonly type: PlanFunction }
  | { readonly instance: Readonly<Record<string, PlanExport>>; readonly resources?: Readonly<Record<string, number>> };

/** A type; numbers point into `Plan.types`, those of handles into `Plan.resourceTables`. */
export type PlanType =
  | "bool"
  | "s8"
  | "u8"
  | "s16"
  | "u16"
  | "s32"
  | "u32"
  | "s64"
  | "u64"
  | "float32"
  | "float64"
  | "char"
  | "string"
  | "errorcontext"
  | { readonly record: readonly (readonly [string, number])[] }
  | { readonly variant: readonly (readonly [string, number | null])[] }
  | { readonly list: number }
  /** A list of fixed length. */
  | { readonly array: readonly [element: number, length: number] }
  | { readonly tuple: readonly number[] }
  | { readonly flags: readonly string[] }
  | { readonly enum: readonly string[] }
  | { readonly option: number }
  | { readonly result: readonly [number | null, number | null] }
  | { readonly map: readonly [key: number, value: number] }
  | { readonly own: number }
  | { readonly borrow: number }
  | { readonly stream: number | null }
  | { readonly future: number | null };
