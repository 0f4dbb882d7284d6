import { describe, expect, test } from "@jest/globals";
import { explainFailure, explainUnreadable } from "../../../wiring/failure.ts";

const spec = { name: "app", instances: [] };

describe("explainFailure()", () => {
  test.each([
    ["validate", "modules and components count exceeds limit of 1000 (at offset 0x1)", "too-large", "spec.instances"],
    ["encode", 'failed to merge the type definition for implicit import "t:i/x"', "host-conflict", "spec.instances"],
    ["encode", "the graph contains a cycle", "cycle", "spec.connections"],
    ["validate", "resource types are not the same (ResourceId)", "resource-mismatch", "spec.instances"],
    ["validate", "func not valid to be used as export", "unexported-resource", "spec.exports"],
    ["unsupported-component", "threads are not supported", "unsupported-component", "spec.instances"],
    ["too-large", "too many bytes", "too-large", "spec.instances"],
    ["deadline", "took too long", "composer-failed", "spec"],
    ["memory-limit", "took too much", "composer-failed", "spec"],
    ["aborted", "panicked", "composer-failed", "spec"],
    ["validate", "something new", "composer-failed", "spec"],
  ])("makes of %s (%s) the code %s at %s", (code, message, expected, field) => {
    const finding = explainFailure(spec, { code, message });
    expect(finding).toMatchObject({ code: expected, field, severity: "error" });
    expect(finding.message).toBe(`Cannot compose "app": ${message}`);
    expect(finding.hint).toBeTruthy();
  });

  test("owns up to what the user cannot mend, and only to that", () => {
    expect(explainFailure(spec, { code: "aborted", message: "x" }).hint).toContain("bug of Tenon");
    expect(explainFailure(spec, { code: "deadline", message: "x" }).hint).not.toContain("bug of Tenon");
  });
});

describe("explainUnreadable()", () => {
  const at = { name: "db", field: "spec.instances[3]" };
  test.each([
    ["not-a-component", "invalid-component"],
    ["invalid-component", "invalid-component"],
    ["unsupported-component", "unsupported-component"],
    ["too-large", "too-large"],
    ["aborted", "composer-failed"],
    ["deadline", "composer-failed"],
  ])("makes of %s the code %s, at the instance's component", (code, expected) => {
    expect(explainUnreadable(at, { code, message: "why" })).toMatchObject({
      code: expected,
      field: "spec.instances[3].component",
      instance: "db",
      message: 'Cannot read the component of instance "db": why',
    });
  });
});
