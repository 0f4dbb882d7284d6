import { describe, expect, test } from "@jest/globals";
import { type Kind, kinds, manifestSchema } from "../../../api/kinds.ts";
import type { Rule, Schema } from "../../../api/schema.ts";
import { validate } from "../../../api/validate.ts";
import { ruleCases as cases, type Data } from "./rule-cases.ts";

const schemaOf = (manifest: Data): Schema => manifestSchema(kinds[manifest["kind"] as Kind["kind"]]);

describe("rules", () => {
  test.each(cases)("%s: kept", (_, good) => {
    expect(validate(schemaOf(good), good)).toMatchObject({ valid: true });
  });

  test.each(cases)("%s: broken", (message, _, bad, path) => {
    expect(validate(schemaOf(bad), bad)).toEqual({ valid: false, problems: [{ path, message }] });
  });

  test("are all held against a manifest that keeps them and one that breaks them", () => {
    const covered = new Set(cases.map(([message, , , path]) => `${path.replaceAll(/\[\d+\]/g, "[]")}: ${message}`));
    const all = Object.values(kinds).flatMap((kind) => rulesOf(manifestSchema(kind), ""));
    // `source` is used twice; the rules of the place within an instance are the same objects.
    const missing = [...new Set(all)].filter(
      (rule) => !covered.has(rule) && !rule.startsWith("spec.instances[].component.source"),
    );
    expect(missing).toEqual([]);
  });

  test("state messages without a final period, starting with a capital or a field's name", () => {
    for (const [message] of cases) expect(message).toMatch(/^(?:[A-Z]|progressDeadlineSeconds).*[^.]$/);
  });
});

function rulesOf(schema: Schema, path: string): string[] {
  const own = (schema["x-kubernetes-validations"] ?? []).map(
    (rule: Rule) => `${`${path}${rule.fieldPath ?? ""}`.replace(/^\./, "")}: ${rule.message}`,
  );
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
    rulesOf(one, path === "" ? name : `${path}.${name}`),
  );
  return [...own, ...inner, ...(schema.items === undefined ? [] : rulesOf(schema.items, `${path}[]`))];
}
