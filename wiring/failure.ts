import type { Code, Diagnostic } from "./diagnostic.ts";
import type { WiringSpec } from "./spec.ts";

/** What the composer says when it refuses: `ComposerError` of `composer/error.ts` has this shape. */
export interface Failure {
  /** Of the composer's own codes: `not-a-component`, `validate`, `deadline`… */
  readonly code: string;
  readonly message: string;
}

const ours =
  "This is a bug of Tenon, not of the composition: report it with the composition and the digests of its components";

/** What the validator and the encoder say of findings that `decide` should have made, and what they mean. */
const known: readonly (readonly [RegExp, Code, string])[] = [
  [
    /count exceeds limit|exceeds the limit|count of .* exceeds/i,
    "too-large",
    "Split the composition, or use fewer different components",
  ],
  [
    /failed to merge the type definition/i,
    "host-conflict",
    `Use components built against one version of the interface. ${ours}`,
  ],
  [/contains a cycle/i, "cycle", `Serve one import of the cycle by the host or by another instance. ${ours}`],
  [/resource types are not the same/i, "resource-mismatch", `Serve the resource from one instance. ${ours}`],
  [
    /not valid to be used as export/i,
    "unexported-resource",
    `Export the interface that makes the resource too. ${ours}`,
  ],
];

/** What to do about a failure of the composer itself, by its code. */
const failed: Readonly<Record<string, string>> = {
  deadline: "Composing took too long: use fewer or smaller components, or raise the deadline",
  "memory-limit": "Composing took too much memory: use fewer or smaller components, or raise the limit",
};

/** The finding for a component whose binary the composer could not read, at the instance that uses it. */
export function explainUnreadable(
  instance: { readonly name: string; readonly field: string },
  failure: Failure,
): Diagnostic {
  const { name, field } = instance;
  const base = { severity: "error", field: `${field}.component`, instance: name } as const;
  const message = `Cannot read the component of instance "${name}": ${failure.message}`;
  if (failure.code === "unsupported-component") {
    return { ...base, code: "unsupported-component", message, hint: "Build the component without this feature" };
  }
  if (failure.code === "too-large") return { ...base, code: "too-large", message, hint: "Make the component smaller" };
  if (failure.code === "invalid-component") {
    return {
      ...base,
      code: failure.code,
      message,
      hint: "Build the component again: the binary is damaged or was cut",
    };
  }
  if (failure.code === "not-a-component") {
    // For a core module the composer itself says how to wrap it.
    const hint = failure.message.includes("core") ? {} : { hint: "Name the .wasm file of a component" };
    return { ...base, code: "invalid-component", message, ...hint };
  }
  return { ...base, code: "composer-failed", message, hint: failed[failure.code] ?? ours };
}

/**
 * The finding for a wiring that `decide` found valid and `compose` refused. What the user can mend has its own code;
 * everything else is `composer-failed`, and says that it is ours to mend.
 */
export function explainFailure(spec: WiringSpec, failure: Failure): Diagnostic {
  const base = {
    severity: "error",
    field: "spec",
    message: `Cannot compose "${spec.name}": ${failure.message}`,
  } as const;
  const match = known.find(([pattern]) => pattern.test(failure.message));
  if (match !== undefined) return { ...base, field: fieldOf(match[1]), code: match[1], hint: match[2] };
  if (failure.code === "too-large") return { ...base, field: "spec.instances", code: "too-large", hint: known[0]![2] };
  if (failure.code === "unsupported-component") {
    const hint = "The check accepts this component, the encoder does not: build it without the feature that is named";
    return { ...base, field: "spec.instances", code: "unsupported-component", hint };
  }
  return { ...base, code: "composer-failed", hint: failed[failure.code] ?? ours };
}

function fieldOf(code: Code): string {
  return code === "cycle" ? "spec.connections" : code === "unexported-resource" ? "spec.exports" : "spec.instances";
}
