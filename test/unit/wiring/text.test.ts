import { describe, expect, test } from "@jest/globals";
import { printable, tell } from "../../../wiring/text.ts";

describe("tell()", () => {
  test("says what is wrong, where, what was expected and found, and what to do", () => {
    const text = tell({
      severity: "error",
      code: "type-mismatch",
      message: "Cannot serve it: the types differ",
      at: "Composition/shop",
      path: "spec.connections[0]",
      interface: "t:shop/db",
      item: "get(key)",
      expected: "u32",
      found: "u64",
      hint: "Build both against one version",
    });
    expect(text).toBe(`error[type-mismatch]: Cannot serve it: the types differ
  ╭─ Composition/shop  spec.connections[0]
  │  at        t:shop/db#get(key)
  │  expected  u32
  │  found     u64
  ╰─ hint Build both against one version
`);
  });
  test("leaves out what is not known", () => {
    expect(tell({ severity: "warning", message: "Odd", at: "a.yaml" })).toBe("warning: Odd\n  ╭─ a.yaml\n");
  });
  test("puts the excerpt below the place, and colours where it is asked to", () => {
    const style = (format: string | readonly string[], text: string) => `<${format}>${text}`;
    const text = tell({ severity: "note", message: "m", at: "f" }, { style, indent: 3, excerpt: ["LINE"] });
    expect(text).toBe("<cyan,bold>note<bold>: m\n   <dim>╭─ f\nLINE\n");
  });
  test("lets no text of others move a cursor", () => {
    const evil = "\u001b[2J\u202e\n";
    const text = tell({
      severity: "error",
      message: evil,
      at: evil,
      path: evil,
      item: evil,
      expected: evil,
      hint: evil,
    });
    expect(text.replaceAll("\n", "")).toBe(printable(text.replaceAll("\n", "")));
    expect(text.split("\n")).toHaveLength(6);
  });
});
