import { Trap } from "../host/host.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Below this many bytes a loop beats the decoder. */
const shortText = 24;

/** Text of the bytes `start` to `end`; a trap where they are not UTF-8. A byte order mark is kept: it is a character. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < shortText) {
    let text = "";
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (at === end) return text;
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
  let text = "";
  for (let at = start; at < end; at += chunk)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + chunk)));
  return text;
}

/** True when every character fits one byte. */
export function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
