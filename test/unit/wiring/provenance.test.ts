import { describe, expect, test } from "@jest/globals";
import { type ComparedEdge, traceResources } from "../../../wiring/provenance.ts";
import type { HostImport } from "../../../wiring/spec.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import { borrow, func, instance, resource, sameResource, table } from "../../support/wiring/tables.ts";

const store = instance({ bucket: resource() });
const user = instance({ bucket: sameResource(0), fill: func({ into: borrow(0) }) });
const tables = new Map<string, TypeTable>(
  Object.entries({
    need: table({ imports: { "t:s/store": store, "t:u/user": user } }),
    user: table({ imports: { "t:s/store": store }, exports: { "t:u/user": user } }),
    one: table({ exports: { "t:s/store": store } }),
    two: table({ exports: { "t:s/store": store } }),
  }),
);
const order = ["one", "two", "user", "need"];

function edge(from: string, item: string, to: string, sound = true): ComparedEdge {
  const resources = [{ expected: 0, found: 0, path: "bucket" }];
  return {
    from: { instance: from, item },
    to: { instance: to, item },
    how: "Explicit",
    field: `${from} to ${to}`,
    resources,
    sound,
  };
}
function left(name: string, item: string): HostImport {
  return { instance: name, item, interface: item, field: `${name} to the host` };
}

describe("traceResources()", () => {
  test("follows a resource over a hop to its maker", () => {
    const edges = [
      edge("user", "t:s/store", "one"),
      edge("need", "t:s/store", "one"),
      edge("need", "t:u/user", "user"),
    ];
    const { splits, origins } = traceResources({ order, tables, edges, hostImports: [] });
    expect(splits).toEqual([]);
    expect(origins.get("need")).toEqual(["one/t:s/store#bucket"]);
    expect(origins.get("user")).toEqual(["one/t:s/store#bucket"]);
  });

  test("finds two makers, and the edges by which they come", () => {
    const edges = [
      edge("user", "t:s/store", "two"),
      edge("need", "t:s/store", "one"),
      edge("need", "t:u/user", "user"),
    ];
    const { splits } = traceResources({ order, tables, edges, hostImports: [] });
    expect(splits).toMatchObject([
      {
        edge: { field: "need to user" },
        resource: ["t:s/store", "bucket"],
        expected: "one/t:s/store#bucket",
        found: "two/t:s/store#bucket",
        expectedBy: { field: "need to one" },
        foundBy: { field: "user to two" },
      },
    ]);
  });

  test("holds the host for one maker along a version track, and for another than an instance", () => {
    const hostImports = [left("user", "t:s/store"), left("need", "t:s/store")];
    const edges = [edge("need", "t:u/user", "user")];
    const whole = traceResources({ order, tables, edges, hostImports });
    expect(whole.splits).toEqual([]);
    expect(whole.origins.get("need")).toEqual(["host t:s/store#bucket"]);
    const split = traceResources({
      order,
      tables,
      edges: [...edges, edge("need", "t:s/store", "one")],
      hostImports: [left("user", "t:s/store")],
    });
    expect(split.splits).toMatchObject([{ expected: "one/t:s/store#bucket", found: "host t:s/store#bucket" }]);
  });

  test("concludes nothing from an edge whose types do not fit", () => {
    const edges = [
      edge("user", "t:s/store", "two"),
      edge("need", "t:s/store", "one", false),
      edge("need", "t:u/user", "user"),
    ];
    const { splits, origins } = traceResources({ order, tables, edges, hostImports: [] });
    expect(splits).toEqual([]);
    expect(origins.get("need")).toEqual([undefined]);
  });
});
