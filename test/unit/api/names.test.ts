import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { childName, labelPattern, serviceNamePattern, toName } from "../../../api/names.ts";

const names = fc.stringMatching(/^[a-z]([-a-z0-9]{0,120}[a-z0-9])?$/);

describe("childName()", () => {
  test("joins parent and suffix", () => {
    expect(childName("user-api", "runner")).toBe("user-api-runner");
  });

  test("is a DNS label of at most 63 characters, and the same for the same", () => {
    fc.assert(
      fc.property(names, fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/), (parent, suffix) => {
        const name = childName(parent, suffix);
        expect(name.length).toBeLessThanOrEqual(63);
        expect(name).toMatch(new RegExp(labelPattern));
        expect(childName(parent, suffix)).toBe(name);
      }),
    );
  });

  test("keeps long names apart that differ where they are cut", () => {
    const long = "a".repeat(80);
    expect(childName(`${long}x`, "runner")).not.toBe(childName(`${long}y`, "runner"));
    expect(childName(long, "runner")).not.toBe(childName(long, "config"));
  });

  test("does not cut a name of exactly 63 characters", () => {
    const parent = "a".repeat(56);
    expect(childName(parent, "runner")).toBe(`${parent}-runner`);
    expect(childName(`${parent}a`, "runner")).toMatch(/^a+-[0-9a-z]{13}$/);
  });
});

describe("toName()", () => {
  test.each([
    ["User_DB", "user-db"],
    ["userDatabase", "user-database"],
    ["01-user-api", "user-api"],
    ["a--b__c", "a-b-c"],
    ["-x-", "x"],
    ["Grüße", "gr-e"],
    ["42", undefined],
    ["", undefined],
  ])("%s gives %s", (text, name) => {
    expect(toName(text)).toBe(name);
  });

  test("gives a name for a Service or nothing, whatever the text is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const name = toName(text);
        if (name === undefined) return;
        expect(name.length).toBeLessThanOrEqual(63);
        expect(name).toMatch(new RegExp(serviceNamePattern));
      }),
    );
  });
});
