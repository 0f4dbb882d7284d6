import { describe, expect, test } from "@jest/globals";
import type { Plan, PlanExport, PlanType } from "../../../../runner/link/plan.ts";
import { callPath, exportedFunctions, findFunction } from "../../../../runner/serve/functions.ts";
import { makeOpenApi } from "../../../../runner/serve/openapi.ts";

/** A plan with only what is asked of it here: exports and types. */
function makePlan(types: readonly PlanType[], exports: Record<string, PlanExport>): Plan {
  return {
    format: 1,
    engine: "test",
    componentInstances: [],
    modules: [],
    steps: [],
    options: [],
    trampolines: [],
    exports,
    types,
    resourceTables: [],
    importedResources: [],
  };
}

const func = (names: readonly string[], params: readonly number[], results: readonly number[]): PlanExport => ({
  func: { i: 0, n: "f" },
  options: 0,
  type: { names, params, results, async: false },
});

const plan = makePlan(
  [
    "string",
    "u32",
    { option: 1 },
    {
      record: [
        ["id", 0],
        ["age", 2],
      ],
    },
    { own: 0 },
    { list: 4 },
  ],
  {
    add: func(["a", "b"], [1, 1], [1]),
    "shop:cart/store@1.0.0": { instance: { save: func(["user"], [3], []), old: func([], [], []) } },
    "shop:cart/store@1.10.0": { instance: { save: func(["user"], [3], []), open: func([], [], [5]) } },
    "shop:cart/store@1.9.0": { instance: { save: func(["user"], [3], []) } },
    "wasi:http/incoming-handler@0.2.0": { instance: { handle: func([], [], []) } },
  },
);
const functions = exportedFunctions(plan);

describe("exportedFunctions()", () => {
  test("lists every function but those of wasi", () => {
    expect(functions.map((it) => `${it.interface}.${it.name}`)).toEqual([
      ".add",
      "shop:cart/store@1.0.0.save",
      "shop:cart/store@1.0.0.old",
      "shop:cart/store@1.10.0.save",
      "shop:cart/store@1.10.0.open",
      "shop:cart/store@1.9.0.save",
    ]);
  });

  test("says why a function has no JSON form, however deep the resource is", () => {
    expect(functions.find(({ name }) => name === "open")?.refused).toBe(
      "Cannot call shop:cart/store@1.10.0.open with JSON: it takes or gives a resource, which lives only as long as its owner",
    );
    expect(functions.find(({ name }) => name === "save")?.refused).toBeNull();
  });
});

describe("findFunction()", () => {
  test("takes a version as it is written", () => {
    expect(findFunction(functions, "shop:cart/store@1.0.0", "save")?.interface).toBe("shop:cart/store@1.0.0");
  });

  test("takes the newest where no version is written", () => {
    expect(findFunction(functions, "shop:cart/store", "save")?.interface).toBe("shop:cart/store@1.10.0");
  });

  test("takes the component's own function for -, and else the only one of that name", () => {
    expect(findFunction(functions, "-", "add")?.interface).toBe("");
    expect(findFunction(functions, "-", "old")?.interface).toBe("shop:cart/store@1.0.0");
    expect(findFunction(functions, "-", "save")).toBeUndefined();
  });

  test("finds nothing for another version or name", () => {
    expect(findFunction(functions, "shop:cart/store@2.0.0", "save")).toBeUndefined();
    expect(findFunction(functions, "shop:cart/store", "toString")).toBeUndefined();
  });
});

describe("callPath()", () => {
  test("encodes the interface", () => {
    expect(callPath({ interface: "shop:cart/store@1.0.0", name: "save" })).toBe(
      "/call/shop%3Acart%2Fstore%401.0.0/save",
    );
    expect(callPath({ interface: "", name: "add" })).toBe("/call/-/add");
  });
});

describe("makeOpenApi()", () => {
  const document = makeOpenApi(plan, functions, "shop") as {
    openapi: string;
    paths: Record<string, { post: { operationId: string; requestBody: unknown; responses: Record<string, unknown> } }>;
    components: { schemas: Record<string, unknown> };
  };

  test("has an operation for each function that can be called", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual([
      "/call/-/add",
      "/call/shop%3Acart%2Fstore%401.0.0/save",
      "/call/shop%3Acart%2Fstore%401.0.0/old",
      "/call/shop%3Acart%2Fstore%401.10.0/save",
      "/call/shop%3Acart%2Fstore%401.9.0/save",
    ]);
    const ids = Object.values(document.paths).map(({ post }) => post.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("refers to components that are there, and to each record once", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(4);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty([name!]);
    expect(Object.keys(document.components.schemas)).toEqual(["record-3", "Error"]);
  });

  test("makes an optional field optional, and knows a field's range", () => {
    expect(document.components.schemas["record-3"]).toEqual({
      type: "object",
      properties: {
        id: { type: "string" },
        age: { anyOf: [{ type: "integer", minimum: 0, maximum: 4294967295 }, { type: "null" }] },
      },
      required: ["id"],
      additionalProperties: false,
    });
  });
});
