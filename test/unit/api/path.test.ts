import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatPath, parsePath } from "../../../api/path.ts";

describe("formatPath()", () => {
  test("writes paths as users read them", () => {
    expect(formatPath(["spec", "connections", 2, "from"])).toBe("spec.connections[2].from");
    expect(formatPath(["config", "a.b", ""])).toBe('config["a.b"][""]');
    expect(formatPath(["instances", "auth-instance", "component"])).toBe("instances.auth-instance.component");
    expect(formatPath([])).toBe("");
  });
});

describe("parsePath()", () => {
  test("reads what formatPath() wrote", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.nat(1e6))), (segments) => {
        expect(parsePath(formatPath(segments))).toEqual(segments);
      }),
    );
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parsePath(text))));
    expect(parsePath("spec.instances[0")).toEqual(["spec", "instances"]);
  });
});
