import type { GuestContext } from "../host.ts";
import { Trap } from "../host.ts";
import { IoError } from "../streams.ts";

/** What a case of `error-code` carries; all of it is optional. */
type Shape = "none" | "dns" | "tls" | "size64" | "size32" | "text" | "field" | "optional-field";

/** `wasi:http/types.error-code` in the order of its cases. */
const cases = [
  ["DNS-timeout", "none"],
  ["DNS-error", "dns"],
  ["destination-not-found", "none"],
  ["destination-unavailable", "none"],
  ["destination-IP-prohibited", "none"],
  ["destination-IP-unroutable", "none"],
  ["connection-refused", "none"],
  ["connection-terminated", "none"],
  ["connection-timeout", "none"],
  ["connection-read-timeout", "none"],
  ["connection-write-timeout", "none"],
  ["connection-limit-reached", "none"],
  ["TLS-protocol-error", "none"],
  ["TLS-certificate-error", "none"],
  ["TLS-alert-received", "tls"],
  ["HTTP-request-denied", "none"],
  ["HTTP-request-length-required", "none"],
  ["HTTP-request-body-size", "size64"],
  ["HTTP-request-method-invalid", "none"],
  ["HTTP-request-URI-invalid", "none"],
  ["HTTP-request-URI-too-long", "none"],
  ["HTTP-request-header-section-size", "size32"],
  ["HTTP-request-header-size", "optional-field"],
  ["HTTP-request-trailer-section-size", "size32"],
  ["HTTP-request-trailer-size", "field"],
  ["HTTP-response-incomplete", "none"],
  ["HTTP-response-header-section-size", "size32"],
  ["HTTP-response-header-size", "field"],
  ["HTTP-response-body-size", "size64"],
  ["HTTP-response-trailer-section-size", "size32"],
  ["HTTP-response-trailer-size", "field"],
  ["HTTP-response-transfer-coding", "text"],
  ["HTTP-response-content-coding", "text"],
  ["HTTP-response-timeout", "none"],
  ["HTTP-upgrade-failed", "none"],
  ["HTTP-protocol-error", "none"],
  ["loop-detected", "none"],
  ["configuration-error", "none"],
  ["internal-error", "text"],
] as const satisfies readonly (readonly [string, Shape])[];

/** The name of a case of `wasi:http/types#error-code`. */
export type ErrorTag = (typeof cases)[number][0];

/**
 * One `error-code`. `text` is the rcode, alert message, field name, coding or description of its case; `number` the
 * info code, alert id, field size or section size.
 */
export interface ErrorCode {
  readonly tag: ErrorTag;
  readonly text?: string | undefined;
  readonly number?: number | bigint | undefined;
}

const indexOf = new Map<string, number>(cases.map(([tag], index) => [tag, index]));

/** A stream's failure that `http-error-code` can read back. */
export class HttpIoError extends IoError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, cause?: unknown) {
    super(describeErrorCode(code), cause);
    this.code = code;
  }
}

/** For people: `DNS-error: ENOTFOUND`. */
export function describeErrorCode(code: ErrorCode): string {
  return [code.tag, code.text, code.number].filter((part) => part !== undefined).join(": ");
}

/** Writes a code at `at`: 32 bytes, aligned to 8. */
export function writeErrorCode(guest: GuestContext, at: number, code: ErrorCode): void {
  const index = indexOf.get(code.tag)!;
  const payload = at + 8;
  guest.view().setUint8(at, index);
  switch (cases[index]![1]) {
    case "none":
      return;
    case "dns":
      writeText(guest, payload, code.text);
      writeOption(guest, payload + 12, code.number);
      if (code.number !== undefined) guest.view().setUint16(payload + 14, Number(code.number), true);
      return;
    case "tls":
      writeOption(guest, payload, code.number);
      if (code.number !== undefined) guest.view().setUint8(payload + 1, Number(code.number));
      writeText(guest, payload + 4, code.text);
      return;
    case "size64":
      writeOption(guest, payload, code.number);
      if (code.number !== undefined) guest.view().setBigUint64(payload + 8, BigInt(code.number), true);
      return;
    case "size32":
      writeSize32(guest, payload, code.number);
      return;
    case "text":
      writeText(guest, payload, code.text);
      return;
    case "field":
      writeField(guest, payload, code);
      return;
    case "optional-field":
      writeOption(guest, payload, code.text ?? code.number);
      if ((code.text ?? code.number) !== undefined) writeField(guest, payload + 4, code);
  }
}

function writeOption(guest: GuestContext, at: number, value: unknown): void {
  guest.view().setUint8(at, value === undefined ? 0 : 1);
}

function writeText(guest: GuestContext, at: number, text: string | undefined): void {
  writeOption(guest, at, text);
  if (text !== undefined) guest.writeString(text, at + 4);
}

function writeSize32(guest: GuestContext, at: number, size: number | bigint | undefined): void {
  writeOption(guest, at, size);
  if (size !== undefined) guest.view().setUint32(at + 4, Number(size), true);
}

function writeField(guest: GuestContext, at: number, code: ErrorCode): void {
  writeText(guest, at, code.text);
  writeSize32(guest, at + 12, code.number);
}

/** The flat form of a code as a parameter; the second value joins an i32 and an i64. */
export type FlatErrorCode = readonly [index: number, number, bigint, number, number, number, number];

/** Reads a code that a guest gave as a parameter; an unknown case is a trap. */
export function readErrorCode(guest: GuestContext, [index, a, wide, c, d, e, f]: FlatErrorCode): ErrorCode {
  const found = cases[index];
  if (found === undefined) throw new Trap(`Invalid case of error-code: ${index}`);
  const [tag, shape] = found;
  const b = Number(BigInt.asUintN(32, wide));
  const text = (present: number, pointer: number, length: number) =>
    present === 1 ? guest.readString(pointer, length) : undefined;
  const number = (present: number, value: number | bigint) => (present === 1 ? value : undefined);
  switch (shape) {
    case "none":
      return { tag };
    case "dns":
      return { tag, text: text(a, b, c), number: number(d, e) };
    case "tls":
      return { tag, number: number(a, b), text: text(c, d, e) };
    case "size64":
      return { tag, number: number(a, BigInt.asUintN(64, wide)) };
    case "size32":
      return { tag, number: number(a, b) };
    case "text":
      return { tag, text: text(a, b, c) };
    case "field":
      return { tag, text: text(a, b, c), number: number(d, e >>> 0) };
    case "optional-field":
      return a === 1 ? { tag, text: text(b, c, d), number: number(e, f >>> 0) } : { tag };
  }
}

/** What a client is answered when a guest answers with this error. */
export function statusOf(code: ErrorCode): number {
  switch (code.tag) {
    case "HTTP-request-length-required":
      return 411;
    case "HTTP-request-body-size":
      return 413;
    case "HTTP-request-URI-too-long":
      return 414;
    case "HTTP-request-header-section-size":
    case "HTTP-request-header-size":
    case "HTTP-request-trailer-section-size":
    case "HTTP-request-trailer-size":
      return 431;
    case "DNS-timeout":
    case "connection-timeout":
    case "connection-read-timeout":
    case "connection-write-timeout":
    case "HTTP-response-timeout":
      return 504;
    default:
      return /^(DNS|destination|connection|TLS|HTTP-response)-/.test(code.tag) ? 502 : 500;
  }
}
