import { LinkError } from "./error.ts";
import type { WasmFunction } from "./wasm.ts";

/** `context.get` and `context.set` of a plan: two words of the running task, kept in `slots`. */
export function intrinsic(name: string, slots: Int32Array): WasmFunction {
  const match = /^context-(get|set)-i32-([01])$/.exec(name);
  if (match === null) throw new LinkError("unsupported", `Cannot link the plan: unknown intrinsic: ${name}`);
  const slot = Number(match[2]);
  if (match[1] === "get") return () => slots[slot]!;
  return (value) => {
    slots[slot] = value as number;
    return undefined;
  };
}
