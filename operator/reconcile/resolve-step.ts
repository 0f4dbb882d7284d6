import { holds } from "./conditions.ts";
import { done, type Outcome } from "./outcome.ts";
import { type ResolveDeps, resolve } from "./resolve.ts";
import type { Run } from "./run.ts";

/** Finds the bytes of every instance's component. */
export async function resolveStep(run: Run, deps: ResolveDeps): Promise<Outcome> {
  const { outcome, components } = await resolve(run.composition, deps, run.signal);
  run.components = components;
  if (outcome.kind !== "done") {
    run.found.set("ComponentsResolved", { status: "False", reason: outcome.reason, message: outcome.message });
    return outcome;
  }
  run.found.set("ComponentsResolved", holds(`Found all components: ${components.size}`));
  return done;
}
