import { describe, expect, test } from "@jest/globals";
import { desiredOf } from "./inputs.ts";

describe("a revision", () => {
  test("of one and the same composition is the same in the next version of the operator (docs/adr/0004)", () => {
    // Another value here rolls the pods of every composition of every cluster at the next upgrade: that has to be meant.
    expect(desiredOf("").revision).toBe("06fa7b0c5a");
  });
});
