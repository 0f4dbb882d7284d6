import type { Infer, Schema } from "./schema.ts";

/** `status.conditions` of every resource of ours, as metav1.Condition. */
export const conditions = {
  type: "array",
  description: "What is known about the resource. Ready is always there; Stalled means that only you can help.",
  maxItems: 16,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status", "lastTransitionTime", "reason", "message"],
    properties: {
      type: { type: "string", description: "Which condition.", maxLength: 316 },
      status: { type: "string", description: "True, False or Unknown.", enum: ["True", "False", "Unknown"] },
      observedGeneration: {
        type: "integer",
        format: "int64",
        description: "Generation of the spec that it speaks of.",
        minimum: 0,
      },
      lastTransitionTime: { type: "string", format: "date-time", description: "When the status last changed." },
      reason: { type: "string", description: "Why, in one word for machines.", minLength: 1, maxLength: 1024 },
      message: { type: "string", description: "Why, in a sentence for people.", maxLength: 32768 },
    },
  },
} as const satisfies Schema;

/** One condition. */
export type Condition = Infer<typeof conditions>[number];

/** `status.observedGeneration`. */
export const observedGeneration = {
  type: "integer",
  format: "int64",
  description: "Generation of the spec that this status speaks of.",
  minimum: 0,
} as const satisfies Schema;
