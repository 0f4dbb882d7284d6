/** A value that does not fit its WIT type. The call was not made. */
export class AbiError extends Error {
  override readonly name = "AbiError";
  readonly code = "wrong-value";
  /** Where the value stands: `user.email`, `users[3]`; empty for the value itself. */
  readonly path: string;
  /** What was expected and found, without the path. */
  readonly problem: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(path === "" ? problem : `${path}: ${problem}`, options);
    this.path = path;
    this.problem = problem;
  }
}

/** The error for a value that is not of the expected kind. */
export function unexpected(expected: string, found: unknown): AbiError {
  return new AbiError("", `expected ${expected}, found ${describe(found)}`);
}

/** Rethrows with `step` (a field's name or `[3]`) put before the path; other errors pass as they are. */
export function within(step: string, error: unknown): never {
  if (!(error instanceof AbiError)) throw error;
  const separator = error.path === "" || error.path.startsWith("[") ? "" : ".";
  throw new AbiError(`${step}${separator}${error.path}`, error.problem);
}

const shown = 60;
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > shown ? `${value.slice(0, shown)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  return String(value);
}
