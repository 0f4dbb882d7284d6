import { type Composition, type CompositionSpec, compositionSpec } from "../../api/composition.ts";
import { apiVersion } from "../../api/names.ts";
import { validate } from "../../api/validate.ts";
import type { Diagnostic } from "../../wiring/diagnostic.ts";
import { identity } from "../../wiring/diff.ts";
import type { Failure } from "../../wiring/failure.ts";
import type { Wiring } from "../../wiring/spec.ts";
import type { TypeTable } from "../../wiring/table.ts";
import { type Judgement, judge } from "../compose/judge.ts";
import { componentName } from "../compose/spec.ts";
import type { SpecProblem } from "../desired/desired.ts";
import { refuse } from "../fetch/source.ts";
import { explainRefusal, type Refusal, unreadable, warningOf } from "./guidance.ts";
import { isSettled } from "./partial.ts";
import type { Review, Verdict } from "./review.ts";

/**
 * What is known of a component. `failure`: its bytes are there, and the composer cannot read them. `unknown`: it is there, and
 * its newest spec was not read yet. Undefined: there is no such Component.
 */
export type KnownTypes =
  | { readonly digest: string; readonly table: TypeTable }
  | { readonly failure: Failure }
  | "unknown"
  | undefined;

/** What requests are judged with. All of it is at hand: nothing is read, and no binary is parsed. */
export interface AdmissionDeps {
  /** By the names of the wiring: a Component's, or for a source in place what `componentName` makes of it. */
  readonly lookUp: (namespace: string, name: string) => KnownTypes;
  /** Names of the Compositions that use a Component. */
  readonly usersOf: (namespace: string, component: string) => readonly string[];
  /** What else the operator would refuse in a composition whose wiring holds: `makeDesired` knows. */
  readonly specProblems?: (composition: Composition, wiring: Wiring) => readonly SpecProblem[];
  /** True once the time for an answer is over. */
  readonly late: () => boolean;
}

/** The components of a composition, as far as they are known. */
interface Known {
  readonly tables: Map<string, TypeTable>;
  readonly unreadable: Map<string, Failure>;
  readonly missing: Set<string>;
  readonly warnings: string[];
  readonly refusals: Refusal[];
}

const tooLate: Verdict = { outcome: "unjudged", warnings: ["Not judged, it took too long: see the status"] };

/** Failures of the composer that the component's author can mend; the others say nothing against the composition. */
const final: ReadonlySet<string> = new Set([
  "not-a-component",
  "invalid-component",
  "unsupported-component",
  "too-large",
]);

/**
 * Judges a Composition as `tenon check` does, with the types that are known. What is not known yet never refuses it, nor does
 * an error that the old spec had already.
 */
export function admitComposition({ namespace, name, object, oldObject }: Review, deps: AdmissionDeps): Verdict {
  const read = validate<CompositionSpec>(compositionSpec, object?.["spec"], "spec");
  if (!read.valid) return { outcome: "unjudged", warnings: unreadable(read.problems) };
  const composition = compositionOf({ namespace, name, spec: read.value });
  const known = collect(composition, namespace, deps);
  if (deps.late()) return tooLate;
  const { errors, judgement } = judgeKnown(composition, known);
  if (judgement.valid && known.missing.size === 0)
    errors.push(...(deps.specProblems?.(composition, judgement.wiring) ?? []));
  const warnings = [
    ...known.warnings,
    ...judgement.diagnostics.filter(({ severity }) => severity === "warning").map(warningOf),
  ];
  if (errors.length === 0) return deps.late() ? tooLate : { outcome: "allowed", warnings };

  const before = validate<CompositionSpec>(compositionSpec, oldObject?.["spec"], "spec");
  const old = before.valid ? oldErrors(compositionOf({ namespace, name, spec: before.value }), namespace, deps) : [];
  if (deps.late()) return tooLate;
  const had = new Set(old.map(identityOf));
  const [kept, added] = [
    errors.filter((one) => had.has(identityOf(one))),
    errors.filter((one) => !had.has(identityOf(one))),
  ];
  if (added.length > 0) return { outcome: "denied", message: explainRefusal(`Composition "${name}"`, added), warnings };
  return { outcome: "allowed", warnings: [...kept.map((one) => `Still wrong: ${warningOf(one)}`), ...warnings] };
}

function judgeKnown(
  composition: Composition,
  known: Known,
): { readonly errors: Refusal[]; readonly judgement: Judgement } {
  const judgement = judge(composition, known);
  const errors = judgement.diagnostics.filter((one) => one.severity === "error");
  const settled = known.missing.size === 0 ? errors : errors.filter(isSettled);
  return { errors: [...known.refusals, ...settled], judgement };
}

function oldErrors(composition: Composition, namespace: string, deps: AdmissionDeps): readonly Refusal[] {
  const known = collect(composition, namespace, deps);
  const { errors, judgement } = judgeKnown(composition, known);
  const problems = judgement.valid ? (deps.specProblems?.(composition, judgement.wiring) ?? []) : [];
  return [...errors, ...problems];
}

function collect({ spec }: Composition, namespace: string, deps: AdmissionDeps): Known {
  const known: Known = { tables: new Map(), unreadable: new Map(), missing: new Set(), warnings: [], refusals: [] };
  for (const [index, { component }] of spec.instances.entries()) {
    const name = componentName(component);
    const { source } = component;
    if (source?.file !== undefined) {
      known.refusals.push({ field: `spec.instances[${index}].component.source.file`, message: refuse(source).message });
    }
    if (known.tables.has(name) || known.unreadable.has(name) || known.missing.has(name)) continue;
    const found = deps.lookUp(namespace, name);
    if (typeof found === "object" && "table" in found) known.tables.set(name, found.table);
    else if (typeof found === "object" && final.has(found.failure.code)) known.unreadable.set(name, found.failure);
    else {
      known.missing.add(name);
      known.warnings.push(unknownWarning(`spec.instances[${index}].component`, { name: component.name, found }));
    }
  }
  return known;
}

function unknownWarning(
  field: string,
  { name, found }: { readonly name: string | undefined; readonly found: KnownTypes },
): string {
  if (name === undefined) return `${field}: Judged once its source is read`;
  if (typeof found === "object") return `${field}: Cannot be judged, the composer failed on Component: ${name}`;
  return found === undefined
    ? `${field}: Waits for a Component that does not exist yet: ${name}`
    : `${field}: Judged once this Component is read: ${name}`;
}

function compositionOf({
  namespace,
  name,
  spec,
}: {
  readonly namespace: string;
  readonly name: string;
  readonly spec: CompositionSpec;
}): Composition {
  return { apiVersion, kind: "Composition", metadata: { name, namespace }, spec };
}

function identityOf(refusal: Refusal): string {
  return "code" in refusal ? identity(refusal as Diagnostic) : `${refusal.field}\n${refusal.message}`;
}
