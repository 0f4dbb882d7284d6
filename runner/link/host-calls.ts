import type { Core } from "../abi/coerce.ts";
import { zeroOf } from "../abi/coerce.ts";
import type { ImportAbi } from "../abi/function.ts";
import { type CoreFunction, HostError, type HostFunction } from "../host/host.ts";
import type { Context } from "./context.ts";
import type { Fate } from "./fate.ts";
import { signature } from "./wasm.ts";

/** What stands around one host function. */
export interface HostCall {
  readonly context: Context;
  readonly abi: () => ImportAbi;
  /** Core signature of the import. */
  readonly core: string;
  readonly fate: Fate;
  /** Tells the shim that a promise waits in `fate.waiting`. */
  readonly suspend: () => void;
}

/** The host function as the shim imports it: over core values, never a promise. */
export function importedCall(host: HostFunction, call: HostCall): CoreFunction {
  const plain = host.kind === "core" ? host.call : typedCall(host, call);
  return host.blocking === true ? parkPromises(plain, call) : plain;
}

function typedCall(host: HostFunction, { context, abi: makeAbi, core }: HostCall): CoreFunction {
  const abi = makeAbi();
  const hasResult = signature(core).results.length > 0;
  const lower = (value: unknown, failed: boolean, values: readonly Core[]): number | bigint | undefined => {
    context.begin();
    const result = abi.lowerResult(context, value, failed, values);
    return hasResult ? result : undefined;
  };
  const refuse = (error: unknown, values: readonly Core[]): number | bigint | undefined => {
    if (!(error instanceof HostError) || !abi.canFail) throw error;
    return lower(error.payload, true, values);
  };
  return (...values: Core[]) => {
    context.begin();
    const args = abi.liftParams(context, values);
    let answer: unknown;
    try {
      answer = host.call(...args);
    } catch (error) {
      return refuse(error, values);
    }
    if (!isPromise(answer)) return lower(answer, false, values);
    if (host.blocking !== true) throw new TypeError("a host function that is not blocking gave a promise");
    return answer.then(
      (value) => lower(value, false, values),
      (error: unknown) => refuse(error, values),
    );
  };
}

/** Leaves a promise for the shim to wait for; a function of few arguments is called without a rest array. */
function parkPromises(call: CoreFunction, { core, fate, suspend }: HostCall): CoreFunction {
  const { params, results } = signature(core);
  const zero = results.length === 0 ? undefined : zeroOf(results[0]);
  const park = (answer: ReturnType<CoreFunction>): ReturnType<CoreFunction> => {
    if (!isPromise(answer)) return answer;
    fate.waiting = answer;
    suspend();
    return zero;
  };
  switch (params.length) {
    case 1:
      return (a: Core) => park(call(a));
    case 2:
      return (a: Core, b: Core) => park(call(a, b));
    case 3:
      return (a: Core, b: Core, c: Core) => park(call(a, b, c));
    case 4:
      return (a: Core, b: Core, c: Core, d: Core) => park(call(a, b, c, d));
    default:
      return (...values: Core[]) => park(call(...values));
  }
}

/** Anything with a `then`, of whatever realm. */
function isPromise(value: unknown): value is Promise<number | bigint | undefined> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
