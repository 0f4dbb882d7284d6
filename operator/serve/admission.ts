import { group as ourGroup } from "../../api/names.ts";
import { admitComponent } from "./admit-component.ts";
import { type AdmissionDeps, admitComposition } from "./admit-composition.ts";
import { boundWarnings } from "./guidance.ts";
import { looseOf, type Review, sameJson, type Verdict } from "./review.ts";

/** Admitted, with nothing to say. */
const allowed: Verdict = { outcome: "allowed", warnings: [] };

/**
 * Judges a request over what is known: pure but for the clock. Only a spec that is new is judged: status, labels, annotations
 * and deletion are never refused. What cannot be judged, or not in time, is admitted with a warning.
 */
export function admit(review: Review, deps: AdmissionDeps): Verdict {
  const { group, kind, operation, subResource, object, oldObject } = review;
  if (group !== ourGroup || subResource !== "" || object === undefined) return allowed;
  if (operation !== "CREATE" && operation !== "UPDATE") return allowed;
  if (looseOf(object["metadata"])?.["deletionTimestamp"] !== undefined) return allowed;
  if (operation === "UPDATE" && sameJson(object["spec"], oldObject?.["spec"])) return allowed;
  const verdict =
    kind === "Composition"
      ? admitComposition(review, deps)
      : kind === "Component"
        ? admitComponent(review, deps)
        : allowed;
  return { ...verdict, warnings: boundWarnings(verdict.warnings) };
}
