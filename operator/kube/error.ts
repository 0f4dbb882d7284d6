/** What went wrong between us and the API server. */
export type KubeErrorCode =
  /** 404 where an object had to be there. */
  | "not-found"
  /** 409: somebody else owns the fields, the uid or resourceVersion moved on, or the name is taken. */
  | "conflict"
  /** 401, 403, and whatever an admission webhook or policy refuses: nothing is wrong with the object itself. */
  | "denied"
  /** 400, 422: the object breaks a rule of the server's. */
  | "invalid"
  /** 410: the resourceVersion is too old. */
  | "expired"
  /** 429; `retryAfterMs` where the server said. */
  | "throttled"
  /** 500 and above, a broken connection, a timeout. */
  | "unavailable"
  /** The answer had more bytes than we accept: ask for less. */
  | "too-large"
  /** No usable kubeconfig or ServiceAccount. */
  | "config";

/**
 * An error of the API server, translated once. `message` is one sentence that may stand in a condition: it has the
 * server's own reason, bounded, and never a header or a token.
 */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code: KubeErrorCode;
  /** HTTP status, where one was sent. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** Of a conflict under server-side apply: who owns the fields. */
  readonly managers: readonly string[];

  constructor(
    code: KubeErrorCode,
    message: string,
    options: {
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly managers?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.managers = options.managers ?? [];
  }
}
