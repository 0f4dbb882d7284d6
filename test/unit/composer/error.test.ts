import { describe, expect, test } from "@jest/globals";
import { ComposerError } from "../../../composer/error.ts";

describe("ComposerError", () => {
  test("carries what the engine said, as data", () => {
    const position = { line: 2, column: 7, rendered: "…" };
    const error = new ComposerError({
      code: "wac",
      stage: "evaluateWac",
      message: "undefined name",
      subject: "a",
      position,
    });
    expect(error).toMatchObject({ name: "ComposerError", code: "wac", stage: "evaluateWac", subject: "a", position });
    expect(error.message).toBe("undefined name");
  });
});
