import type { Finding, Locate, Place } from "../../api/manifests/finding.ts";
import type { Diagnostic } from "../../wiring/diagnostic.ts";

/** Anything that `tenon check` tells: a finding about a file's fields, or a diagnostic of the wiring, with its place. */
export interface Remark {
  readonly severity: "error" | "warning" | "note";
  /** A diagnostic's code, or what kind of input was wrong: `input` is a path of the command line. */
  readonly code: Diagnostic["code"] | "input" | "manifest" | "source" | "script" | "local";
  readonly message: string;
  readonly place: Place;
  readonly instance?: string;
  readonly interface?: string;
  readonly item?: string;
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

/** A finding of the manifest reader as a remark. */
export function fromFinding(finding: Finding): Remark {
  return { code: "manifest", ...finding };
}

/** A diagnostic of the wiring as a remark, at the line of its field. */
export function fromDiagnostic({ field, ...rest }: Diagnostic, locate: Locate): Remark {
  return { ...rest, place: locate(field) };
}

/** An error of some input: `code` says of which kind. */
export function makeError(
  code: Remark["code"],
  place: Place,
  text: { readonly message: string; readonly hint?: string },
): Remark {
  return { severity: "error", code, place, ...text };
}

/** True when nothing among the remarks is a reason to stop. */
export function isClean(remarks: readonly Remark[]): boolean {
  return remarks.every(({ severity }) => severity !== "error");
}
