import { describe, expect, test } from "@jest/globals";
import { nearest, suggestion } from "../../../api/nearest.ts";

describe("nearest()", () => {
  test.each([
    ["replica", ["replicas", "runner"], "replicas"],
    ["conections", ["connections", "exports"], "connections"],
    ["AUTO", ["Auto", "Explicit"], "Auto"],
    ["xyz", ["connections", "exports"], undefined],
    ["a", ["b"], undefined],
    ["name", ["name"], undefined],
    ["bd", ["db"], "db"],
    ["auht", ["auth", "store"], "auth"],
    ["cart", ["store"], undefined],
    ["x".repeat(200), ["x".repeat(199)], undefined],
  ])("of %p among %p is %p", (wanted, words, found) => {
    expect(nearest(wanted, words)).toBe(found);
  });
});

describe("suggestion()", () => {
  test("names the near word, or a short list, or nothing", () => {
    expect(suggestion("form", ["from", "to"])).toBe('Did you mean "from"?');
    expect(suggestion("something", ["from", "to"])).toBe("Known here: from, to");
    expect(suggestion("something", [])).toBeUndefined();
    expect(
      suggestion(
        "something",
        Array.from({ length: 13 }, (_, index) => `w${index}`),
      ),
    ).toBeUndefined();
  });
});
