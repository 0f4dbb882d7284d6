/** Exit codes, as `tenon --help` documents them. */
export const exitCodes = { ok: 0, findings: 1, usage: 2, unreadable: 3, internal: 70 } as const;

/** How a command ends when it does not end well. */
export type CliErrorCode = "findings" | "usage" | "unreadable";

/** Why a command stops. The message is printed as it is; the code decides how the process ends. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly hint: string | undefined;
  constructor(code: CliErrorCode, message: string, options: ErrorOptions & { readonly hint?: string } = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
