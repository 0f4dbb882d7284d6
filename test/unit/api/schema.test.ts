import { describe, expect, test } from "@jest/globals";
import type { CompositionSpec } from "../../../api/composition.ts";
import type { Infer, Schema } from "../../../api/schema.ts";

const shape = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string" },
    mode: { type: "string", enum: ["Auto", "Explicit"], default: "Auto" },
    size: { type: "integer" },
    port: { "x-kubernetes-int-or-string": true },
    labels: { type: "object", additionalProperties: { type: "string" } },
    items: { type: "array", items: { type: "object", required: ["on"], properties: { on: { type: "boolean" } } } },
  },
} as const satisfies Schema;

type Shape = Infer<typeof shape>;

/** These lines are tests of the types: `tsc` fails where one of them has no error. */
const wrong: readonly Shape[] = [
  // @ts-expect-error a required field is missing
  { mode: "Auto" },
  // @ts-expect-error a field with a default is there after validation
  { name: "a" },
  // @ts-expect-error not one of the words
  { name: "a", mode: "auto" },
  // @ts-expect-error an unknown field
  { name: "a", mode: "Auto", sise: 1 },
  // @ts-expect-error a list of maps
  { name: "a", mode: "Auto", items: [{ on: "yes" }] },
];

describe("Infer", () => {
  test("is the type that a schema describes", () => {
    const right: Shape = { name: "a", mode: "Explicit", port: "25%", labels: { a: "b" }, items: [{ on: true }] };
    const words: readonly ("Auto" | "Explicit")[] = [right.mode];
    const size: number | undefined = right.size;
    expect([words, size, wrong.length]).toEqual([["Explicit"], undefined, 5]);
  });

  test("reaches down into a composition", () => {
    const access = (spec: CompositionSpec): "ReadWrite" | "ReadOnly" | undefined =>
      spec.instances[0]?.grants?.keyvalue?.[0]?.access;
    expect(access({ instances: [] } as unknown as CompositionSpec)).toBeUndefined();
  });
});
