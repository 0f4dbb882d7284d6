import { KubeError, type KubeErrorCode } from "./error.ts";

/** The parts of a `Status` of the API server that we read; each may be missing or of another type. */
interface Status {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: {
    readonly name?: unknown;
    readonly retryAfterSeconds?: unknown;
    readonly causes?: readonly { readonly reason?: unknown; readonly message?: unknown; readonly field?: unknown }[];
  } | null;
}

const longestMessage = 500;
const longestWaitMs = 300_000;
const mostManagers = 20;

/** Turns an answer of 300 and above, or the object of an `ERROR` event, into an error. `what` is `Cannot get Service "a"`. */
export function translateAnswer(
  what: string,
  answer: { readonly status: number; readonly body: unknown; readonly retryAfter?: string | undefined },
): KubeError {
  const said = statusOf(answer.body);
  const causes = Array.isArray(said.details?.causes) ? said.details.causes : [];
  const retryAfterMs = readRetryAfter(answer.retryAfter, said.details?.retryAfterSeconds);
  const managers = causes
    .filter((cause) => cause?.reason === "FieldManagerConflict")
    .map((cause) => /^conflict with "([^"]{1,128})"/.exec(String(cause.message))?.[1])
    .filter((manager) => manager !== undefined);
  const text = messageOf(said);
  // The uid of a deleted object, sent to its successor, "is immutable" for some kinds, and a conflict for others.
  const isOther = causes.some((cause) => cause?.field === "metadata.uid");
  return new KubeError(
    isOther ? "conflict" : codeOf(answer.status, text),
    `${what}: ${printable(text ?? `HTTP status ${answer.status}`)}`,
    {
      status: answer.status,
      managers: [...new Set(managers)].slice(0, mostManagers),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** Turns what broke a request before its answer was complete into an error: connection, timeout, broken JSON. */
export function translateFailure(what: string, cause: unknown): KubeError {
  if (cause instanceof KubeError) return cause;
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  // The codes of undici say less than its messages; with those of the system it is the other way round.
  const isSystem = typeof code === "string" && !code.startsWith("UND_ERR");
  const why = isSystem ? code : typeof message === "string" ? message : "the connection broke";
  return new KubeError("unavailable", `${what}: cannot reach the API server (${printable(why)})`, { cause });
}

/** True where the server says that this very object does not exist, and not that it does not know the kind. */
export function saysObjectIsMissing(
  answer: { readonly status: number; readonly body: unknown },
  name: string,
): boolean {
  return answer.status === 404 && statusOf(answer.body).details?.name === name;
}

/** True where a JSON patch was well-formed, and a `test` of it failed: the object itself was not even looked at. */
export function saysPatchDoesNotFit({ status, body }: { readonly status: number; readonly body: unknown }): boolean {
  const { message, details } = statusOf(body);
  return status === 422 && details?.name === undefined && /rejected our request/.test(String(message));
}

/** The HTTP status that a `Status` object stands for; 500 where it says none. */
export function statusCodeOf(body: unknown): number {
  const { code } = statusOf(body);
  return typeof code === "number" && code >= 400 && code <= 599 ? code : 500;
}

/** One line without control characters, of bounded length: fit for a condition and a log. */
export function printable(text: string, longest: number = longestMessage): string {
  const line = text
    .slice(0, 4 * longest)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, " ")
    .trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function statusOf(body: unknown): Status {
  const status = body as Status | null;
  return typeof status === "object" && status?.kind === "Status" ? status : {};
}

function messageOf({ message }: Status): string | undefined {
  if (typeof message !== "string" || message === "") return undefined;
  // The whole object comes before what is wrong with it.
  const strict = message.lastIndexOf("strict decoding error: ");
  return strict < 0 ? message : message.slice(strict);
}

function codeOf(status: number, message: string | undefined): KubeErrorCode {
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "not-found";
  if (status === 409) return "conflict";
  if (status === 410) return "expired";
  if (status === 429) return "throttled";
  // Server-side apply answers 500 for a field that the kind does not have; waiting does not help.
  if (status === 500 && message?.includes("failed to create typed patch object")) return "invalid";
  if (status < 400 || status >= 500 || status === 408) return "unavailable";
  return message !== undefined && policyRefused.test(message) ? "denied" : "invalid";
}

/** What a webhook or a policy refuses comes with any status of 4xx; the object itself may be as it should. */
const policyRefused =
  /^admission webhook ".+" denied the request|ValidatingAdmissionPolicy '.+' with binding '.+' denied request/;

function readRetryAfter(header: string | undefined, detail: unknown): number | undefined {
  // The API server sends seconds only; a date, which a proxy might send, would compare clocks of two machines.
  const seconds = header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : detail;
  if (typeof seconds !== "number" || !(seconds > 0)) return undefined;
  return Math.min(seconds * 1000, longestWaitMs);
}
