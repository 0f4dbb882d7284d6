/** What can go wrong while the images are made. */
export type ImagesErrorCode = "bad-options" | "no-builder" | "command-failed" | "not-bundled" | "no-component";

/** The images cannot be made. The message says why, and what to do. */
export class ImagesError extends Error {
  readonly code: ImagesErrorCode;

  constructor(code: ImagesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImagesError";
    this.code = code;
  }
}
