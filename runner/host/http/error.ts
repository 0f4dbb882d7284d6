/** What kind of mistake it was; the first two are the configuration's, the others the guest's. */
export type HttpErrorCode =
  | "bad-pattern"
  | "bad-range"
  | "no-handler"
  | "no-response"
  | "error-response"
  | "bad-response"
  | "body-unfinished";

/** The one error of this folder. `status` is what the client is answered, where headers can still be sent. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: HttpErrorCode;
  readonly status: number;
  constructor(code: HttpErrorCode, message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.code = code;
    this.status = options?.status ?? 500;
  }
}
