import type { Infer, Schema } from "./schema.ts";

/** The part of `metadata` that is read from files; the rest is the API server's. */
export const metadata = {
  type: "object",
  required: ["name"],
  "x-kubernetes-preserve-unknown-fields": true,
  properties: {
    name: { type: "string", minLength: 1, maxLength: 253, pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" },
    namespace: { type: "string", minLength: 1, maxLength: 63 },
    generation: { type: "integer" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    annotations: { type: "object", additionalProperties: { type: "string" } },
  },
} as const satisfies Schema;

/** An object of the API. */
export interface Manifest<Kind extends string, Spec, Status> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: Infer<typeof metadata>;
  readonly spec: Spec;
  readonly status?: Status;
}
