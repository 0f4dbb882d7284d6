/** Why a reconcile is told to stop. */
export type RuntimeErrorCode =
  /** It took longer than a reconcile may. */
  | "timed-out"
  /** The process ends, or is not the leader any more. */
  | "stopped";

/** The reason of a reconcile's signal. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;
  constructor(code: RuntimeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
