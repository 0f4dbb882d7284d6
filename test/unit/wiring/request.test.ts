import { describe, expect, test } from "@jest/globals";
import { makeComposeRequest } from "../../../wiring/request.ts";

describe("makeComposeRequest()", () => {
  test("numbers components by what they are, in the order of their first use, and drops what the composer needs not", () => {
    const instances = [
      { name: "a", component: "x" },
      { name: "b", component: "y" },
      { name: "c", component: "copy-of-x" },
    ];
    const edge = {
      from: { instance: "a", item: "r" },
      to: { instance: "b", item: "t:i/x", inner: "r" },
      how: "Implicit",
      field: "spec.instances[0]",
    } as const;
    const exported = { name: "run", instance: "b", item: "start", field: "spec.exports[0]" };
    const { components, request } = makeComposeRequest(
      { instances, edges: [edge], hostImports: [], exports: [exported] },
      (component) => component.replace("copy-of-", ""),
    );
    expect(components).toEqual(["x", "y"]);
    expect(request).toEqual({
      instances: [
        { name: "a", component: 0 },
        { name: "b", component: 1 },
        { name: "c", component: 0 },
      ],
      edges: [{ from: { instance: "a", item: "r" }, to: { instance: "b", item: "t:i/x", inner: "r" } }],
      exports: [{ name: "run", instance: "b", item: "start" }],
    });
  });
});
