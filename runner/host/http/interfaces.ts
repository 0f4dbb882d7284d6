import type { GuestContext, HostFunction, HostInstance, HostInterface, ResourceClass } from "../host.ts";
import { bindFields, plain } from "./bind-fields.ts";
import { bindRequests } from "./bind-requests.ts";
import { bindBodies, bindResponses } from "./bind-responses.ts";
import { Client } from "./client.ts";
import { writeErrorCode } from "./error-code.ts";
import { ResponseOutparam } from "./exchange.ts";
import { Fields } from "./fields.ts";
import { FutureResponse } from "./future-response.ts";
import { FutureTrailers, IncomingBody } from "./incoming-body.ts";
import { IncomingRequest, IncomingResponse, OutgoingRequest, OutgoingResponse, RequestOptions } from "./messages.ts";
import { OutgoingBody } from "./outgoing-body.ts";

const speaks = (version: string): boolean => /^0\.2\.\d+$/.test(version);

const resources: Readonly<Record<string, ResourceClass>> = {
  fields: Fields,
  "incoming-request": IncomingRequest,
  "outgoing-request": OutgoingRequest,
  "request-options": RequestOptions,
  "response-outparam": ResponseOutparam,
  "incoming-response": IncomingResponse,
  "outgoing-response": OutgoingResponse,
  "incoming-body": IncomingBody,
  "outgoing-body": OutgoingBody,
  "future-trailers": FutureTrailers,
  "future-incoming-response": FutureResponse,
};

/** `wasi:http` 0.2 as imports: types and outgoing-handler. The export `incoming-handler` is called by `runner/serve/http.ts`. */
export const httpInterfaces: readonly HostInterface[] = [
  {
    name: "wasi:http/types",
    speaks,
    bind: (guest) => ({ ...bindFields(guest), ...bindRequests(guest), ...bindResponses(guest), ...bindBodies(guest) }),
    resources,
  },
  { name: "wasi:http/outgoing-handler", speaks, bind: bindHandler },
];

/** One client for each instance of the composition, shared by all that are linked of it. */
const clients = new WeakMap<HostInstance, Client>();

function bindHandler(guest: GuestContext, host: HostInstance): Record<string, HostFunction> {
  let client = clients.get(host);
  if (client === undefined) {
    client = new Client(host);
    clients.set(host, client);
  }
  const bound = client;
  return {
    handle: plain((handle, present, options, out) => {
      const request = guest.take(handle, OutgoingRequest);
      const result = bound.send(request, present === 1 ? guest.take(options, RequestOptions) : undefined);
      if (!(result instanceof FutureResponse)) writeErrorCode(guest, out + 8, result);
      const future = result instanceof FutureResponse ? guest.add(result) : undefined;
      const view = guest.view();
      view.setUint8(out, future === undefined ? 1 : 0);
      if (future !== undefined) view.setUint32(out + 8, future, true);
    }),
  };
}
