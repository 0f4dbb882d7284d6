import { FetchError } from "./error.ts";

/** Nobody is told to stay away for longer than this. */
const longestWaitMs = 3_600_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An address as it may be shown: without credentials, query and fragment, which may be secret, and not too long. */
export function shown(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "(not an address)" : `${parsed.protocol}//${parsed.host}${parsed.pathname}`.slice(0, 300);
}

/** What an answer without the bytes means. */
export function explainStatus(status: number, headers: Headers, url: string): FetchError {
  const retryAfterMs = parseRetryAfter(headers["retry-after"], headers["date"]);
  const answered = `the server answered ${status}: ${shown(url)}`;
  switch (status) {
    case 404:
    case 410:
      return new FetchError("SourceNotFound", `Cannot find the file of source.http.url, ${answered}`, { final: true });
    case 401:
    case 403:
    case 407: {
      const message = `Cannot read the file of source.http.url, it must be readable without credentials and ${answered}`;
      return new FetchError("SourceDenied", message, { final: true });
    }
    default: {
      // 408, 425 and 429 pass; the other 4xx say that the request is wrong, and it will be the same again.
      const final = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
      const message = `Cannot download source.http.url, ${answered}`;
      return new FetchError("SourceUnavailable", message, { final, retryAfterMs });
    }
  }
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: "its host has no address",
  EAI_AGAIN: "its host could not be looked up",
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was reset",
  UND_ERR_SOCKET: "the connection broke",
  UND_ERR_CONNECT_TIMEOUT: "no connection was made in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped",
  UND_ERR_HEADERS_OVERFLOW: "the answer's headers are too large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer was cut short",
};

/** What an error of a connection means; `code` says it, the message may hold anything. */
export function explainNetworkError(error: unknown, url: string): FetchError {
  const code = codeOf(error);
  if (code === "EACCES") {
    const message = `Cannot download from a private or reserved address, unless --fetch-allowed-cidrs of the operator names its range: ${shown(url)}`;
    return new FetchError("SourceDenied", message, { final: true });
  }
  const why = words[code] ?? (/CERT|SSL|TLS|SIGNED/.test(code) ? `TLS failed, ${code}` : code);
  return new FetchError("SourceUnavailable", `Cannot download source.http.url, ${why}: ${shown(url)}`, {
    final: false,
    cause: error,
  });
}

/** Several addresses may have been tried: what the first one said. */
function codeOf(error: unknown): string {
  const { code, errors, cause } = (error ?? {}) as { code?: unknown; errors?: unknown; cause?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  if (typeof code === "string") return code;
  return cause === undefined ? "an error without a code" : codeOf(cause);
}

function parseRetryAfter(
  value: string | string[] | undefined,
  date: string | string[] | undefined,
): number | undefined {
  if (typeof value !== "string") return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.parse(String(date));
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestWaitMs) : undefined;
}
