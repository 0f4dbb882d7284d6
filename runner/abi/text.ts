import { Trap } from "../host/host.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Below this many bytes a loop beats the decoder. */
const shortText = 32;

/** Short texts seen last, by a hash of their bytes: guests send the same names and values with every call. */
const seen = new Array<string>(256).fill("");

/** The latin1 text of less than `shortText` bytes; most often a string that exists already. */
function shortLatin1(bytes: Uint8Array, start: number, end: number): string {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  const slot = (hash ^ (hash >>> 8)) & 255;
  const known = seen[slot]!;
  if (known.length === end - start) {
    let at = start;
    while (at < end && known.charCodeAt(at - start) === bytes[at]) at++;
    if (at === end) return known;
  }
  const text = latin1(bytes, start, end);
  seen[slot] = text;
  return text;
}

/** Text of the bytes `start` to `end`; a trap where they are not UTF-8. A byte order mark is kept: it is a character. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < shortText) {
    let at = start;
    while (at < end && bytes[at]! < 0x80) at++;
    if (at === end) return shortLatin1(bytes, start, end);
  }
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw new Trap("a string is not valid UTF-8", { cause });
  }
}

/** Text of the bytes `start` to `end`, little-endian; a trap where a surrogate stands alone. */
export function decodeUtf16(bytes: Uint8Array, start: number, end: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  let text = "";
  for (let at = 0; at < view.byteLength; at += chunk) {
    const units = Array.from({ length: Math.min(chunk, view.byteLength - at) / 2 }, (_, i) =>
      view.getUint16(at + 2 * i, true),
    );
    text += String.fromCharCode(...units);
  }
  if (!text.isWellFormed()) throw new Trap("a string is not valid UTF-16");
  return text;
}
const chunk = 4096;

/** Text of the bytes `start` to `end`, one character a byte. */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  return end - start < shortText ? shortLatin1(bytes, start, end) : latin1(bytes, start, end);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** True when every character fits one byte. */
export function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
