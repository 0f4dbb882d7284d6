/** Why the test server, or what a test asked of it, did not work. */
export type ApiServerErrorCode =
  /** A program that the tier needs is not on this machine. */
  | "missing"
  /** A program ended, or did not get ready in time. */
  | "start"
  /** The API server refused what a test's set-up asked for. */
  | "refused"
  /** What a test waited for did not come. */
  | "timeout";

/** A failure of the set-up of a test against a real API server. */
export class ApiServerError extends Error {
  override readonly name = "ApiServerError";
  readonly code: ApiServerErrorCode;

  constructor(code: ApiServerErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
  }
}
