import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { flags } from "../../../operator/config-flags.ts";
import { parseAddress } from "../../../operator/config-values.ts";

describe("parseAddress()", () => {
  test.each([
    [":8080", undefined, 8080],
    ["0.0.0.0:1", "0.0.0.0", 1],
    ["[::]:65535", "::", 65535],
    ["tenon.local:80", "tenon.local", 80],
  ])("reads %s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each([
    "",
    ":",
    "8080",
    "::1:80",
    "[::1:80",
    "[x]:80",
    "a:80:90",
    ":65536",
    ":123456",
    "a b:1",
    `${"a".repeat(400)}:1`,
  ])("takes %s for no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("every flag", () => {
  test("reads any text at all to a value or to what is wanted, soon", () => {
    const readers = Object.values(flags).map(({ read }) => read);
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.constantFrom("a", "1", "a,", "-", ".", "a.", "cpu=1,").map((part) => part.repeat(20_000)),
    );
    fc.assert(
      fc.property(texts, fc.nat(readers.length - 1), (text, index) => {
        const read = readers[index]!(text);
        expect("value" in read || (read.wanted.length > 3 && read.wanted.length < 200)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
