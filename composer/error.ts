import type { Code } from "./generated/interfaces/tenon-composer-engine.js";

/** The engine's own codes, and those of the worker around it. */
export type ComposerErrorCode =
  | Code
  /** The engine gave up (a panic): a bug of ours, or of a library in it. It costs this one call. */
  | "aborted"
  | "deadline"
  | "memory-limit"
  /** `close` was called, or the signal aborted. */
  | "closed";

/** Which call of the composer failed. */
export type ComposerStage = "inspect" | "compose" | "evaluateWac" | "wacPackages" | "world" | "flatten";

/** Where in a script or a file of WIT: both count from 1. `rendered` shows the line, with a mark below it. */
export interface ScriptPosition {
  readonly line: number;
  readonly column: number;
  readonly rendered: string;
}

/** What a `ComposerError` says besides its message, as plain data that can leave a worker. */
export interface ComposerFailure {
  readonly code: ComposerErrorCode;
  readonly stage: ComposerStage;
  /** The reason, for a sentence that begins with what was to be done: `Cannot compose "shop": REASON`. */
  readonly message: string;
  /** An instance, an item, a package, a file, or a component by its index in the call. */
  readonly subject?: string;
  /** Of WAC scripts and WIT text. */
  readonly position?: ScriptPosition;
}

/** Why the composer did not do what it was asked. The composer itself goes on with the next call. */
export class ComposerError extends Error {
  override readonly name = "ComposerError";
  readonly code: ComposerErrorCode;
  readonly stage: ComposerStage;
  readonly subject: string | undefined;
  readonly position: ScriptPosition | undefined;
  constructor(failure: ComposerFailure, options?: ErrorOptions) {
    super(failure.message, options);
    this.code = failure.code;
    this.stage = failure.stage;
    this.subject = failure.subject;
    this.position = failure.position;
  }
}
