import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { makeCustomResourceDefinitions } from "../../../api/crd.ts";

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly categories: readonly string[]; readonly shortNames: readonly string[] };
    readonly versions: readonly {
      readonly subresources: unknown;
      readonly additionalPrinterColumns: readonly { readonly name: string }[];
      readonly schema: { readonly openAPIV3Schema: Node };
    }[];
  };
}

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node;
  readonly items?: Node;
  readonly "x-kubernetes-validations"?: readonly object[];
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

const definitions = makeCustomResourceDefinitions() as unknown as readonly Definition[];
const [component, composition] = definitions as [Definition, Definition];

/** Every node with its path. */
function nodes(node: Node, path = ""): [string, Node][] {
  const inner = Object.entries(node.properties ?? {}).flatMap(([name, one]) => nodes(one, `${path}.${name}`));
  const more = [node.items, node.additionalProperties].flatMap((one) =>
    one === undefined ? [] : nodes(one, `${path}[]`),
  );
  return [[path, node], ...inner, ...more];
}

const all = definitions.flatMap(({ metadata, spec }) =>
  nodes(spec.versions[0]!.schema.openAPIV3Schema).map(([path, node]) => [`${metadata.name} ${path}`, node] as const),
);

describe("makeCustomResourceDefinitions()", () => {
  test("is what is committed in crds/", () => {
    for (const definition of definitions) {
      const text = readFileSync(new URL(`../../../crds/${definition.metadata.name}.yaml`, import.meta.url), "utf8");
      expect(text).toMatch(/^# Generated/);
      expect(parse(text, { version: "1.1" })).toEqual(JSON.parse(JSON.stringify(definition)));
    }
  });

  test("gives both kinds a status, a Composition a scale, and all a category and short names", () => {
    expect(component.spec.versions[0]!.subresources).toEqual({ status: {} });
    expect(composition.spec.versions[0]!.subresources).toMatchObject({
      status: {},
      scale: { specReplicasPath: ".spec.replicas", labelSelectorPath: ".status.selector" },
    });
    for (const { spec } of definitions) {
      expect(spec.names.categories).toEqual(["tenon"]);
      expect(spec.names.shortNames.length).toBeGreaterThan(0);
      expect(spec.versions[0]!.additionalPrinterColumns.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["Ready", "Age"]),
      );
    }
  });

  test("is plain data: predicates stay here", () => {
    expect(JSON.parse(JSON.stringify(definitions))).toEqual(definitions);
    for (const [, node] of all)
      for (const rule of node["x-kubernetes-validations"] ?? []) expect(rule).not.toHaveProperty("holds");
  });

  test("describes every field that kubectl explains", () => {
    const bare = all.filter(([path, node]) => {
      return node.description === undefined && / \.(spec|status)/.test(path) && !path.endsWith("[]");
    });
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  test("requires or defaults the keys of every list that is a map, as the API server asks", () => {
    for (const [path, node] of all) {
      for (const key of node["x-kubernetes-list-map-keys"] ?? []) {
        const items = node.items as Node & { required?: readonly string[] };
        const given = items.required?.includes(key) || "default" in (items.properties![key] ?? {});
        expect([path, key, given]).toEqual([path, key, true]);
      }
    }
  });
});
