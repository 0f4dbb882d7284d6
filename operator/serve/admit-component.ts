import { type ComponentSpec, componentSpec } from "../../api/component.ts";
import { validate } from "../../api/validate.ts";
import { refuse } from "../fetch/source.ts";
import type { AdmissionDeps } from "./admit-composition.ts";
import { explainRefusal, unreadable, warningOf } from "./guidance.ts";
import { type Review, sameJson, type Verdict } from "./review.ts";

const maxNamed = 5;

/** Judges a Component: a source that no cluster reads is refused, and who uses one that changes is named. */
export function admitComponent(
  { namespace, name, object, oldObject }: Review,
  { usersOf }: Pick<AdmissionDeps, "usersOf">,
): Verdict {
  const read = validate<ComponentSpec>(componentSpec, object?.["spec"], "spec");
  if (!read.valid) return { outcome: "unjudged", warnings: unreadable(read.problems) };
  const { source } = read.value;
  const before = validate<ComponentSpec>(componentSpec, oldObject?.["spec"], "spec");
  if (before.valid && sameJson(before.value.source, source)) return { outcome: "allowed", warnings: [] };
  if (source.file !== undefined) {
    const refusal = { field: "spec.source.file", message: refuse(source).message };
    return { outcome: "denied", message: explainRefusal(`Component "${name}"`, [refusal]), warnings: [] };
  }
  const warnings: string[] = [];
  if (source.oci !== undefined || source.package !== undefined)
    warnings.push(warningOf({ field: "spec.source", message: refuse(source).message }));
  const users = oldObject === undefined ? [] : usersOf(namespace, name);
  if (users.length > 0)
    warnings.push(`The new bytes will be judged for the Compositions that use it: ${listed(users)}`);
  return { outcome: "allowed", warnings };
}

function listed(names: readonly string[]): string {
  const more = names.length > maxNamed ? `, and ${names.length - maxNamed} more` : "";
  return `${names.slice(0, maxNamed).join(", ")}${more}`;
}
