import type { GuestContext, HostFunction } from "../host.ts";
import { IoError, Pollable } from "../streams.ts";
import { plain } from "./bind-fields.ts";
import { HttpIoError, readErrorCode, writeErrorCode } from "./error-code.ts";
import { ResponseOutparam } from "./exchange.ts";
import { Fields } from "./fields.ts";
import { FutureResponse } from "./future-response.ts";
import { FutureTrailers, IncomingBody } from "./incoming-body.ts";
import { writeHandle, writeOutcome } from "./layout.ts";
import { IncomingResponse, OutgoingResponse } from "./messages.ts";
import { OutgoingBody } from "./outgoing-body.ts";

/** The functions of responses, `response-outparam` and `http-error-code`. */
export function bindResponses(guest: GuestContext): Record<string, HostFunction> {
  const outgoing = (self: number): OutgoingResponse => guest.get(self, OutgoingResponse);
  const incoming = (self: number): IncomingResponse => guest.get(self, IncomingResponse);
  return {
    "[constructor]outgoing-response": plain((fields) => guest.add(new OutgoingResponse(guest.take(fields, Fields)))),
    "[method]outgoing-response.status-code": plain((self) => outgoing(self).status),
    "[method]outgoing-response.set-status-code": plain((self, status) =>
      outgoing(self).setStatus(status & 0xffff) ? 0 : 1,
    ),
    "[method]outgoing-response.headers": plain((self) => guest.add(outgoing(self).fields.view())),
    "[method]outgoing-response.body": plain((self, out) => writeHandle(guest, outgoing(self).body(), out)),
    "[static]response-outparam.set": plain((self, failed, value, a, b, c, d, e, f) => {
      const { exchange } = guest.take(self, ResponseOutparam);
      if (failed === 0) exchange.respond(guest.take(value, OutgoingResponse));
      else exchange.fail(readErrorCode(guest, [value, a, b, c, d, e, f]));
    }),
    "[method]response-outparam.send-informational": plain((self, status, fields, out) => {
      const { exchange } = guest.get(self, ResponseOutparam);
      writeOutcome(guest, exchange.inform(status & 0xffff, guest.take(fields, Fields)), out);
    }),
    "[method]incoming-response.status": plain((self) => incoming(self).message.statusCode ?? 0),
    "[method]incoming-response.headers": plain((self) => guest.add(incoming(self).headers())),
    "[method]incoming-response.consume": plain((self, out) => writeHandle(guest, incoming(self).consume(), out)),
    "http-error-code": plain((self, out) => {
      const error = guest.get(self, IoError);
      const code = error instanceof HttpIoError ? error.code : undefined;
      if (code !== undefined) writeErrorCode(guest, out + 8, code);
      guest.view().setUint8(out, code === undefined ? 0 : 1);
    }),
  };
}

/** The functions of bodies and of the futures. */
export function bindBodies(guest: GuestContext): Record<string, HostFunction> {
  return {
    "[method]incoming-body.stream": plain((self, out) =>
      writeHandle(guest, guest.get(self, IncomingBody).stream(), out),
    ),
    "[static]incoming-body.finish": plain((self) => guest.add(guest.take(self, IncomingBody).finish())),
    "[method]outgoing-body.write": plain((self, out) => writeHandle(guest, guest.get(self, OutgoingBody).write(), out)),
    "[static]outgoing-body.finish": plain((self, present, fields, out) => {
      const trailers = present === 1 ? guest.take(fields, Fields) : undefined;
      writeOutcome(guest, guest.take(self, OutgoingBody).finish(trailers), out);
    }),
    "[method]future-trailers.subscribe": plain((self) => guest.add(guest.get(self, FutureTrailers).subscribe())),
    "[method]future-trailers.get": plain((self, out) => writeTrailers(guest, guest.get(self, FutureTrailers), out)),
    "[method]future-incoming-response.subscribe": plain((self) =>
      guest.add(new Pollable(guest.get(self, FutureResponse))),
    ),
    "[method]future-incoming-response.get": plain((self, out) =>
      writeResponse(guest, guest.get(self, FutureResponse), out),
    ),
  };
}

/** `option<result<result<option<trailers>, error-code>>>` */
function writeTrailers(guest: GuestContext, future: FutureTrailers, out: number): void {
  if (!future.ready()) {
    guest.view().setUint8(out, 0);
    return;
  }
  const got = future.get();
  if (got !== "taken" && "error" in got) writeErrorCode(guest, out + 24, got.error);
  const trailers = got !== "taken" && "trailers" in got ? got.trailers : undefined;
  const handle = trailers === undefined ? 0 : guest.add(trailers);
  const view = guest.view();
  view.setUint8(out, 1);
  view.setUint8(out + 8, got === "taken" ? 1 : 0);
  if (got === "taken") return;
  view.setUint8(out + 16, "error" in got ? 1 : 0);
  if ("error" in got) return;
  view.setUint8(out + 24, trailers === undefined ? 0 : 1);
  view.setUint32(out + 28, handle, true);
}

/** `option<result<result<incoming-response, error-code>>>` */
function writeResponse(guest: GuestContext, future: FutureResponse, out: number): void {
  if (!future.ready()) {
    guest.view().setUint8(out, 0);
    return;
  }
  const got = future.get();
  const response = got instanceof IncomingResponse ? guest.add(got) : undefined;
  if (got !== "taken" && !(got instanceof IncomingResponse)) writeErrorCode(guest, out + 24, got);
  const view = guest.view();
  view.setUint8(out, 1);
  view.setUint8(out + 8, got === "taken" ? 1 : 0);
  if (got === "taken") return;
  view.setUint8(out + 16, response === undefined ? 1 : 0);
  if (response !== undefined) view.setUint32(out + 24, response, true);
}
