import { placeOf, printable } from "./text.ts";

/** What can be wrong with a wiring, or with running it. */
export type Code =
  | "duplicate-instance"
  | "unknown-component"
  | "malformed-end"
  | "unknown-instance"
  | "unknown-item"
  | "ambiguous-item"
  | "wrong-direction"
  | "import-connected-twice"
  | "version-near-miss"
  | "missing-item"
  | "type-mismatch"
  | "resource-mismatch"
  | "ambiguous-import"
  | "cycle"
  | "host-conflict"
  | "duplicate-export"
  | "malformed-name"
  | "export-renamed"
  | "unexported-resource"
  | "unsupported-import"
  | "too-large"
  | "too-many-findings"
  // What a runner says of a wiring that is sound: `runner.ts`.
  | "async-lift"
  | "unhosted-import"
  | "missing-grant"
  // Sound, and most likely not what was meant: warnings of `operator/compose/judge.ts`.
  | "exports-nothing"
  | "split-memory"
  // What an upgrade of a component would break in a composition that runs: `upgrade.ts`.
  | "import-unserved"
  | "export-changed"
  // What the composer says of a wiring that looked sound: `failure.ts`.
  | "invalid-component"
  | "unsupported-component"
  | "composer-failed";

/** One finding, complete enough to be shown without the spec at hand. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: "error" | "warning";
  /** `spec.connections[2].from` */
  readonly field: string;
  readonly instance?: string;
  readonly interface?: string;
  /** The item inside the interface, down to the record field: `query(filter).limit`. */
  readonly item?: string;
  /** Action first, value after the colon, no final period. */
  readonly message: string;
  /** WIT text, bounded. */
  readonly expected?: string;
  readonly found?: string;
  /** What to do. */
  readonly hint?: string;
}

const sections = ["spec.instances", "spec.connections", "spec.exports"];

/** Sorts findings in the order of the spec; those of one field keep the order in which they were found. */
export function inSpecOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const rank = ({ field }: Diagnostic): number => {
    const section = sections.findIndex((name) => field.startsWith(name));
    return (section < 0 ? sections.length : section) * 1e9 + Number(/\[(\d+)\]/.exec(field)?.[1] ?? 0);
  };
  return diagnostics
    .map((diagnostic) => ({ diagnostic, rank: rank(diagnostic) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ diagnostic }) => diagnostic);
}

/** One finding as text for a terminal, without colour: a line of what is wrong, then indented lines of where and why. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { severity, code, field, message, item, expected, found, hint } = diagnostic;
  const lines = [`${severity}[${code}] ${field}: ${message}`];
  if (item !== undefined) lines.push(`  at        ${placeOf(diagnostic.interface ?? "", item)}`);
  if (expected !== undefined) lines.push(`  expected  ${expected}`);
  if (found !== undefined) lines.push(`  found     ${found}`);
  if (hint !== undefined) lines.push(`  hint      ${hint}`);
  return lines.map(printable).join("\n");
}
