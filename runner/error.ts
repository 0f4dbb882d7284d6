/** Why a runner cannot do what it was told; `refused` ones are answers to one request. */
export type RunnerErrorCode =
  | "bad-config"
  | "artifact-unreadable"
  | "artifact-corrupt"
  | "unserved-import"
  | "link-failed"
  | "worker-failed"
  | "start-timeout"
  | "listen-failed"
  | "stopped";

/** The one error of the runner's process: `code` says what kind, `message` what to do. */
export class RunnerError extends Error {
  override readonly name = "RunnerError";
  readonly code: RunnerErrorCode;
  constructor(code: RunnerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
