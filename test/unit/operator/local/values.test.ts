import { describe, expect, test } from "@jest/globals";
import { readValues } from "../../../../operator/local/values.ts";
import { withFolder } from "../../../support/local/folder.ts";

const read = (text: string | Uint8Array) =>
  withFolder({ f: text }, async (folder) => [...(await readValues("f", folder))]);

describe("readValues()", () => {
  test.each([
    [
      "a map of YAML",
      "a: 1\nb: two\nc:\n",
      [
        ["a", "1"],
        ["b", "two"],
        ["c", ""],
      ],
    ],
    ["JSON", '{"a": "b"}', [["a", "b"]]],
    ["a ConfigMap", "kind: ConfigMap\ndata: { a: b }\n", [["a", "b"]]],
    [
      "a Secret",
      "kind: Secret\ndata: { a: Yg== }\nstringData: { c: d }\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["an empty file", "", []],
  ])("reads %s", async (_, text, values) => {
    expect(await read(text)).toEqual(values);
  });

  test.each([
    ["a nested map", "a: { b: c }", "not a map or a list: a"],
    ["broken YAML", "a: [", "Cannot read the file as YAML or JSON"],
    ["what is no text", new Uint8Array([0xff, 0xfe]), "Cannot read the file as YAML or JSON"],
    ["more than a mebibyte", `a: ${"x".repeat(1024 * 1024)}`, "Cannot read more than 1048576 bytes"],
  ])("refuses %s", async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: "option", message: expect.stringContaining(message) });
  });

  test("says that a file is missing", async () => {
    await expect(readValues("nowhere", "/nowhere")).rejects.toMatchObject({
      code: "option",
      message: "Cannot find the file: /nowhere/nowhere",
    });
  });
});
