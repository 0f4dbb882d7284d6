import type { CoreFunction, HostFunction, TypedFunction } from "./host.ts";

/** A host function over core values that answers at once. */
export function core(call: CoreFunction): HostFunction {
  return { kind: "core", call };
}

/** A host function over WIT values that answers at once. */
export function typed(call: TypedFunction): HostFunction {
  return { kind: "typed", call };
}

/** A host function over WIT values that may answer with a promise: the guest waits, the thread does not. */
export function blocking(call: TypedFunction): HostFunction {
  return { kind: "typed", blocking: true, call };
}
