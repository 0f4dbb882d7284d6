import type { GuestContext } from "../host.ts";
import type { ErrorCode } from "./error-code.ts";
import { writeErrorCode } from "./error-code.ts";

/** Writes `result<handle>`: undefined is the error. */
export function writeHandle(guest: GuestContext, object: object | undefined, out: number): void {
  const handle = object === undefined ? 0 : guest.add(object);
  const view = guest.view();
  view.setUint8(out, object === undefined ? 1 : 0);
  view.setUint32(out + 4, handle, true);
}

/** Writes `option<string>`. */
export function writeOptionString(guest: GuestContext, text: string | undefined, out: number): void {
  if (text !== undefined) guest.writeString(text, out + 4);
  guest.view().setUint8(out, text === undefined ? 0 : 1);
}

/** Writes `result<_, error-code>`. */
export function writeOutcome(guest: GuestContext, error: ErrorCode | undefined, out: number): void {
  if (error !== undefined) writeErrorCode(guest, out + 8, error);
  guest.view().setUint8(out, error === undefined ? 0 : 1);
}
