import type { Reason } from "../../api/conditions.ts";

/** Why a source could not be read. */
export type FetchReason = Extract<
  Reason,
  | "InvalidSpec"
  | "FileSourceRefused"
  | "SourceNotFound"
  | "SourceUnavailable"
  | "SourceDenied"
  | "DigestMismatch"
  | "TooLarge"
  | "StoreUnavailable"
>;

/**
 * Why a source could not be read. `message` may stand in a condition: it names the field and the fix, and holds no
 * credentials, no query of an address, and nothing that the other side wrote.
 */
export class FetchError extends Error {
  override readonly name = "FetchError";
  readonly reason: FetchReason;
  /** True: trying again gives the same, until somebody changes the spec or the source. */
  readonly final: boolean;
  /** Not earlier than this, where the other side said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: FetchReason,
    message: string,
    options: { readonly final: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.reason = reason;
    this.final = options.final;
    this.retryAfterMs = options.retryAfterMs;
  }
}
