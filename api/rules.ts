import type { Rule } from "./schema.ts";

type Fields = { readonly [name: string]: unknown };

const isSet = (self: unknown, name: string): boolean => (self as Fields)[name] !== undefined;

/** `self` has exactly one of the fields. */
export function exactlyOneOf(...names: readonly string[]): Rule {
  return {
    rule: `[${names.map((name) => `has(self.${name})`).join(", ")}].filter(x, x).size() == 1`,
    message: `Set exactly one of ${names.join(", ")}`,
    holds: (self) => names.filter((name) => isSet(self, name)).length === 1,
  };
}

/** `self` has one of the fields or none. */
export function atMostOneOf(...names: readonly string[]): Rule {
  return {
    rule: `[${names.map((name) => `has(self.${name})`).join(", ")}].filter(x, x).size() <= 1`,
    message: `Set at most one of ${names.join(", ")}`,
    holds: (self) => names.filter((name) => isSet(self, name)).length <= 1,
  };
}
