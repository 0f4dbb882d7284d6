import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limits } from "../config.ts";
import { LimitError } from "../limits.ts";
import type { Pool } from "../pool.ts";
import { countRejection, countRequest, type Stats } from "../stats.ts";
import { answerGatewayFailure, type CallGateway } from "./call.ts";
import { answerFailure, handle } from "./http.ts";

/** What answers the requests of one worker. */
export interface ListenerOptions {
  readonly pool: Pool;
  readonly stats: Stats;
  readonly limits: Pick<Limits, "bodyBytes">;
  /** True where the composition exports `wasi:http/incoming-handler`. */
  readonly http: boolean;
  /** Absent where the gateway is off. */
  readonly gateway?: CallGateway;
  /** Told of every request that failed, with the id that its client got. */
  readonly onFailure: (requestId: string, error: unknown) => void;
}

/** Makes the listener of a `node:http` server: routes, counts, and answers what guests could not. */
export function makeListener(options: ListenerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { pool, stats, limits, http, gateway } = options;
  return (request, response) => {
    const start = performance.now();
    stats.inflight++;
    response.on("close", () => {
      stats.inflight--;
      // A client that left before there was an answer got none: by custom that is 499.
      countRequest(stats, response.headersSent ? response.statusCode : 499, (performance.now() - start) / 1000);
      if (!response.writableFinished) pool.sweep();
    });
    const called = gateway?.owns(request.url ?? "", http) === true;
    if (!called && !http) return notFound(response, gateway);
    const wanted = () => !response.destroyed;
    const work = called
      ? gateway.handle(request, response, (use) => pool.run(use, wanted))
      : pool.run((linked) => handle(request, response, { linked, limits }), wanted);
    work.catch((error: unknown) => {
      if (error instanceof LimitError) countRejection(stats, error.limit);
      const answer = called ? answerGatewayFailure : answerFailure;
      options.onFailure(answer(request, response, error), error);
    });
  };
}

function notFound(response: ServerResponse, gateway: CallGateway | undefined): void {
  const hint =
    gateway === undefined
      ? "the composition exports no wasi:http handler, and its JSON gateway is off (service.call)"
      : "the composition exports no wasi:http handler; its functions are described at /call/openapi.json";
  const json = `${JSON.stringify({ error: { code: "not-found", message: `Cannot serve this path: ${hint}` } })}\n`;
  response.writeHead(404, { "content-type": "application/json", "content-length": Buffer.byteLength(json) }).end(json);
}
