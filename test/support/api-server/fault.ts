/** Which requests a fault strikes; what is not given matches all. */
export interface FaultMatch {
  readonly method?: string;
  /** Tried on the path with its query: `/configmaps\/a\?/`. */
  readonly path?: RegExp;
  /** True: watches only. False: all but watches. */
  readonly watch?: boolean;
}

/** What happens to a request. */
export type FaultEffect =
  /** It is answered with this status and a `Status` object, and never reaches the API server. */
  | { readonly answer: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  /** It is passed on that much later. */
  | { readonly delayMs: number }
  /** It is passed on when the fault is removed. */
  | { readonly hold: true }
  /** It is passed on, and the connection is cut before the answer: the client cannot know what happened. */
  | { readonly loseAnswer: true }
  /** The connection is cut after that many chunks of the answer. */
  | { readonly resetAfterChunks: number }
  /** A watch is answered 200 with an `ERROR` line of code 410 as its only event. */
  | { readonly expire: true };

/** A fault that was added to a proxy. */
export interface ActiveFault {
  /** How many requests it struck. */
  hits(): number;
  /** No further request is struck; what it holds goes on. */
  remove(): void;
}

/** The reasons that the API server gives with these codes. */
const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** The body that the API server sends with an error. */
export function statusObject(code: number, message = `made by a test: ${code}`): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: reasons[code], code };
}

/** True where the fault's `match` fits the request. */
export function fits(match: FaultMatch, request: { readonly method: string; readonly path: string }): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.path !== undefined && !match.path.test(request.path)) return false;
  return match.watch === undefined || match.watch === isWatch(request.path);
}

/** True for a watch: `?watch=true` or `?watch=1`. */
export function isWatch(path: string): boolean {
  return /[?&]watch=(true|1)(&|$)/.test(path);
}
