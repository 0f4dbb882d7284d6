import { componentSpec, componentStatus } from "./component.ts";
import { compositionSpec, compositionStatus } from "./composition.ts";
import { metadata } from "./manifest.ts";
import { apiVersion, maxNameLength, serviceNamePattern } from "./names.ts";
import type { Rule, Schema } from "./schema.ts";

/** One kind of the API. */
export interface Kind {
  readonly kind: "Component" | "Composition";
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  readonly status: Schema;
  /** Fields of `spec` without which nothing sensible can be said about the rest. */
  readonly essential: readonly string[];
  /** Rules over the whole object; of `metadata` only the name can be read. */
  readonly rules: readonly Rule[];
}

const serviceName = new RegExp(serviceNamePattern);

const nameRule = {
  rule: `self.metadata.name.size() <= ${maxNameLength} && self.metadata.name.matches('${serviceNamePattern}')`,
  message: `The Service takes the composition's name: use at most ${maxNameLength} lower case letters, digits and -, starting with a letter`,
  fieldPath: ".metadata.name",
  holds: ({ metadata: { name } }: { readonly metadata: { readonly name: string } }) =>
    name.length <= maxNameLength && serviceName.test(name),
} as const satisfies Rule;

/** Every kind of the API, by name. */
export const kinds = {
  Component: {
    kind: "Component",
    plural: "components",
    shortNames: ["wcomp"],
    description: "A WebAssembly component: where it comes from, and what it was found to import and export.",
    spec: componentSpec,
    status: componentStatus,
    essential: ["source"],
    rules: [],
  },
  Composition: {
    kind: "Composition",
    plural: "compositions",
    shortNames: ["wcn"],
    description: "Components wired into one, what each of them may reach, and how it is run.",
    spec: compositionSpec,
    status: compositionStatus,
    essential: ["instances", "connections", "wiring", "exports", "backends"],
    rules: [nameRule],
  },
} as const satisfies { readonly [name: string]: Kind };

/** The schema of a manifest of this kind in a file. A `status` there is not read. */
export function manifestSchema(kind: Kind): Schema {
  return {
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      apiVersion: { type: "string", enum: [apiVersion] },
      kind: { type: "string", enum: [kind.kind] },
      metadata,
      spec: kind.spec,
      status: { "x-kubernetes-preserve-unknown-fields": true },
    },
    "x-kubernetes-validations": kind.rules,
  };
}
