import { findUpgradeBreaks } from "../../wiring/upgrade.ts";
import { type Judgement, judge } from "../compose/judge.ts";
import { wiringSpec } from "../compose/spec.ts";
import type { Library, Resolved } from "../fetch/library.ts";
import { holds } from "./conditions.ts";
import { explainDiagnostics, summarizeDiagnostics } from "./explain.ts";
import { done, type Outcome } from "./outcome.ts";
import type { LiveComposition, Run } from "./run.ts";

/** What the decision reads and tells. */
export interface DecideDeps {
  readonly library: Library;
  /** Says something about a Composition once a while, without a condition of its own. */
  readonly warn: (composition: LiveComposition, reason: "UpgradeBlocked" | "BreakingUpgrade", note: string) => void;
}

/**
 * Decides the wiring. Where a component has new bytes that break what runs, `spec.upgradePolicy` says whether the old ones
 * stay; with the old bytes all else of the spec still goes on.
 */
export async function decideStep(run: Run, deps: DecideDeps): Promise<Outcome> {
  const { composition } = run;
  const now = judgeWith(composition, run.components);
  const old = await oldComponents(run, deps.library);
  if (old === "lost" && now.valid && composition.spec.upgradePolicy.onBreaking !== "Allow") {
    deps.warn(composition, "BreakingUpgrade", lost);
  }
  if (old !== undefined && old !== "lost") {
    const before = judgeWith(composition, old);
    // What the old bytes cannot do any more was changed in the spec, and is no upgrade.
    if (before.valid) {
      const held = holdBack(run, { now, before, old }, deps);
      if (held !== undefined) {
        run.heldBack = held;
        run.components = old;
        run.judgement = before;
        run.found.set("WiringValid", { status: "False", reason: "UpgradeBlocked", message: messageOf(held) });
        return done;
      }
    }
  }
  run.judgement = now;
  if (!now.valid) {
    const outcome = explainDiagnostics(now.diagnostics);
    if (outcome.kind !== "done")
      run.found.set("WiringValid", { status: "False", reason: outcome.reason, message: outcome.message });
    return outcome;
  }
  const warnings = now.diagnostics.length === 0 ? "" : `. Warning: ${summarizeDiagnostics(now.diagnostics)}`;
  const { edges, hostImports } = now.wiring;
  run.found.set(
    "WiringValid",
    holds(`Connections and host imports fit: ${edges.length} and ${hostImports.length}${warnings}`),
  );
  return done;
}

function judgeWith(composition: LiveComposition, components: ReadonlyMap<string, Resolved>): Judgement {
  const tables = new Map([...components].map(([name, { table }]) => [name, table]));
  return judge(composition, { tables });
}

/**
 * Holding it back would leave the composition with an old version whose artifact may be lost with its types: its pods could
 * not start again. It fits the composition, that much is known.
 */
const lost =
  "Rolls out a new version of a component: it fits, but what callers relied on cannot be compared, the types of the old one are lost";

/** The components as they run now; undefined where nothing runs or nothing is new, `lost` where their types are not at hand. */
async function oldComponents(run: Run, library: Library): Promise<ReadonlyMap<string, Resolved> | "lost" | undefined> {
  const { status, composition } = run;
  if (status.artifact === undefined) return undefined;
  const digests = new Map(status.instances?.map(({ name, digest }) => [name, digest]));
  const old = new Map(run.components);
  let changed = false;
  for (const { name, component } of wiringSpec(composition).instances) {
    const before = digests.get(name);
    const now = run.components.get(component);
    if (before === undefined || now === undefined || before === now.digest) continue;
    const table = await library.types(before);
    if (table === undefined) return "lost";
    old.set(component, { digest: before, revision: undefined, size: table.size.bytes, table });
    changed = true;
  }
  return changed ? old : undefined;
}

function holdBack(
  { composition, components }: Run,
  {
    now,
    before,
    old,
  }: { readonly now: Judgement; readonly before: Judgement; readonly old: ReadonlyMap<string, Resolved> },
  deps: DecideDeps,
): Outcome | undefined {
  const changed = [...old].filter(([name, { digest }]) => components.get(name)?.digest !== digest);
  const breaks = findUpgradeBreaks({
    spec: wiringSpec(composition),
    changed: changed.map(([component, { digest, table }]) => {
      const { digest: newDigest, table: newTable } = components.get(component)!;
      return { component, before: { digest, table }, after: { digest: newDigest, table: newTable } };
    }),
    before: { wiring: before.wiring, diagnostics: before.diagnostics },
    after: { wiring: now.wiring, diagnostics: now.diagnostics },
    components: new Map([...old].map(([name, { table }]) => [name, table])),
  });
  if (breaks.length === 0) return undefined;
  const policy = composition.spec.upgradePolicy.onBreaking;
  const names = changed.map(([name]) => name).join(", ");
  const summary = summarizeDiagnostics(breaks);
  // What cannot be composed cannot be rolled out either, whatever the policy says.
  if (policy === "Block" || !now.valid) {
    const fix = now.valid
      ? "Set spec.upgradePolicy.onBreaking to Warn to roll it out"
      : "Change the spec to fit it, or go back to the old version";
    const message = `Keeps the old version running, the new one of these components would break the composition: ${names}. ${summary}. ${fix}`;
    return { kind: "stalled", reason: "UpgradeBlocked", message };
  }
  if (policy === "Warn")
    deps.warn(composition, "BreakingUpgrade", `Rolls out a version that breaks something, of: ${names}. ${summary}`);
  return undefined;
}

function messageOf(outcome: Outcome): string {
  return outcome.kind === "done" ? "" : outcome.message;
}
