/** What can go wrong with a store. */
export type StoreErrorCode =
  /** All that it may hold is in use by live revisions, or the thing is larger than the store. */
  | "full"
  /** The disk has no room, whatever the store may hold. */
  | "disk-full"
  /** The folder cannot be used. */
  | "unwritable";

/** Why something could not be kept. Nothing of it was: there are no half-written files. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
