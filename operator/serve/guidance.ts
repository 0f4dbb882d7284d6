import type { Diagnostic } from "../../wiring/diagnostic.ts";
import { printable, tell } from "../../wiring/text.ts";
import type { SpecProblem } from "../desired/desired.ts";

/** An error that keeps an object out. */
export type Refusal = Diagnostic | (Omit<SpecProblem, "hint"> & { readonly hint?: string });

/** The API server cuts a warning at 256 bytes, and drops what is more than 4096 in all. Ours are mostly below 120. */
const maxWarning = 240;
const maxWarnings = 10;
/** A refusal that is longer than this is read by nobody. */
const maxShown = 20;
const maxFinding = 4000;
const maxMessage = 16_000;

/** Warnings as the API server passes them on: in one line each, bounded in length and in number. */
export function boundWarnings(warnings: readonly string[]): readonly string[] {
  const shown = warnings.slice(0, maxWarnings).map((text) => cut(printable(text), maxWarning));
  const rest = warnings.length - shown.length;
  return rest === 0 ? shown : [...shown, `${rest} more warnings: tenon check shows them all`];
}

/** `spec.connections[0]: …` */
export function warningOf({ field, message }: { readonly field: string; readonly message: string }): string {
  return `${field}: ${message}`;
}

/** Why an object is refused, with every finding in the words and the form of `tenon check`. */
export function explainRefusal(object: string, refusals: readonly Refusal[]): string {
  const findings = refusals.slice(0, maxShown).map((refusal) => {
    const told = { severity: "error", ...refusal, at: object, path: refusal.field } as const;
    return cut(tell(told), maxFinding);
  });
  const [number, rest] = [refusals.length, refusals.length - findings.length];
  const title = `Cannot accept ${printable(object)}: ${number} ${number === 1 ? "error" : "errors"}`;
  const more = rest === 0 ? [] : [`${rest} more: tenon check shows them all`];
  return cut([`${title}\n`, ...findings, ...more].join("\n"), maxMessage);
}

/** What a version of the schema that this operator does not know gives: the API server has accepted it. */
export function unreadable(problems: readonly { readonly path: string; readonly message: string }[]): string[] {
  const [first] = problems;
  const where = first === undefined ? "" : `, ${first.path}: ${first.message}`;
  return [`Not judged, this version of the operator cannot read the spec${where}`];
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
