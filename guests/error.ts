/** Why a guest is not to be had. */
export type GuestErrorCode = "unknown-guest" | "missing-tool" | "build-failed";

/** A guest that does not exist or could not be built; the message says what to do. */
export class GuestError extends Error {
  override readonly name = "GuestError";
  readonly code: GuestErrorCode;

  constructor(code: GuestErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
