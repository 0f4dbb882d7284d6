import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Composition } from "../../../../api/composition.ts";
import { judge } from "../../../../operator/compose/judge.ts";
import { admit } from "../../../../operator/serve/admission.ts";
import type { AdmissionDeps, KnownTypes } from "../../../../operator/serve/admit-composition.ts";
import type { Review, Verdict } from "../../../../operator/serve/review.ts";
import { tell } from "../../../../wiring/text.ts";
import { compositionOf } from "../../../support/local/composition.ts";
import { func, instance, table } from "../../../support/wiring/tables.ts";

const query = instance({ find: func({ key: "string" }, "u32") });
const front = table({ imports: { "acme:shop/query": query }, exports: { "acme:shop/pages": instance({ f: func() }) } });
const store = table({ exports: { "acme:shop/query": query } });
const odd = table({ exports: { "acme:shop/query": instance({ find: func({ key: "string" }, "u64") }) } });
const known: Readonly<Record<string, KnownTypes>> = {
  front: { digest: "sha256:1", table: front },
  store: { digest: "sha256:2", table: store },
  odd: { digest: "sha256:3", table: odd },
  broken: { failure: { code: "not-a-component", message: "it is text" } },
  slow: { failure: { code: "deadline", message: "it took too long" } },
  unread: "unknown",
};

const deps: AdmissionDeps = {
  lookUp: (namespace, name) => (namespace === "shop-ns" ? known[name] : undefined),
  usersOf: () => [],
  late: () => false,
};

const spec = (server: string, more = ""): Composition["spec"] =>
  compositionOf(`instances:
- { name: front, component: { name: front } }
- { name: back, component: { name: ${server} } }
exports: [{ name: "acme:shop/pages", from: "front/acme:shop/pages" }]
${more}`).spec;
const connected = 'connections: [{ from: "front/acme:shop/query", to: "back/acme:shop/query" }]';

function review(object: unknown, old?: unknown, more: Partial<Review> = {}): Review {
  const wrap = (of: unknown) => ({ metadata: { name: "shop" }, spec: of });
  return {
    uid: "u",
    group: "tenon.dev",
    kind: "Composition",
    operation: old === undefined ? "CREATE" : "UPDATE",
    subResource: "",
    namespace: "shop-ns",
    name: "shop",
    object: wrap(object),
    oldObject: old === undefined ? undefined : wrap(old),
    ...more,
  };
}

const allowed: Verdict = { outcome: "allowed", warnings: [] };

describe("admit() of a Composition", () => {
  test("admits what is sound, without a word", () => {
    expect(admit(review(spec("store")), deps)).toEqual(allowed);
  });
  test("refuses what cannot type-check, in the words of tenon check", () => {
    const { diagnostics } = judge(
      { ...compositionOf("instances: [{ name: a, component: { name: a } }]"), spec: spec("odd") },
      {
        tables: new Map([
          ["front", front],
          ["odd", odd],
        ]),
      },
    );
    const [first] = diagnostics;
    const text = tell({ ...first!, at: 'Composition "shop"', path: first!.field });
    expect(text).toContain("expected  u32\n");
    expect(admit(review(spec("odd")), deps)).toEqual({
      outcome: "denied",
      message: `Cannot accept Composition "shop": 1 error\n\n${text}`,
      warnings: [],
    });
  });
  test("warns of what is suspicious", () => {
    const { exports: _, ...silent } = spec("store");
    expect(admit(review(silent), deps)).toEqual({
      outcome: "allowed",
      warnings: ["spec.exports: Nothing can reach the composition, it exports nothing: shop"],
    });
  });
  test("warns of an export under the name of another interface", () => {
    const exports = [{ name: "acme:shop/pagse", from: "front/acme:shop/pages" }];
    expect(admit(review({ ...spec("store"), exports }), deps)).toEqual({
      outcome: "allowed",
      warnings: [
        expect.stringContaining(
          'spec.exports[0].name: Exports "front/acme:shop/pages" under the name of another interface: acme:shop/pagse',
        ),
      ],
    });
  });
  test.each([
    ["nowhere", "spec.instances[1].component: Waits for a Component that does not exist yet: nowhere"],
    ["unread", "spec.instances[1].component: Judged once this Component is read: unread"],
    ["slow", "spec.instances[1].component: Cannot be judged, the composer failed on Component: slow"],
  ])("admits one whose component is not known, with a warning: %s", (name, warning) => {
    expect(admit(review(spec(name, connected)), deps)).toEqual({ outcome: "allowed", warnings: [warning] });
    expect(warning.length).toBeLessThanOrEqual(120);
  });
  test("admits a source in place that was not read yet, and knows one that was", () => {
    const source = { http: { url: "https://example.com/a.wasm", sha256: "a".repeat(64) } };
    const inline = {
      ...spec("store"),
      instances: [spec("store").instances[0]!, { name: "back", component: { source } }],
    };
    expect(admit(review(inline), deps).warnings).toEqual([
      "spec.instances[1].component: Judged once its source is read",
    ]);
    const lookUp = (namespace: string, name: string) =>
      name.startsWith("source:") ? ({ digest: "sha256:3", table: odd } as const) : deps.lookUp(namespace, name);
    expect(admit(review(inline), { ...deps, lookUp }).outcome).toBe("denied");
  });
  test("refuses a file in place, and a component that can never be read", () => {
    const file = {
      ...spec("store"),
      instances: [{ name: "a", component: { source: { file: { path: "./a.wasm" } } } }],
    };
    const refused = admit(review(file), deps);
    expect(refused.outcome).toBe("denied");
    expect(refused.message).toContain("Cannot read source.file in a cluster");
    expect(refused.message).toContain("spec.instances[0].component.source.file");
    expect(admit(review(spec("broken")), deps).message).toContain("error[invalid-component]");
  });
  test("refuses a written mistake even where another component is not known", () => {
    const three = spec("odd", connected);
    const more = { ...three, instances: [...three.instances, { name: "c", component: { name: "nowhere" } }] };
    expect(admit(review(more), deps).outcome).toBe("denied");
  });
  test("does not refuse what a component may mend that is not known yet", () => {
    // Unconnected, another provider may still come that fits better.
    const versioned = {
      ...known,
      front: { digest: "sha256:1", table: table({ imports: { "acme:shop/query@1.0.0": query } }) },
      store: { digest: "sha256:2", table: table({ exports: { "acme:shop/query@2.0.0": query } }) },
    } as const;
    const lookUp = (_: string, name: string): KnownTypes => versioned[name as keyof typeof versioned];
    const { exports: _, ...two } = spec("store");
    expect(admit(review(two), { ...deps, lookUp }).message).toContain("error[version-near-miss]");
    const three = { ...two, instances: [...two.instances, { name: "c", component: { name: "nowhere" } }] };
    expect(admit(review(three), { ...deps, lookUp }).outcome).toBe("allowed");
  });
  test("looks only into the namespace of the object", () => {
    const elsewhere = review(spec("odd"), undefined, { namespace: "other" });
    expect(admit(elsewhere, deps).outcome).toBe("allowed");
  });
  test("asks for problems of the spec once the wiring holds and all is known", () => {
    const asked: string[] = [];
    const problem = { field: "spec.template", message: "Cannot lend this", hint: "Remove it" };
    const specProblems: AdmissionDeps["specProblems"] = ({ metadata }, { edges }) => {
      asked.push(`${metadata.name} ${edges.length}`);
      return [problem];
    };
    const refused = admit(review(spec("store")), { ...deps, specProblems });
    expect(refused).toMatchObject({ outcome: "denied" });
    expect(refused.message).toContain(
      'error: Cannot lend this\n  ╭─ Composition "shop"  spec.template\n  ╰─ hint Remove it',
    );
    admit(review(spec("odd")), { ...deps, specProblems });
    admit(review(spec("unread")), { ...deps, specProblems });
    expect(asked).toEqual(["shop 1"]);
  });
});

describe("admit() of an update", () => {
  const wrong = spec("odd");
  test("never refuses one that leaves the spec as it is, whatever is wrong with it", () => {
    expect(admit(review(wrong, wrong), deps)).toEqual(allowed);
    const reordered = Object.fromEntries(Object.entries(wrong).reverse());
    expect(admit(review(reordered, wrong), deps)).toEqual(allowed);
  });
  test("never refuses the status, a scale, or an object that is going away", () => {
    for (const subResource of ["status", "scale"])
      expect(admit(review(wrong, spec("store"), { subResource }), deps)).toEqual(allowed);
    const going = { ...review(wrong, spec("store")), object: { metadata: { deletionTimestamp: "now" }, spec: wrong } };
    expect(admit(going, deps)).toEqual(allowed);
    expect(admit(review(undefined, wrong, { operation: "DELETE", object: undefined }), deps)).toEqual(allowed);
  });
  test("refuses an error that the old spec did not have", () => {
    expect(admit(review(wrong, spec("store")), deps).outcome).toBe("denied");
  });
  test("does not refuse an error that the old spec had already, and says that it is still there", () => {
    const verdict = admit(review({ ...wrong, suspend: true }, wrong), deps);
    expect(verdict.outcome).toBe("allowed");
    expect(verdict.warnings).toEqual([expect.stringContaining("Still wrong: spec.instances[0]: Cannot serve")]);
    const worse = { ...wrong, exports: [{ name: "acme:shop/nothing", from: "front/acme:shop/nothing" }] };
    const refused = admit(review(worse, wrong), deps);
    expect(refused.message).toContain(": 1 error\n");
    expect(refused.message).toContain("error[unknown-item]");
  });
});

describe("admit() of a Component", () => {
  const file = { source: { file: { path: "./a.wasm" } } };
  const http = (digit: string) => ({
    source: { http: { url: "https://example.com/a.wasm", sha256: digit.repeat(64) } },
  });
  const component = (now: unknown, old?: unknown) => review(now, old, { kind: "Component", name: "store" });
  const users = Array.from({ length: 7 }, (_, index) => `shop-${index}`);

  test("refuses a file, with the sentence of the status", () => {
    const refused = admit(component(file), deps);
    expect(refused.outcome).toBe("denied");
    expect(refused.message).toMatch(
      /^Cannot accept Component "store": 1 error\n\nerror: Cannot read source\.file in a cluster/,
    );
    expect(refused.message).toContain("spec.source.file");
  });
  test("names who uses one whose source changes", () => {
    const using = { ...deps, usersOf: (namespace: string, name: string) => [`${namespace}-${name}`, ...users] };
    expect(admit(component(http("a"), http("b")), using)).toEqual({
      outcome: "allowed",
      warnings: [
        "The new bytes will be judged for the Compositions that use it: shop-ns-store, shop-0, shop-1, shop-2, shop-3, and 3 more",
      ],
    });
    expect(admit(component(http("a")), using)).toEqual(allowed);
    expect(admit(component({ ...http("a"), interval: "1h" }, http("a")), using)).toEqual(allowed);
    expect(admit(component(http("a"), http("b")), deps)).toEqual(allowed);
  });
  test("warns of a source that this version does not read", () => {
    const oci = { source: { oci: { image: "registry.example/a", ref: { tag: "1" } } } };
    expect(admit(component(oci), deps)).toMatchObject({
      outcome: "allowed",
      warnings: [expect.stringMatching(/^spec\.source: This version does not read source\.oci/)],
    });
  });
});

describe("admit() of anything", () => {
  test("judges no kind and no operation that is not ours", () => {
    expect(admit(review(spec("odd"), undefined, { group: "apps" }), deps)).toEqual(allowed);
    expect(admit(review(spec("odd"), undefined, { kind: "Other" }), deps)).toEqual(allowed);
    expect(admit(review(spec("odd"), undefined, { operation: "CONNECT" }), deps)).toEqual(allowed);
  });
  test.each([undefined, null, 7, [], {}, { instances: 7 }, { instances: [{}] }, { ...spec("store"), later: true }])(
    "admits a spec that it cannot read, the API server has judged it: %j",
    (of) => {
      for (const kind of ["Composition", "Component"]) {
        const verdict = admit(review(of, undefined, { kind }), deps);
        expect(verdict.outcome).toBe("unjudged");
        expect(verdict.warnings[0]).toMatch(/^Not judged, this version of the operator cannot read the spec/);
      }
    },
  );
  test("never throws, and refuses nothing but with a reason, whatever the objects are", () => {
    const loose = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, true, 7, "", "front", "front/acme:shop/query", "sha256"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            "instances",
            "connections",
            "exports",
            "name",
            "component",
            "source",
            "file",
            "path",
            "from",
            "to",
            "metadata",
            "spec",
            "__proto__",
          ),
          tie("value"),
          { maxKeys: 4 },
        ),
      ),
    })).value;
    const part = fc.oneof(loose, fc.constant(spec("odd")), fc.constant(spec("store")));
    fc.assert(
      fc.property(
        fc.record({ spec: part, instances: loose, connections: loose, exports: loose }),
        part,
        fc.constantFrom("Component", "Composition"),
        fc.boolean(),
        ({ spec: base, ...more }, old, kind, creates) => {
          const mixed = typeof base === "object" && base !== null ? { ...base, ...more } : base;
          for (const object of [base, mixed]) {
            const { outcome, message } = admit(review(object, creates ? undefined : (old ?? {}), { kind }), deps);
            expect(["allowed", "denied", "unjudged"]).toContain(outcome);
            expect(outcome === "denied").toBe(message !== undefined);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
  test("admits what would take too long, whenever it notices", () => {
    for (let calls = 0; calls < 3; calls++) {
      let left = calls;
      const verdict = admit(review(spec(calls === 1 ? "store" : "odd")), { ...deps, late: () => left-- <= 0 });
      if (calls < 2) {
        expect(verdict).toEqual({ outcome: "unjudged", warnings: ["Not judged, it took too long: see the status"] });
      } else expect(verdict.outcome).toBe("denied");
    }
  });
  test("bounds warnings in number and in length, and lets none of them hold a line break", () => {
    const instances = Array.from({ length: 40 }, (_, index) => ({
      name: `i${index}`,
      component: { name: `n${index}` },
    }));
    const { warnings } = admit(review({ instances, wiring: "Auto" }), deps);
    expect(warnings).toHaveLength(11);
    expect(warnings[10]).toBe("30 more warnings: tenon check shows them all");
    const long = { source: { oci: { image: `registry.example/${"a".repeat(400)}`, ref: { tag: "1" } } } };
    const [warning] = admit(review(long, undefined, { kind: "Component" }), deps).warnings;
    expect(warning).toHaveLength(240);
    const evil = () => [{ field: "x", message: "a\nb\u202e", hint: "c" }];
    expect(
      admit(review(spec("store"), spec("store", "replicas: 3")), { ...deps, specProblems: evil }).warnings,
    ).toEqual(["Still wrong: x: a\\u{a}b\\u{202e}"]);
  });
  test("bounds what a refusal says", () => {
    const connections = Array.from({ length: 300 }, (_, index) => ({
      from: `front/acme:shop/x${index}`,
      to: "back/y",
    }));
    const { message = "" } = admit(review({ ...spec("store"), connections }), deps);
    expect(message.length).toBeLessThanOrEqual(16_000);
    expect(message).toMatch(/\d+ more: tenon check shows them all$/);
  });
});
