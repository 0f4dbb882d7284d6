/** Why a plan cannot be linked, or a linked instance refuses a call. */
export type LinkErrorCode =
  /** The plan contradicts itself or the modules. */
  | "invalid-plan"
  /** The plan needs what this linker does not do (async lifts). */
  | "unsupported"
  /** Imports that no host serves. */
  | "missing-imports"
  /** A memory starts above the limit. */
  | "memory-limit"
  /** The instance is in a call already. */
  | "busy"
  /** A host interface could not be bound. */
  | "host";

/** Thrown by the linker. `path` is the component instance concerned, where there is one. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  readonly code: LinkErrorCode;
  readonly path: readonly string[] | undefined;
  constructor(code: LinkErrorCode, message: string, options: { path?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
  }
}
