import { describe, expect, test } from "@jest/globals";
import { componentConditions, compositionConditions, reasons } from "../../../api/conditions.ts";

describe("conditions and reasons", () => {
  test("are their own names, in CamelCase", () => {
    for (const constants of [componentConditions, compositionConditions, reasons]) {
      for (const [name, value] of Object.entries(constants)) {
        expect(value).toBe(name);
        expect(name).toMatch(/^([A-Z][a-z]+)+$/);
      }
    }
  });

  test("are those of the design", () => {
    expect(Object.keys(componentConditions)).toEqual([
      "Ready",
      "Reconciling",
      "Stalled",
      "Fetched",
      "Verified",
      "Inspected",
    ]);
    expect(Object.keys(compositionConditions)).toEqual([
      "Ready",
      "Reconciling",
      "Stalled",
      "ComponentsResolved",
      "WiringValid",
      "Composed",
      "Available",
      "Progressing",
      "InstancesHealthy",
    ]);
  });
});
