import type { Rule } from "./schema.ts";

type Fields = { readonly [name: string]: unknown };

const isSet = (self: unknown, name: string): boolean => (self as Fields)[name] !== undefined;

/** `self` has exactly one of the fields. The sum is the form that the API server estimates to be cheapest. */
export function exactlyOneOf(...names: readonly string[]): Rule {
  return {
    rule: `${names.map((name) => `(has(self.${name}) ? 1 : 0)`).join(" + ")} == 1`,
    message: `Set exactly one of ${names.join(", ")}`,
    holds: (self) => names.filter((name) => isSet(self, name)).length === 1,
  };
}

/** `self` has one of the two fields or none. */
export function atMostOneOf(one: string, other: string): Rule {
  return {
    rule: `!(has(self.${one}) && has(self.${other}))`,
    message: `Set at most one of ${one}, ${other}`,
    holds: (self) => !(isSet(self, one) && isSet(self, other)),
  };
}
