import { type CoreFunction, Trap } from "../host/host.ts";
import type { Context } from "./context.ts";
import type { Fate } from "./fate.ts";
import { importedCall } from "./host-calls.ts";
import { bindHost } from "./imports.ts";
import type { LinkOptions } from "./linked.ts";
import type { Trampoline } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import * as resources from "./resources.ts";
import { shimNames } from "./shims.ts";
import { type Ends, transcoder } from "./transcode.ts";

/** What the functions behind the shims of one linked instance share. */
export interface HostFunctionParts {
  readonly prepared: Prepared;
  readonly hostInstance: LinkOptions["hostInstance"];
  readonly contexts: readonly Context[];
  readonly resources: resources.ResourceParts;
  readonly fate: Fate;
  /** The memories of a transcoder, when it is first called. */
  readonly ends: (trampoline: TranscodeTrampoline) => Ends;
  /** Tells the shims that a promise waits in `fate.waiting`. */
  readonly suspend: () => void;
}
/** A trampoline that copies a string from one memory and encoding to another. */
export type TranscodeTrampoline = Extract<Trampoline, { kind: "transcode" }>;

/** What the shims import from `host`, by their names: the hosts' functions, and the canonical ABI's own. */
export function hostFunctions(parts: HostFunctionParts): Record<string, CoreFunction> {
  const functions: Record<string, CoreFunction> = {};
  const { plan, bound, contextOf, importAbi } = parts.prepared;
  const bindings = new Map<object, Map<Context, ReturnType<typeof bindHost>>>();
  for (const { trampoline, options, host, function: name } of bound) {
    const context = parts.contexts[contextOf[options]!]!;
    const perContext = bindings.get(host) ?? new Map<Context, ReturnType<typeof bindHost>>();
    bindings.set(host, perContext);
    const { path } = plan.componentInstances[context.componentInstance]!;
    const binding = perContext.get(context) ?? bindHost(host, context, parts.hostInstance(path));
    perContext.set(context, binding);
    const { type, core } = plan.trampolines[trampoline] as Extract<Trampoline, { kind: "lower" }>;
    const { fate, suspend } = parts;
    const call = importedCall(binding[name]!, { context, abi: () => importAbi(type), core, fate, suspend });
    functions[shimNames.shim(trampoline)] = call;
  }
  plan.trampolines.forEach((trampoline, index) => {
    const made = builtin(parts, trampoline);
    if (made !== undefined) functions[shimNames.shim(index)] = made;
  });
  return functions;
}

function builtin({ resources: parts, ends }: HostFunctionParts, trampoline: Trampoline): CoreFunction | undefined {
  switch (trampoline.kind) {
    case "resource.new":
      return resources.resourceNew(parts, trampoline.componentInstance, trampoline.table);
    case "resource.rep":
      return resources.resourceRep(parts, trampoline.componentInstance, trampoline.table);
    case "resource.drop":
      return resources.resourceDrop(parts, trampoline.componentInstance, trampoline.table);
    case "transfer.own":
      return resources.transferOwn(parts);
    case "transfer.borrow":
      return resources.transferBorrow(parts);
    case "enter-sync-call":
      return resources.enterCall(parts);
    case "exit-sync-call":
      return resources.exitCall(parts);
    case "trap":
      return trapping(trampoline.message);
    case "async":
      return trapping(`an async builtin was called, which is not supported: ${trampoline.name}`);
    case "transcode":
      return transcoder(trampoline.what, () => ends(trampoline));
    default:
      return undefined;
  }
}

function trapping(message: string): CoreFunction {
  return () => {
    throw new Trap(message);
  };
}
