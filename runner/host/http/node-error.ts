import { type ErrorCode, type ErrorTag, HttpIoError } from "./error-code.ts";

/** `code` of errors of Node and OpenSSL that have one answer. */
const tags: Readonly<Record<string, ErrorTag>> = {
  EAI_AGAIN: "DNS-timeout",
  ETIMEOUT: "DNS-timeout",
  ECONNREFUSED: "connection-refused",
  ECONNRESET: "connection-terminated",
  ECONNABORTED: "connection-terminated",
  EPIPE: "connection-terminated",
  ERR_STREAM_PREMATURE_CLOSE: "connection-terminated",
  ERR_STREAM_DESTROYED: "connection-terminated",
  ETIMEDOUT: "connection-timeout",
  EHOSTUNREACH: "destination-IP-unroutable",
  ENETUNREACH: "destination-IP-unroutable",
  EHOSTDOWN: "destination-unavailable",
  ENETDOWN: "destination-unavailable",
  EADDRNOTAVAIL: "destination-unavailable",
  EACCES: "destination-IP-prohibited",
  EPERM: "destination-IP-prohibited",
  EMFILE: "connection-limit-reached",
  ENFILE: "connection-limit-reached",
  EPROTO: "TLS-protocol-error",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TLS-certificate-error",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS-certificate-error",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS-certificate-error",
  UNABLE_TO_GET_ISSUER_CERT: "TLS-certificate-error",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS-certificate-error",
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS-certificate-error",
  ERR_TLS_HANDSHAKE_TIMEOUT: "connection-timeout",
  HPE_HEADER_OVERFLOW: "HTTP-response-header-section-size",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "HTTP-response-body-size",
  HPE_INVALID_TRANSFER_ENCODING: "HTTP-response-transfer-coding",
  HPE_INVALID_EOF_STATE: "HTTP-response-incomplete",
};

/** The `error-code` for an error of `node:http`, `node:net`, `node:dns` or `node:tls`. */
export function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof HttpIoError) return error.code;
  const { code, errors, message } = (error ?? {}) as { code?: unknown; errors?: unknown; message?: unknown };
  // Several addresses were tried: what the first one said.
  if (Array.isArray(errors) && errors.length > 0) return errorCodeOf(errors[0]);
  if (typeof code !== "string")
    return { tag: "internal-error", text: typeof message === "string" ? message : undefined };
  const tag = tags[code];
  if (tag !== undefined) return { tag };
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) return { tag: "DNS-error", text: code };
  if (/^ERR_SSL_.*ALERT/.test(code)) return { tag: "TLS-alert-received", text: code };
  if (/^ERR_(SSL|TLS)_/.test(code)) return { tag: "TLS-protocol-error" };
  if (/^CERT_|_CERT_|_CRL_|_CERT$/.test(code)) return { tag: "TLS-certificate-error" };
  if (code.startsWith("HPE_")) return { tag: "HTTP-protocol-error" };
  return { tag: "internal-error", text: code };
}
