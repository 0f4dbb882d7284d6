import { joinPath } from "../../api/path.ts";
import type { TemplateSpec } from "../../api/template.ts";
import type { RunnerSettings } from "../config.ts";
import type { SpecProblem } from "./desired.ts";
import { canonicalQuantity } from "./quantity.ts";

type Quantities = Readonly<Record<string, string | number>>;
type Resources = NonNullable<TemplateSpec["spec"]>["resources"];

/** A container's `resources`, as the API server stores them. */
export interface ContainerResources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** The API server rounds these, and only these, up to thousandths. */
const resourceDigits = 3;
const field = "spec.template.spec.resources";

/**
 * The runner's requests and limits. A resource that the Composition requests or limits is the Composition's alone: a default
 * request above its limit would be refused. The others have the operator's defaults.
 */
export function makeResources(
  given: Resources,
  { defaults, problems }: { readonly defaults: RunnerSettings["resources"]; readonly problems: SpecProblem[] },
): ContainerResources {
  const chosen = new Set([...Object.keys(given?.requests ?? {}), ...Object.keys(given?.limits ?? {})]);
  const merge = (own: Quantities, fallback: Quantities, at: string | undefined) =>
    canonical({ ...without(fallback, chosen), ...own }, { at, problems });
  const requests = merge(given?.requests ?? {}, defaults.requests, `${field}.requests`);
  const limits = merge(given?.limits ?? {}, defaults.limits, `${field}.limits`);
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

function without(quantities: Quantities, names: ReadonlySet<string>): Quantities {
  return Object.fromEntries(Object.entries(quantities).filter(([name]) => !names.has(name)));
}

function canonical(
  quantities: Quantities,
  { at, problems }: { readonly at: string | undefined; readonly problems: SpecProblem[] },
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(quantities).flatMap(([name, value]) => {
      const quantity = canonicalQuantity(value, resourceDigits);
      if (quantity !== undefined) return [[name, quantity]];
      problems.push({
        field: joinPath(at ?? field, name),
        message: `Must be a quantity: ${JSON.stringify(value).slice(0, 60)}`,
        hint: 'Write it as "500m", "1" or "256Mi"',
      });
      return [];
    }),
  );
}
