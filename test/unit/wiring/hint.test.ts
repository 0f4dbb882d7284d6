import { describe, expect, test } from "@jest/globals";
import { closest, didYouMean, editDistance, quoted } from "../../../wiring/hint.ts";

describe("editDistance()", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "abd", 1],
    ["auht", "auth", 1],
    ["kitten", "sitting", 3],
    ["", "abc", 3],
  ])("counts the slips between %p and %p", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
    expect(editDistance(a, b, distance)).toBe(distance);
    expect(editDistance(a, b, distance - 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("closest()", () => {
  test("finds two swapped letters of a short name", () => {
    expect(closest("auht", ["auth", "db"])).toBe("auth");
  });
  test("takes a short name for no slip of another", () => {
    expect(closest("x", ["a", "b"])).toBeUndefined();
    expect(closest("new-api", ["auth-instance", "db-instance"])).toBeUndefined();
  });
  test("prefers the nearest", () => {
    expect(closest("counts", ["counter", "count"])).toBe("count");
  });
  test("never answers with the word itself", () => {
    expect(closest("auth", ["auth"])).toBeUndefined();
  });
  test("compares no long words", () => {
    const long = "a".repeat(1_000_000);
    expect(closest(long, [`${long}b`])).toBeUndefined();
    expect(closest("ab", [long])).toBeUndefined();
  });
  test("stops when its effort is spent, and spends nothing then", () => {
    const effort = { left: 1000 };
    const words = Array.from({ length: 100 }, (_, index) => `instance-${index + 100}`);
    expect(closest("instanse-150", words, effort)).not.toBe("instance-150");
    expect(effort.left).toBeLessThanOrEqual(0);
    expect(closest("instanse-150", words, effort)).toBeUndefined();
    expect(didYouMean("instanse-150", ["instance-150"], effort)).toBeUndefined();
    expect(closest("instanse-150", words)).toBe("instance-150");
  });
});

describe("didYouMean()", () => {
  test("lists a few words where none is near", () => {
    expect(didYouMean("zebra", ["auth", "db"])).toBe('Available: "auth", "db"');
  });
  test("says nothing where there are none, or too many", () => {
    expect(didYouMean("zebra", [])).toBeUndefined();
    expect(didYouMean("zebra", "a b c d e f g h i".split(" "))).toBeUndefined();
  });
});

describe("quoted()", () => {
  test("joins names", () => {
    expect(quoted(["a", "b"])).toBe('"a", "b"');
  });
});
