import type { GuestContext, HostInstance, HostInterface } from "../host/host.ts";
import { LinkError } from "./error.ts";
import type { Plan, Step } from "./plan.ts";

/** One import of the composition, found at a host interface. */
export interface BoundImport {
  /** The trampoline that the guests call. */
  readonly trampoline: number;
  /** Of the plan's options. */
  readonly options: number;
  readonly host: HostInterface;
  readonly function: string;
  readonly blocking: boolean;
}
/** One that no host serves. */
export interface MissingImport {
  readonly path: readonly string[];
  readonly interface: string;
  readonly function: string;
}

/** Finds a host for every function that the plan lowers. */
export function findImports(
  plan: Plan,
  hosts: readonly HostInterface[],
  hostInstance: (path: readonly string[]) => HostInstance,
): { readonly bound: readonly BoundImport[]; readonly missing: readonly MissingImport[] } {
  const lowered = new Map(plan.steps.filter(isLower).map((step) => [step.index, step]));
  const bound: BoundImport[] = [];
  const missing: MissingImport[] = [];
  plan.trampolines.forEach((trampoline, index) => {
    if (trampoline.kind !== "lower") return;
    const step = lowered.get(trampoline.index);
    const options = plan.options[trampoline.options];
    if (step === undefined || options === undefined)
      throw new LinkError("invalid-plan", `Cannot link trampoline: it lowers an unknown import: ${index}`);
    const { path } = plan.componentInstances[options.componentInstance]!;
    const name = importName(step);
    const found = findHost(hosts, name, hostInstance(path));
    if (found === undefined) missing.push({ path, interface: name.interface, function: name.function });
    else bound.push({ trampoline: index, options: trampoline.options, function: name.function, ...found });
  });
  return { bound, missing };
}

type LowerStep = Extract<Step, { op: "lower" }>;
function isLower(step: Step): step is LowerStep {
  return step.op === "lower";
}

interface ImportName {
  /** As the component writes it, with the version; "" for a function imported by itself. */
  readonly interface: string;
  readonly function: string;
}
function importName(step: LowerStep): ImportName {
  const [first, ...rest] = step.path;
  if (first === undefined) return { interface: "", function: step.interface };
  return { interface: step.interface, function: [first, ...rest].join(".") };
}

function findHost(
  hosts: readonly HostInterface[],
  name: ImportName,
  instance: HostInstance,
): Pick<BoundImport, "host" | "blocking"> | undefined {
  const [base = "", version = ""] = name.interface.split("@");
  for (const host of hosts) {
    if (host.name !== base || !host.speaks(version)) continue;
    const functions = bindHost(host, noGuest, instance);
    const found = Object.hasOwn(functions, name.function) ? functions[name.function] : undefined;
    if (found !== undefined) return { host, blocking: found.blocking === true };
  }
  return undefined;
}

/** `host.bind`, with what it throws made a `LinkError`. */
export function bindHost(
  host: HostInterface,
  guest: GuestContext,
  instance: HostInstance,
): ReturnType<HostInterface["bind"]> {
  try {
    return host.bind(guest, instance);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LinkError("host", `Cannot bind host interface "${host.name}" for "${instance.instance}": ${reason}`, {
      cause,
    });
  }
}

/** Stands for the guest while only the names of a host's functions are asked for. */
const noGuest: GuestContext = new Proxy({} as GuestContext, {
  get: (_, property) => {
    throw new TypeError(`a host interface used the guest while it was bound: ${String(property)}`);
  },
});
