import type { Reason } from "../../api/conditions.ts";
import type { Source } from "../../api/source.ts";
import type { Diagnostic } from "../../wiring/diagnostic.ts";
import type { Outcome } from "./outcome.ts";

/** What a `FetchError`, a `ComposerError` and a `KubeError` have in common with what is read of them here. */
type Known = Error & {
  readonly code?: string;
  readonly reason?: Reason;
  readonly final?: boolean;
  readonly retryAfterMs?: number;
};

/** How long a ConfigMap that is not there is left alone, when nothing wakes us. */
const missingMs = 600_000;

/**
 * Why a source could not be read or understood. Other errors than those of fetching and of the composer are thrown on. What
 * a web server refuses, or has with other bytes, is looked at again after `afterMs`: no watch tells when that is corrected.
 */
export function explainLookUp(
  error: unknown,
  field: string,
  { source, afterMs: againMs }: { readonly source?: Source | undefined; readonly afterMs?: number } = {},
): Outcome {
  const known = error as Known;
  if (known.name === "FetchError" && known.reason !== undefined) {
    const { reason, message, final, retryAfterMs: afterMs, cause } = known;
    if (final !== true) return { kind: "failed", reason, message, afterMs, cause };
    // It may be applied a moment later: its watch wakes us.
    if (reason === "SourceNotFound") return { kind: "waiting", reason, message, afterMs: missingMs };
    return { kind: "stalled", reason, message, ...(source?.http === undefined ? {} : { afterMs: againMs }) };
  }
  if (known.name === "ComposerError") {
    if (known.code === "closed") throw error;
    const reason = known.code === "too-large" ? "TooLarge" : "InvalidComponent";
    return { kind: "stalled", reason, message: `Cannot read the component of ${field}: ${known.message}` };
  }
  throw error;
}

/** A wiring that does not hold. */
export function explainDiagnostics(diagnostics: readonly Diagnostic[]): Outcome {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) throw new RangeError("Cannot explain a judgement without errors");
  return { kind: "stalled", reason: reasonOf(first), message: summarizeDiagnostics(errors) };
}

/** More than this are only counted. */
const maxTold = 5;

/** Findings as one message, on one line: up to five in full, the others counted. */
export function summarizeDiagnostics(findings: readonly Diagnostic[]): string {
  return numbered(findings.map(tellDiagnostic));
}

/** Several sentences as one message: each with its number where there is more than one, up to five. */
export function numbered(sentences: readonly string[]): string {
  const [first = ""] = sentences;
  if (sentences.length < 2) return first;
  const told = sentences.slice(0, maxTold).map((sentence, index) => `(${index + 1}) ${sentence}`);
  const rest = sentences.length - told.length;
  return `${sentences.length} problems: ${told.join("; ")}${rest === 0 ? "" : `; and ${rest} more`}`;
}

function tellDiagnostic({ field, message, expected, found, hint }: Diagnostic): string {
  const parts = [
    `${field}: ${message}`,
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
    ...(hint === undefined ? [] : [hint]),
  ];
  return parts.join(". ");
}

function reasonOf({ code }: Diagnostic): Reason {
  switch (code) {
    case "missing-grant":
      return "GrantMissing";
    case "unhosted-import":
    case "async-lift":
      return "ImportNotServed";
    case "invalid-component":
    case "unsupported-component":
      return "InvalidComponent";
    case "too-large":
      return "TooLarge";
    case "composer-failed":
      return "ComposeFailed";
    default:
      return "WiringInvalid";
  }
}
