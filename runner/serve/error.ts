/** Why the JSON gateway refuses a call. */
export type CallErrorCode =
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "unsupported-media-type"
  | "invalid-json"
  | "invalid-argument"
  | "unsupported-type"
  | "limit"
  | "trap"
  | "internal";

/** An answer of the JSON gateway that is not a result. `path` is the place in the arguments, where there is one. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: CallErrorCode;
  readonly path: string | undefined;
  constructor(code: CallErrorCode, message: string, options: ErrorOptions & { readonly path?: string } = {}) {
    super(message, options);
    this.code = code;
    this.path = options.path;
  }
}
