import type { Code, Diagnostic } from "../../wiring/diagnostic.ts";

/** Codes that one more known component cannot take back. */
const settled: ReadonlySet<Code> = new Set([
  "duplicate-instance",
  "malformed-end",
  "unknown-instance",
  "ambiguous-item",
  "wrong-direction",
  "import-connected-twice",
  "duplicate-export",
  "malformed-name",
  "too-large",
  "invalid-component",
  "unsupported-component",
]);

/** Codes that hold where a connection or an export of the spec says so, and not where wiring Auto chose among what it knew. */
const settledWhereWritten: ReadonlySet<Code> = new Set(["unknown-item", "missing-item", "type-mismatch"]);

/**
 * True for an error that stands however the components turn out that are not known yet. An exact version of an interface, for
 * one, may still come and be served instead of the one that does not fit.
 */
export function isSettled({ code, field, instance }: Diagnostic): boolean {
  if (settled.has(code)) return true;
  const written = field.startsWith("spec.connections") || field.startsWith("spec.exports");
  // Without an instance it is about an export of the composition, which a connection to an unknown component may make.
  return settledWhereWritten.has(code) && written && instance !== undefined;
}
