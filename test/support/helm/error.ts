/** Why there is no helm, or why it did not do what a test asked for. */
export type HelmErrorCode =
  /** Neither helm nor Go is on this machine. */
  | "missing"
  /** Go could not build it. */
  | "build"
  /** helm ended with an error: the message is its own. */
  | "refused";

/** A failure of helm. */
export class HelmError extends Error {
  override readonly name = "HelmError";
  readonly code: HelmErrorCode;

  constructor(code: HelmErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
