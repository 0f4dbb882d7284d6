import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { componentSpec } from "../../../api/component.ts";
import { compositionSpec } from "../../../api/composition.ts";
import { kinds, manifestSchema } from "../../../api/kinds.ts";
import type { Schema } from "../../../api/schema.ts";
import { type Problem, validate } from "../../../api/validate.ts";

const problemsOf = (schema: Schema, data: unknown, path?: string): readonly Problem[] => {
  const result = validate(schema, data, path);
  return result.valid ? [] : result.problems;
};

const messagesOf = (schema: Schema, data: unknown): string[] =>
  problemsOf(schema, data).map(({ path, message }) => `${path}: ${message}`);

const shape = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 5, pattern: "^[a-z]*$", description: "A short word." },
    size: { type: "integer", format: "int32", minimum: 1, maximum: 9 },
    ratio: { type: "number" },
    mode: { type: "string", enum: ["Auto", "Explicit"], default: "Auto" },
    port: { "x-kubernetes-int-or-string": true },
    when: { type: "string", format: "date-time" },
    on: { type: "boolean" },
    labels: { type: "object", maxProperties: 2, additionalProperties: { type: "string" } },
    tags: { type: "array", minItems: 1, maxItems: 3, "x-kubernetes-list-type": "set", items: { type: "string" } },
    items: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["id"],
      items: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
    },
    nested: { type: "object", default: {}, properties: { depth: { type: "integer", default: 3 } } },
    open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
} as const satisfies Schema;

describe("validate()", () => {
  test("returns a copy with defaults filled in, those of nested objects too", () => {
    const data = { name: "a", open: { any: [1, { thing: null }] }, ratio: 1 };
    const result = validate(shape, data);
    expect(result).toEqual({
      valid: true,
      value: { ...data, mode: "Auto", nested: { depth: 3 } },
    });
    expect(data).not.toHaveProperty("mode");
  });

  test("takes null for an absent field, as the API server does", () => {
    expect(validate(shape, { name: "a", mode: null, size: null })).toEqual({
      valid: true,
      value: { name: "a", mode: "Auto", nested: { depth: 3 } },
    });
    expect(messagesOf(shape, { name: null })).toEqual([': Missing field: "name"']);
  });

  test("says everything that is wrong at once, in the order of the data", () => {
    expect(
      messagesOf(shape, { name: 7, size: "2", mode: "auto", on: "yes", tags: "a", labels: [], port: true }),
    ).toEqual([
      "name: Must be a string: 7",
      'size: Must be an integer: "2"',
      'mode: Must be one of Auto, Explicit: "auto"',
      'on: Must be true or false: "yes"',
      'tags: Must be a list: "a"',
      "labels: Must be a map: a list",
      "port: Must be an integer or a string: true",
    ]);
  });

  test.each([
    ["a text below its length", { name: "" }, "name: Must not be empty"],
    ["a text above its length", { name: "abcdef" }, "name: Must have at most 5 characters: 6"],
    ["a text that does not match", { name: "A" }, 'name: Must match ^[a-z]*$: "A"'],
    ["a number below its minimum", { name: "a", size: 0 }, "size: Must be at least 1: 0"],
    ["a number above its maximum", { name: "a", size: 10 }, "size: Must be at most 9: 10"],
    ["a fraction for an integer", { name: "a", size: 1.5 }, "size: Must be an integer: 1.5"],
    ["what is no time", { name: "a", when: "today" }, 'when: Must be a date-time: "today"'],
    ["too few items", { name: "a", tags: [] }, "tags: Must have at least 1 item: 0"],
    ["too many items", { name: "a", tags: ["a", "b", "c", "d"] }, "tags: Must have at most 3 items: 4"],
    ["too many keys", { name: "a", labels: { a: "", b: "", c: "" } }, "labels: Must have at most 2 keys: 3"],
    ["a repeated member of a set", { name: "a", tags: ["x", "x"] }, 'tags[1]: Already used by tags[0]: "x"'],
    [
      "a repeated key of a list",
      { name: "a", items: [{ id: "x" }, { id: "x" }] },
      'items[1].id: Already used by items[0]: "x"',
    ],
  ])("refuses %s", (_, data, message) => {
    expect(messagesOf(shape, data)).toEqual([message]);
  });

  test.each([
    ["texts", { name: "abcde" }],
    ["numbers", { name: "a", size: 9 }],
    ["the other end of numbers", { name: "a", size: 1 }],
    ["times", { name: "a", when: "2026-11-24T15:00:00Z" }],
    ["lists", { name: "a", tags: ["a", "b", "c"] }],
    ["maps", { name: "a", labels: { a: "", b: "" } }],
    ["integers or strings", { name: "a", port: "25%" }],
    ["integers where a number is asked for", { name: "a", ratio: 2 }],
  ])("accepts %s at their limits", (_, data) => {
    expect(problemsOf(shape, data)).toEqual([]);
  });

  test("counts characters, not UTF-16 units", () => {
    const emoji = { type: "string", maxLength: 2, minLength: 2 } as const;
    expect(problemsOf(emoji, "👍👍")).toEqual([]);
    expect(messagesOf(emoji, "👍")).toEqual([': Must have at least 2 characters: "👍"']);
  });

  test("says which field was probably meant, and that the key is what is wrong", () => {
    expect(problemsOf(shape, { name: "a", sise: 3 })).toEqual([
      { path: "sise", message: 'Unknown field: "sise"', hint: 'Did you mean "size"?', key: true },
    ]);
    expect(problemsOf(shape, { name: "a", mode: "Explict" })[0]).toMatchObject({ hint: 'Did you mean "Explicit"?' });
    expect(problemsOf(shape, { name: 12 })[0]).toMatchObject({ hint: "A short word" });
    expect(problemsOf(shape, { name: "a", labels: { a: 1.1 } })[0]).toMatchObject({ hint: "Write it in quotes" });
    expect(problemsOf(shape, { name: "A" })[0]).toMatchObject({ hint: "A short word" });
  });

  test("starts paths where it was told to", () => {
    expect(problemsOf(shape, {}, "spec")).toEqual([{ path: "spec", message: 'Missing field: "name"', key: true }]);
  });

  test("asks a rule only where the fields that it reads fit", () => {
    const asked: unknown[] = [];
    const rule = { rule: "false", message: "Never", holds: (self: unknown) => asked.push(self) === 0 };
    const schema: Schema = {
      type: "object",
      properties: { a: { type: "integer" } },
      "x-kubernetes-validations": [rule],
    };
    expect(messagesOf(schema, { a: "x" })).toEqual(['a: Must be an integer: "x"']);
    expect(asked).toEqual([]);
    expect(messagesOf(schema, { a: 1 })).toEqual([": Never"]);
    expect(asked).toEqual([{ a: 1 }]);
  });

  test("keeps keys that are names of Object.prototype as keys", () => {
    const data = JSON.parse('{"name":"a","labels":{"__proto__":"x","constructor":"y"}}');
    const result = validate<{ labels: object }>(shape, data);
    expect(result.valid && Object.entries(result.value.labels)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(messagesOf(shape, JSON.parse('{"name":"a","__proto__":{"size":1}}'))).toEqual([
      '__proto__: Unknown field: "__proto__"',
    ]);
    expect(messagesOf(shape, Object.create({ name: "inherited" }))).toEqual([': Missing field: "name"']);
  });

  test("stops at a hundred problems", () => {
    const data = { name: "a", items: Array.from({ length: 5000 }, () => ({})) };
    expect(problemsOf(shape, data)).toHaveLength(100);
  });

  test("never throws, whatever the data is", () => {
    const schemas: Schema[] = [shape, componentSpec, compositionSpec, ...Object.values(kinds).map(manifestSchema)];
    fc.assert(
      fc.property(
        fc.constantFrom(...schemas),
        fc.anything({ withBigInt: true, withMap: true, withSparseArray: true }),
        (schema, data) => {
          expect(typeof validate(schema, data).valid).toBe("boolean");
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("accepts what it returned, unchanged", () => {
    const names = fc.constantFrom("a", "b-2", "c");
    const spec = fc.record(
      {
        instances: fc
          .uniqueArray(names, { minLength: 1 })
          .map((all) => all.map((name) => ({ name, component: { name: "x" } }))),
        replicas: fc.nat(5),
        wiring: fc.constantFrom("Auto", "Explicit"),
        suspend: fc.boolean(),
      },
      { requiredKeys: ["instances"] },
    );
    fc.assert(
      fc.property(spec, (data) => {
        const once = validate(compositionSpec, data);
        expect(once.valid && validate(compositionSpec, once.value)).toEqual(once);
      }),
    );
  });
});
