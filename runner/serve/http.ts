import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Limits } from "../config.ts";
import { HttpError } from "../host/http/error.ts";
import { Exchange, ResponseOutparam, readHead } from "../host/http/exchange.ts";
import { http } from "../host/node-http.ts";
import { bodyTooLarge, headersTooLarge, LimitError } from "../limits.ts";
import type { Linked, LinkedFunction } from "../link/linked.ts";
import type { Refusal } from "./refusals.ts";

/** What a request is held to. */
export type HttpLimits = Pick<Limits, "headerBytes" | "bodyBytes" | "requestTimeoutMs">;

/** How the front tells of what it refused by itself, before any guest ran. */
export interface FrontOptions {
  readonly limits: HttpLimits;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onRefused?: (refusal: Refusal) => void;
}

/** Milliseconds in which a client must have sent its headers; the whole request may take longer by the time limit. */
const headersMs = 10_000;
const slowestRequestMs = 300_000;

/**
 * A server for guests: bounded headers (431), slow clients are cut off (408), and `100 Continue` is sent when the guest
 * first reads the body. The caller listens and closes.
 */
export function createHttpServer({ limits, onRequest, onRefused }: FrontOptions): Server {
  const server = http.createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: headersMs,
      requestTimeout: Math.max(slowestRequestMs, limits.requestTimeoutMs ?? 0),
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    },
    onRequest,
  );
  server.maxHeadersCount = 0;
  server.on("checkContinue", onRequest);
  // A client that goes on sending after its refusal is in error again: one answer and one line are enough.
  const refused = new WeakSet<Duplex>();
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET" || refused.has(socket)) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    const refusal = refusalOf(error, limits);
    onRefused?.(refusal);
    const head = `HTTP/1.1 ${refusal.status} ${http.STATUS_CODES[refusal.status]}`;
    socket.end(`${head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  });
  return server;
}

function refusalOf({ code, message }: NodeJS.ErrnoException, limits: HttpLimits): Refusal {
  if (code === "HPE_HEADER_OVERFLOW")
    return { status: 431, message: headersTooLarge(limits).message, limit: "headers" };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return { status: 408, message: "Cannot wait longer for the client to send it" };
  return { status: 400, message: `Cannot read it as HTTP: ${message}` };
}

/** The composition's `wasi:http/incoming-handler`, of any 0.2; undefined where it exports none. */
export function findHandler(linked: Linked): LinkedFunction | undefined {
  return linked.functions.find(
    ({ interface: name, name: func }) => func === "handle" && /^wasi:http\/incoming-handler@0\.2\.\d+$/.test(name),
  );
}

const handlers = new WeakMap<Linked, LinkedFunction>();

/**
 * Lets a guest answer a request. Resolves when the guest has returned; its body may still be on the way to the client.
 *
 * Rejects where there is no whole answer, and the caller answers with `answerFailure`: with a `LimitError` for a body
 * that is announced too large (no guest runs), with an `HttpError` for a guest without a usable response, or with what
 * the call rejects with (a trap; the instance is lost).
 */
export async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { linked, limits }: { readonly linked: Linked; readonly limits: Pick<Limits, "bodyBytes"> },
): Promise<void> {
  const head = readHead(request);
  if (head.contentLength > limits.bodyBytes) throw bodyTooLarge(limits);
  const handler = handlers.get(linked) ?? rememberHandler(linked);
  // By then Node has parsed the rest of the packet: a guest that finds its body there is not suspended for it.
  if (head.hasBody) await null;
  const exchange = new Exchange(request, response, { head, guest: linked });
  const { guest } = handler;
  try {
    await handler.callCore(guest.add(exchange.incoming(limits.bodyBytes)), guest.add(new ResponseOutparam(exchange)));
  } catch (error) {
    exchange.abandon();
    throw error;
  }
  exchange.conclude();
}

function rememberHandler(linked: Linked): LinkedFunction {
  const handler = findHandler(linked);
  if (handler === undefined)
    throw new HttpError("no-handler", "Cannot serve HTTP: the composition exports no wasi:http/incoming-handler@0.2");
  handlers.set(linked, handler);
  return handler;
}

/** The client's own `x-request-id` where it is a plain word, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/**
 * Answers a request whose handling was rejected, and gives the request's id for the log: the client's own
 * `x-request-id` where it is a plain word, else a new one. Once headers are out, only the connection can say it.
 */
export function answerFailure(request: IncomingMessage, response: ServerResponse, error: unknown): string {
  const id = requestIdOf(request);
  if (response.headersSent) {
    if (!response.writableFinished) response.destroy();
    return id;
  }
  if (response.destroyed) return id;
  const known = error instanceof LimitError || error instanceof HttpError;
  const status = known ? error.status : 500;
  const text = `${known ? error.message : "The component failed"}\nrequest ${id}\n`;
  const headers: Record<string, string | number> = {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "x-request-id": id,
  };
  if (status === 503) headers["retry-after"] = "1";
  // What the client is still sending would be read for nothing.
  if (!request.complete) headers["connection"] = "close";
  response.writeHead(status, headers).end(text);
  return id;
}
