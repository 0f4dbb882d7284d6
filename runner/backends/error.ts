/** Why a backend refused or failed. */
export type BackendErrorCode =
  | "unknown-backend"
  | "closed"
  | "full"
  | "not-a-number"
  | "overflow"
  | "unavailable"
  | "busy";

/** The one error of backends; the message is fit for the guest: it names no path and no secret. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly code: BackendErrorCode;
  constructor(code: BackendErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
