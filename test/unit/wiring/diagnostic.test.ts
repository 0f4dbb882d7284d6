import { describe, expect, test } from "@jest/globals";
import { type Diagnostic, formatDiagnostic, inSpecOrder } from "../../../wiring/diagnostic.ts";

const base = { code: "cycle", severity: "error", message: "Cannot do it: x" } as const;

describe("formatDiagnostic()", () => {
  test("shows everything that a finding has", () => {
    const text = formatDiagnostic({
      ...base,
      field: "spec.connections[2].from",
      interface: "t:i/x",
      item: "f(a)",
      expected: "u32",
      found: "u64",
      hint: "Build it again",
    });
    expect(text.split("\n")).toEqual([
      "error[cycle] spec.connections[2].from: Cannot do it: x",
      "  at        t:i/x#f(a)",
      "  expected  u32",
      "  found     u64",
      "  hint      Build it again",
    ]);
  });
  test("shows the place inside a plain function without a hash", () => {
    expect(formatDiagnostic({ ...base, field: "spec", interface: "log", item: "(text)" })).toContain(
      "  at        log(text)",
    );
  });
  test("lets no name of a binary move the cursor of a terminal", () => {
    const text = formatDiagnostic({ ...base, field: "spec", message: "Cannot find: \u001b[2J\u202eevil\n" });
    expect(text).toBe("error[cycle] spec: Cannot find: \\u{1b}[2J\\u{202e}evil\\u{a}");
  });
});

describe("inSpecOrder()", () => {
  test("sorts by section and index, and keeps the order within a field", () => {
    const at = (field: string, message: string): Diagnostic => ({ ...base, field, message });
    const sorted = inSpecOrder([
      at("spec", "last"),
      at("spec.exports[0]", "e"),
      at("spec.connections[10]", "c10"),
      at("spec.connections[9]", "c9"),
      at("spec.instances[1]", "second"),
      at("spec.instances[1]", "third"),
      at("spec.instances[0].component", "first"),
    ]);
    expect(sorted.map(({ message }) => message)).toEqual(["first", "second", "third", "c9", "c10", "e", "last"]);
  });
});
