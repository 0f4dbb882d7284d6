/**
 * The code between guests and the host's functions: one core module a linker, with a function for each import.
 *
 * Wasm, not JavaScript, for three reasons. An exception of the host becomes a trap, which no guest can catch. A host
 * function that must wait suspends the guest only then: a ready answer costs one call. And no JavaScript frame stands
 * between components, so that a guest suspends wherever it is called from.
 */
import { leb, ModuleBuilder, noType, op, signature, sleb, valueTypes } from "./wasm.ts";

/** One import of a guest. */
export interface ShimSpec {
  /** Core signature. */
  readonly core: string;
  /** The host's answer may come later. */
  readonly blocking: boolean;
  /** The component instance that must be allowed to leave (not in realloc, not in post-return); null: no check. */
  readonly leaves: number | null;
  /** `resource.drop`: the host answers with the representation or -1, and the function of this late slot ends it. */
  readonly destructor: number | null;
}
/** A function of a guest that is not there yet when the shims are made; `callLate` names its export. */
export interface LateSpec {
  readonly core: string;
  /** The component instance that may not leave while it runs; null where it may. */
  readonly stays: number | null;
}

/** What the shims import from `tenon` besides the flags. */
export interface ShimImports {
  readonly tag: WebAssembly.Tag;
  /** A host function threw. */
  readonly failed: (error: unknown, shim: number) => void;
  /** A guest called out where it may not. */
  readonly cannotLeave: (shim: number) => void;
  /** Whether the call is over its deadline. */
  readonly over: () => number;
  /** Waits for what the last host function left. */
  readonly wait: () => Promise<unknown>;
}

/** Names of the shims' exports and imports. */
export const shimNames = {
  module: "tenon-shims",
  pending: "pending",
  deadline: "deadline",
  late: "late",
  shim: (index: number) => `shim${index}`,
  callLate: (slot: number) => `late${slot}`,
  flags: (componentInstance: number) => `flags${componentInstance}`,
  wait: (results: string) => `wait-${results}`,
} as const;

/** Bytes of the module for these imports; a null leaves its index out. */
export function makeShims(
  shims: readonly (ShimSpec | null)[],
  late: readonly LateSpec[],
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly flags: readonly number[]; readonly waits: readonly string[] } {
  const builder = new ModuleBuilder(shimNames.module);
  const flags = unique([...shims.map((shim) => shim?.leaves ?? null), ...late.map(({ stays }) => stays)]);
  const waits = unique(shims.map((shim) => (shim?.blocking ? signature(shim.core).results.join("") : null)));
  builder.importTag("tenon", "tag", "x:");
  const parts: Parts = {
    failed: builder.importFunc("tenon", "failed", "xi:"),
    cannotLeave: builder.importFunc("tenon", "cannotLeave", "i:"),
    over: builder.importFunc("tenon", "over", ":i"),
    waits: new Map(
      waits.map((results) => [results, builder.importFunc("tenon", shimNames.wait(results), `:${results}`)]),
    ),
    hosts: shims.map((shim, index) =>
      shim === null ? -1 : builder.importFunc("host", shimNames.shim(index), hostCore(shim)),
    ),
    flags: new Map(flags.map((instance) => [instance, builder.importGlobal("tenon", shimNames.flags(instance))])),
    pending: builder.global(shimNames.pending),
    type: (core) => builder.type(core),
    late,
  };
  builder.table(shimNames.late, Math.max(1, late.length));
  builder.func(shimNames.deadline, ":", [], [op.call, ...leb(parts.over), op.if, noType, op.unreachable, op.end]);
  shims.forEach((shim, index) => {
    if (shim !== null) addShim(builder, parts, shim, index);
  });
  late.forEach((spec, slot) => void addLate(builder, parts, spec, slot));
  return { bytes: builder.build(), flags, waits };
}

interface Parts {
  readonly failed: number;
  readonly cannotLeave: number;
  readonly over: number;
  readonly waits: ReadonlyMap<string, number>;
  readonly hosts: readonly number[];
  readonly flags: ReadonlyMap<number, number>;
  readonly pending: number;
  readonly type: (core: string) => number;
  readonly late: readonly LateSpec[];
}

function hostCore(shim: ShimSpec): string {
  return shim.destructor === null ? shim.core : "i:d";
}

function addShim(builder: ModuleBuilder, parts: Parts, shim: ShimSpec, index: number): void {
  const { params } = signature(shim.core);
  const locals: string[] = [];
  const args = params.flatMap((_, i) => [op.localGet, ...leb(i)]);
  const call = [...args, op.call, ...leb(parts.hosts[index]!)];
  const code = [
    ...mayLeave(parts, shim.leaves, index),
    ...[op.block, valueTypes.x],
    // catch the host's exceptions, go to the block with the exception
    ...[op.tryTable, noType, 0x01, 0x00, 0x00, 0x00],
    ...call,
    ...(shim.blocking ? waitIfPending(parts, shim, params.length, locals) : []),
    ...(shim.destructor === null ? [] : destroy(parts, shim.destructor, params.length, locals)),
    ...[op.return, op.end, op.unreachable, op.end],
    ...[op.i32Const, ...sleb(index), op.call, ...leb(parts.failed), op.unreachable],
  ];
  builder.func(shimNames.shim(index), shim.core, locals, code);
}

function mayLeave(parts: Parts, instance: number | null, index: number): number[] {
  if (instance === null) return [];
  return [
    ...[op.globalGet, ...leb(parts.flags.get(instance)!), op.i32Const, 1, op.i32And, op.i32Eqz, op.if, noType],
    ...[op.i32Const, ...sleb(index), op.call, ...leb(parts.cannotLeave), op.unreachable, op.end],
  ];
}

/** After the plain call: where the host left a promise, drop its placeholder and wait for the value. */
function waitIfPending(parts: Parts, shim: ShimSpec, firstLocal: number, locals: string[]): number[] {
  const { results } = signature(shim.core);
  locals.push(...results);
  const keep = results.flatMap((_, i) => [op.localSet, ...leb(firstLocal + results.length - 1 - i)]);
  const load = results.flatMap((_, i) => [op.localGet, ...leb(firstLocal + i)]);
  return [
    ...keep,
    ...[op.globalGet, ...leb(parts.pending), op.if, noType],
    ...[op.i32Const, 0, op.globalSet, ...leb(parts.pending)],
    ...[op.call, ...leb(parts.waits.get(results.join(""))!)],
    ...keep,
    op.end,
    ...load,
  ];
}

/** After `resource.drop`: a representation on the stack (f64, -1 for none) goes to the destructor. */
function destroy(parts: Parts, slot: number, firstLocal: number, locals: string[]): number[] {
  locals.push("d");
  const get = [op.localGet, ...leb(firstLocal)];
  return [
    ...[op.localTee, ...leb(firstLocal), op.f64Const, 0, 0, 0, 0, 0, 0, 0, 0, op.f64Ge, op.if, noType],
    ...[...get, op.i32TruncF64U, op.i32Const, ...sleb(slot)],
    ...[op.callIndirect, ...leb(parts.type("i:")), 0x00, op.end],
  ];
}

/** Calls the function of a late slot, with its component instance held inside. */
function addLate(builder: ModuleBuilder, parts: Parts, { core, stays }: LateSpec, slot: number): void {
  const { params } = signature(core);
  const set = (value: number) =>
    stays === null ? [] : [op.i32Const, value, op.globalSet, ...leb(parts.flags.get(stays)!)];
  builder.func(
    shimNames.callLate(slot),
    core,
    [],
    [
      ...set(0),
      ...params.flatMap((_, i) => [op.localGet, ...leb(i)]),
      ...[op.i32Const, ...sleb(slot), op.callIndirect, ...leb(parts.type(core)), 0x00],
      ...set(1),
    ],
  );
}

function unique<T>(values: readonly (T | null)[]): T[] {
  return [...new Set(values.filter((value) => value !== null))];
}
