import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseRange } from "../../../../operator/desired/cidr.ts";
import { makeDesired } from "../../../../operator/desired/make.ts";
import { canonicalQuantity } from "../../../../operator/desired/quantity.ts";
import { inputsOf } from "./inputs.ts";

const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 24 });
const anyText = fc.oneof(fc.string({ maxLength: 40 }), text("0123456789./:[]abcdef"), text("0123.eEkKmMGi+-"));
const list = (item: fc.Arbitrary<unknown>) => fc.array(item, { maxLength: 3 });

const grants = fc.record(
  {
    http: fc.record({ allowedHosts: list(anyText), allowedCIDRs: list(anyText) }),
    filesystem: list(fc.record({ volume: anyText, guestPath: anyText, readOnly: fc.boolean() })),
    config: fc.dictionary(anyText, anyText),
    configFrom: list(
      fc.oneof(
        fc.record({ configMapRef: fc.record({ name: anyText }) }),
        fc.record({ secretRef: fc.record({ name: anyText }) }),
      ),
    ),
    env: list(
      fc.record({ name: anyText, valueFrom: fc.record({ secretKeyRef: fc.record({ name: anyText, key: anyText }) }) }),
    ),
    sockets: fc.record({ allowedAddresses: list(anyText) }),
  },
  { requiredKeys: [] },
);
const backends = list(
  fc.record({
    name: anyText,
    keyvalue: fc.record({ sqlite: fc.record({ volume: anyText, path: anyText }, { requiredKeys: [] }) }),
  }),
);

describe("hostile text", () => {
  test("makes objects or problems, and never throws; paths of ours lead nowhere else", () => {
    fc.assert(
      fc.property(grants, backends, (given, servers) => {
        const inputs = inputsOf("template: { spec: { volumes: [{ name: a, emptyDir: {} }] } }");
        const { composition } = inputs;
        const instances = [{ name: "a", component: { name: "x" }, grants: given }];
        const spec = { ...composition.spec, instances, backends: servers } as unknown as typeof composition.spec;
        const desired = makeDesired({ ...inputs, composition: { ...composition, spec } });
        if ("problems" in desired) {
          for (const { field, message, hint } of desired.problems) {
            expect(field).toMatch(/^spec\./);
            expect(message.length + hint.length).toBeLessThan(500);
          }
        } else expect(JSON.stringify(desired.objects)).not.toMatch(/"mountPath":"[^"]*\.\./);
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  test("is a range in its one form, or none", () => {
    fc.assert(
      fc.property(anyText, (given) => {
        const range = parseRange(given);
        if (range !== undefined) expect(parseRange(range.cidr)).toEqual(range);
      }),
      { numRuns: 2000, seed: 7 },
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(128), (address, bits) => {
        const range = parseRange(`${address}/${bits}`);
        expect(range?.family).toBe(6);
        expect(parseRange(range!.cidr)).toEqual(range);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  test("is a quantity in its one form, or none", () => {
    fc.assert(
      fc.property(anyText, (given) => {
        const quantity = canonicalQuantity(given);
        if (quantity !== undefined) expect(canonicalQuantity(quantity)).toBe(quantity);
      }),
      { numRuns: 5000, seed: 7 },
    );
  });
});
