import type { Limits } from "./config.ts";

/** The limits that can refuse or end a request, as they are called in metrics and answers. */
export type LimitName = "queue" | "requestTimeout" | "body" | "headers" | "memory";

/** A request that met a limit: `status` is the HTTP answer, `limit` names it. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly limit: LimitName;
  readonly status: number;
  constructor(limit: LimitName, status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.limit = limit;
    this.status = status;
  }
}

/** Refuses a request because `limits.queue` others wait already: 503. */
export function queueFull(limits: Pick<Limits, "concurrency" | "queue">): LimitError {
  return new LimitError(
    "queue",
    503,
    `Cannot take the request: ${limits.concurrency} run (limit concurrency) and ${limits.queue} wait (limit queue)`,
  );
}

/** Ends a request that took longer than `limits.requestTimeoutMs`, waiting included: 504. */
export function timedOut(limits: Pick<Limits, "requestTimeoutMs">, cause?: unknown): LimitError {
  return new LimitError(
    "requestTimeout",
    504,
    `Cannot finish the request in time: it took longer than ${limits.requestTimeoutMs} ms (limit requestTimeout)`,
    { cause },
  );
}

/** Refuses a body of more than `limits.bodyBytes`: 413. */
export function bodyTooLarge(limits: Pick<Limits, "bodyBytes">): LimitError {
  return new LimitError("body", 413, `Cannot take the body: it is larger than ${limits.bodyBytes} bytes (limit body)`);
}

/** Refuses headers of more than `limits.headerBytes`: 431. */
export function headersTooLarge(limits: Pick<Limits, "headerBytes">): LimitError {
  return new LimitError(
    "headers",
    431,
    `Cannot take the headers: they are larger than ${limits.headerBytes} bytes (limit headers)`,
  );
}
