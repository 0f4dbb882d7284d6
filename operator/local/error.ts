/** What can stop local mode that is no finding about an input. */
export type LocalErrorCode =
  /** The cache folder cannot be written. */
  | "cache"
  /** An option of the command line names what cannot be used. */
  | "option";

/** Why local mode cannot go on. The message is for the user, and says what to do. */
export class LocalError extends Error {
  override readonly name = "LocalError";
  readonly code: LocalErrorCode;
  readonly hint: string | undefined;
  constructor(code: LocalErrorCode, message: string, options: ErrorOptions & { readonly hint?: string } = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
