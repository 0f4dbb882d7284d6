import type { Schema } from "../../api/schema.ts";
import type { TemplateSpec } from "../../api/template.ts";
import { validate } from "../../api/validate.ts";
import type { SpecProblem } from "./desired.ts";
import { affinity, tolerations, topologySpreadConstraints } from "./scheduling-schema.ts";

type PodTemplate = NonNullable<TemplateSpec["spec"]>;

/** Bytes of JSON of one of these fields. */
const maxBytes = 16 * 1024;

const fields = { affinity, tolerations, topologySpreadConstraints } as const;

/**
 * The fields of a pod that say where it runs, as the API server stores them. The schema of a Composition leaves their inside
 * open; here each of their fields is known, so that nothing else can come in with them.
 */
export function makeScheduling(spec: PodTemplate, problems: SpecProblem[]): Readonly<Record<string, unknown>> {
  const { nodeSelector = {}, priorityClassName = "" } = spec;
  const made: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(fields)) {
    const value = readField(spec[name as keyof typeof fields], {
      schema,
      field: `spec.template.spec.${name}`,
      problems,
    });
    if (value !== undefined) made[name] = value;
  }
  if (Object.keys(nodeSelector).length > 0) made["nodeSelector"] = nodeSelector;
  if (priorityClassName.startsWith("system-")) {
    problems.push({
      field: "spec.template.spec.priorityClassName",
      message: `Must not be a class of the cluster's own: ${priorityClassName}`,
      hint: "Name a PriorityClass that does not begin with system-",
    });
  } else if (priorityClassName !== "") made["priorityClassName"] = priorityClassName;
  return made;
}

function readField(
  value: unknown,
  { schema, field, problems }: { readonly schema: Schema; readonly field: string; readonly problems: SpecProblem[] },
): unknown {
  if (value === undefined) return undefined;
  const bytes = JSON.stringify(value).length;
  if (bytes > maxBytes) {
    const message = `Must be at most ${maxBytes} bytes of JSON: ${bytes}`;
    problems.push({ field, message, hint: "Write fewer terms" });
    return undefined;
  }
  const checked = validate<unknown>(schema, value, field);
  if (checked.valid) return stored(checked.value);
  for (const { path, message, hint } of checked.problems) {
    problems.push({ field: path, message, hint: hint ?? "Write it as in the spec of a pod" });
  }
  return undefined;
}

/** Without what the API server does not keep: empty texts, empty lists, and empty `matchLabels`. */
function stored(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(stored);
  if (value === "") return undefined;
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    // In these an empty text has a meaning.
    const result = key !== "matchLabels" && key !== "values" ? stored(inner) : isEmpty(inner) ? undefined : inner;
    return result === undefined ? [] : [[key, result]];
  });
  return Object.fromEntries(kept);
}

function isEmpty(collection: unknown): boolean {
  return Object.keys(collection as object).length === 0;
}
