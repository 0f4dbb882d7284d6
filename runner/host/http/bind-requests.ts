import type { GuestContext, HostFunction } from "../host.ts";
import { plain } from "./bind-fields.ts";
import { Fields } from "./fields.ts";
import { writeHandle, writeOptionString } from "./layout.ts";
import { IncomingRequest, OutgoingRequest, RequestOptions, type Scheme } from "./messages.ts";

/** The cases of `method` before `other`. */
const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/** The functions of `incoming-request`, `outgoing-request` and `request-options`. */
export function bindRequests(guest: GuestContext): Record<string, HostFunction> {
  return { ...bindIncoming(guest), ...bindOutgoing(guest), ...bindOptions(guest) };
}

function bindIncoming(guest: GuestContext): Record<string, HostFunction> {
  const request = (self: number): IncomingRequest => guest.get(self, IncomingRequest);
  return {
    "[method]incoming-request.method": plain((self, out) =>
      writeMethod(guest, request(self).message.method ?? "GET", out),
    ),
    "[method]incoming-request.path-with-query": plain((self, out) =>
      writeOptionString(guest, request(self).message.url, out),
    ),
    "[method]incoming-request.scheme": plain((self, out) => writeScheme(guest, request(self).scheme, out)),
    "[method]incoming-request.authority": plain((self, out) => writeOptionString(guest, request(self).authority, out)),
    "[method]incoming-request.headers": plain((self) => guest.add(request(self).headers())),
    "[method]incoming-request.consume": plain((self, out) => writeHandle(guest, request(self).consume(), out)),
  };
}

function bindOutgoing(guest: GuestContext): Record<string, HostFunction> {
  const request = (self: number): OutgoingRequest => guest.get(self, OutgoingRequest);
  const option = (present: number, pointer: number, length: number): string | undefined =>
    present === 1 ? guest.readString(pointer, length) : undefined;
  return {
    "[constructor]outgoing-request": plain((fields) => guest.add(new OutgoingRequest(guest.take(fields, Fields)))),
    "[method]outgoing-request.body": plain((self, out) => writeHandle(guest, request(self).body(), out)),
    "[method]outgoing-request.method": plain((self, out) => writeMethod(guest, request(self).method, out)),
    "[method]outgoing-request.set-method": plain((self, index, pointer, length) =>
      failed(request(self).setMethod(methods[index] ?? guest.readString(pointer, length))),
    ),
    "[method]outgoing-request.path-with-query": plain((self, out) => writeOptionString(guest, request(self).path, out)),
    "[method]outgoing-request.set-path-with-query": plain((self, present, pointer, length) =>
      failed(request(self).setPath(option(present, pointer, length))),
    ),
    "[method]outgoing-request.scheme": plain((self, out) => writeScheme(guest, request(self).scheme, out)),
    "[method]outgoing-request.set-scheme": plain((self, present, index, pointer, length) =>
      failed(request(self).setScheme(present === 1 ? readScheme(guest, index, pointer, length) : undefined)),
    ),
    "[method]outgoing-request.authority": plain((self, out) => writeOptionString(guest, request(self).authority, out)),
    "[method]outgoing-request.set-authority": plain((self, present, pointer, length) =>
      failed(request(self).setAuthority(option(present, pointer, length))),
    ),
    "[method]outgoing-request.headers": plain((self) => guest.add(request(self).fields.view())),
  };
}

function bindOptions(guest: GuestContext): Record<string, HostFunction> {
  const functions: Record<string, HostFunction> = {
    "[constructor]request-options": plain(() => guest.add(new RequestOptions())),
  };
  for (const [name, key] of [
    ["connect-timeout", "connectTimeout"],
    ["first-byte-timeout", "firstByteTimeout"],
    ["between-bytes-timeout", "betweenBytesTimeout"],
  ] as const) {
    functions[`[method]request-options.${name}`] = plain((self, out) => {
      const value = guest.get(self, RequestOptions)[key];
      const view = guest.view();
      view.setUint8(out, value === undefined ? 0 : 1);
      if (value !== undefined) view.setBigUint64(out + 8, value, true);
    });
    functions[`[method]request-options.set-${name}`] = plain((self, present, duration) => {
      guest.get(self, RequestOptions)[key] = present === 1 ? BigInt.asUintN(64, duration) : undefined;
      return 0;
    });
  }
  return functions;
}

/** `result` without values, as a core value. */
function failed(valid: boolean): number {
  return valid ? 0 : 1;
}

function writeMethod(guest: GuestContext, method: string, out: number): void {
  const index = methods.indexOf(method);
  if (index < 0) guest.writeString(method, out + 4);
  guest.view().setUint8(out, index < 0 ? methods.length : index);
}

function writeScheme(guest: GuestContext, scheme: Scheme | undefined, out: number): void {
  if (typeof scheme === "object") guest.writeString(scheme.other, out + 8);
  const view = guest.view();
  view.setUint8(out, scheme === undefined ? 0 : 1);
  if (scheme !== undefined) view.setUint8(out + 4, scheme === "HTTP" ? 0 : scheme === "HTTPS" ? 1 : 2);
}

function readScheme(guest: GuestContext, index: number, pointer: number, length: number): Scheme {
  if (index === 0) return "HTTP";
  if (index === 1) return "HTTPS";
  const other = guest.readString(pointer, length);
  const known = other.toUpperCase();
  return known === "HTTP" || known === "HTTPS" ? known : { other };
}
