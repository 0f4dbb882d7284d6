import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { bytesPattern, durationPattern, parseBytes, parseDuration } from "../../../api/units.ts";

describe("parseDuration()", () => {
  test.each([
    ["30s", 30_000],
    ["1m30s", 90_000],
    ["250ms", 250],
    ["0.5ms", 1],
    ["1.5h", 5_400_000],
    ["0s", 0],
    ["596h", 2_145_600_000],
  ])("reads %s", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(["", "30", "s", "-1s", "1 s", "1d", "597h", "1e3s", "1.s"])("refuses %p", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("reads what the schema's pattern lets pass, but for what no timer can hold", () => {
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(durationPattern)), (text) => {
        const milliseconds = parseDuration(text);
        expect(milliseconds === undefined || (Number.isSafeInteger(milliseconds) && milliseconds >= 0)).toBe(true);
      }),
    );
  });
});

describe("parseBytes()", () => {
  test.each([
    ["256Mi", 268_435_456],
    ["4Gi", 4_294_967_296],
    ["1.5Ki", 1536],
    ["500k", 500_000],
    ["1M", 1_000_000],
    ["1G", 1_000_000_000],
    ["65536", 65_536],
  ])("reads %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(["", "Mi", "1Ti", "1 Mi", "-1", "1mi", `${"9".repeat(30)}`])("refuses %p", (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  test("reads what the schema's pattern lets pass, but for what is no safe integer", () => {
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(bytesPattern)), (text) => {
        const bytes = parseBytes(text);
        expect(bytes === undefined || Number.isSafeInteger(bytes)).toBe(true);
      }),
    );
  });
});
