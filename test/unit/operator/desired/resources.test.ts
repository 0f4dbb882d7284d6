import { describe, expect, test } from "@jest/globals";
import { desiredOf, podOf, problemsOf } from "./inputs.ts";

const resourcesOf = (resources: string) =>
  podOf(desiredOf(`template: { spec: { resources: ${resources} } }`)).spec.containers[0].resources;

describe("makeResources()", () => {
  test("has the operator's defaults where the Composition says nothing", () => {
    expect(resourcesOf("{}")).toEqual({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } });
  });

  test("leaves a resource that the Composition names to it alone", () => {
    expect(resourcesOf("{ limits: { cpu: 50m } }")).toEqual({
      requests: { memory: "128Mi" },
      limits: { cpu: "50m", memory: "512Mi" },
    });
    expect(resourcesOf("{ requests: { memory: 1024Mi } }")).toEqual({ requests: { cpu: "100m", memory: "1Gi" } });
  });

  test("names the quantity that is none", () => {
    expect(problemsOf("template: { spec: { resources: { limits: { cpu: lots, memory: 1Gi } } } }")).toEqual([
      {
        field: "spec.template.spec.resources.limits.cpu",
        message: 'Must be a quantity: "lots"',
        hint: 'Write it as "500m", "1" or "256Mi"',
      },
    ]);
  });
});
