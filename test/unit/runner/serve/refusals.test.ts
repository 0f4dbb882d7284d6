import { describe, expect, test } from "@jest/globals";
import { Refusals } from "../../../../runner/serve/refusals.ts";

describe("Refusals", () => {
  test("tells of the first at once, and of a storm once a second with its number", () => {
    const lines: string[] = [];
    let now = 0;
    const refusals = new Refusals(
      (line) => lines.push(line),
      () => now,
    );
    for (let index = 0; index < 50; index++) refusals.note({ status: 431, message: "too large" });
    now = 1000;
    refusals.note({ status: 400, message: "not HTTP" });
    expect(lines).toEqual([
      "Refused a request with 431: too large",
      "Refused a request with 400: not HTTP, and 49 more since the last line",
    ]);
  });
});
