import { describe, expect, test } from "@jest/globals";
import { canonicalQuantity } from "../../../../operator/desired/quantity.ts";

describe("canonicalQuantity()", () => {
  test.each([
    ["0.5", "500m"],
    ["1000m", "1"],
    [2, "2"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["0.1Mi", "104857600m"],
    ["1500000", "1500k"],
    ["1e3", "1e3"],
    ["12E2", "1200"],
    ["1e-3", "1e-3"],
    ["1E", "1E"],
    ["1Ei", "1Ei"],
    ["0", "0"],
    [".5", "500m"],
    ["5.", "5"],
    ["0.1n", "1n"],
  ])("writes %s as the API server does: %s", (given, stored) => {
    expect(canonicalQuantity(given)).toBe(stored);
    expect(canonicalQuantity(stored)).toBe(stored);
  });

  test("rounds up at so many digits, and not beyond them", () => {
    expect(canonicalQuantity("123456789n", 3)).toBe("124m");
    expect(canonicalQuantity("123456789n")).toBe("123456789n");
    expect(canonicalQuantity("1m", 3)).toBe("1m");
  });

  test.each(["", ".", "x", "-1", "1 Gi", "1gi", "9E9E", "10E", "1e99", "1".repeat(65)])("takes no %s", (given) => {
    expect(canonicalQuantity(given)).toBeUndefined();
  });
});
