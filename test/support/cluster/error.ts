/** Why there is no cluster, or why it did not do what a test asked for. */
export type ClusterErrorCode =
  /** There is nothing on this machine that gives a cluster, or somebody else uses it. */
  | "missing"
  /** The cluster, or an image, could not be made. */
  | "start"
  /** kubectl or helm ended with an error: the message is its own. */
  | "refused";

/** A failure of the set-up of a test on a real node. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
