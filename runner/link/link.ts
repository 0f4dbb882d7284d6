import { LinkError } from "./error.ts";
import type { Linker, LinkOptions } from "./linked.ts";
import { LinkedInstance } from "./linked-instance.ts";
import type { Plan } from "./plan.ts";
import { instanceName, type Prepared, prepare } from "./prepare.ts";

/**
 * Links a plan: finds a host for every import and makes what its instances share. `modules` are the plan's core modules,
 * compiled, by number. Throws `LinkError` for a plan that cannot run here; imports without a host are only listed.
 */
export function link(plan: Plan, modules: readonly WebAssembly.Module[], options: LinkOptions): Linker {
  const prepared = prepare(plan, modules, options);
  return {
    edges: prepared.edges.map(({ edge }) => edge),
    missing: prepared.missing,
    notResettable: whyNotResettable(prepared),
    instantiate(deadline = Infinity) {
      refuseMissing(prepared);
      return new LinkedInstance(prepared, { ...options, startBy: deadline });
    },
  };
}

function whyNotResettable({ plan }: Prepared): string | null {
  for (const step of plan.steps) {
    if (step.op !== "instantiate") continue;
    const reason = plan.modules[step.module]!.notResettable;
    if (reason === null) continue;
    const path = step.componentInstance === null ? [] : plan.componentInstances[step.componentInstance]!.path;
    return `${instanceName(path)}: ${reason}`;
  }
  return null;
}

/** Throws a `LinkError` that names the first import without a host, where there is one. */
export function refuseMissing({ missing }: Prepared): void {
  const [first] = missing;
  if (first === undefined) return;
  const name = first.interface === "" ? first.function : `${first.interface}#${first.function}`;
  const others = missing.length > 1 ? ` (and ${missing.length - 1} more)` : "";
  throw new LinkError("missing-imports", `Cannot link ${instanceName(first.path)}: no host serves "${name}"${others}`, {
    path: first.path,
  });
}
