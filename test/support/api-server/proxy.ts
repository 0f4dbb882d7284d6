import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as send } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { type ActiveFault, type FaultEffect, type FaultMatch, fits, isWatch, statusObject } from "./fault.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import type { ApiServer } from "./server.ts";
import type { TestUser } from "./users.ts";

/** A request that came to the proxy. */
export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Milliseconds of `performance.now()`. */
  readonly time: number;
}

/** Stands between a client and an API server, and does what a real one cannot be told to do. */
export interface FaultProxy {
  readonly url: string;
  /** A kubeconfig with which this user comes through the proxy. */
  kubeconfigOf(user: TestUser): Promise<string>;
  /** Strikes requests that fit, `times` of them (all, where it is not given), the oldest fault first. */
  add(match: FaultMatch, effect: FaultEffect, times?: number): ActiveFault;
  /** Cuts all connections, those with watches too. */
  cut(): void;
  /** Cuts the connections that have a watch now, and says how many there were. */
  cutWatches(): number;
  /** How many TLS handshakes there were. */
  handshakes(): number;
  /** All requests so far, those that were struck too. */
  requests(): readonly ProxiedRequest[];
  stop(): Promise<void>;
}

interface Fault extends FaultMatchAndEffect {
  left: number;
  hits: number;
  readonly removed: Promise<void>;
}
interface FaultMatchAndEffect {
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
}

/**
 * Starts a proxy before this server. Users are known to the API server behind it by the identity of their certificate,
 * or by their own bearer token.
 */
export async function startProxy(server: ApiServer): Promise<FaultProxy> {
  const certificate = await server.authority.issueServer(["localhost", "127.0.0.1"]);
  const upstream = new Agent({
    keepAlive: true,
    ca: server.ca,
    cert: server.frontProxy.certificate,
    key: server.frontProxy.key,
  });
  const faults: Fault[] = [];
  const sockets = new Set<TLSSocket>();
  const watches = new Set<ServerResponse>();
  const seen: ProxiedRequest[] = [];
  let handshakes = 0;

  const take = (request: ProxiedRequest): Fault | undefined => {
    const fault = faults.find(({ match, left }) => left > 0 && fits(match, request));
    if (fault === undefined) return undefined;
    fault.left--;
    fault.hits++;
    return fault;
  };

  const listener = createServer(
    {
      cert: certificate.certificate,
      key: certificate.key,
      ca: server.ca,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (incoming, response) => {
      const request = { method: incoming.method ?? "", path: incoming.url ?? "", time: performance.now() };
      seen.push(request);
      if (isWatch(request.path)) {
        watches.add(response);
        response.once("close", () => watches.delete(response));
      }
      handle(incoming, response, { fault: take(request), server, upstream }).catch(() => incoming.socket.destroy());
    },
  );
  listener.on("secureConnection", (socket: TLSSocket) => {
    handshakes++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  const url = `https://127.0.0.1:${port}`;

  return {
    url,
    kubeconfigOf: ({ name, credential }) =>
      writeKubeconfig(join(server.folder, `${encodeURIComponent(name)}.${port}.kubeconfig`), {
        url,
        ca: server.ca,
        user: name,
        credential,
      }),
    add(match, effect, times = Number.POSITIVE_INFINITY) {
      const { promise: removed, resolve } = Promise.withResolvers<void>();
      const fault: Fault = { match, effect, left: times, hits: 0, removed };
      faults.push(fault);
      return {
        hits: () => fault.hits,
        remove() {
          fault.left = 0;
          resolve();
        },
      };
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    cutWatches() {
      const count = watches.size;
      for (const response of watches) response.socket?.destroy();
      return count;
    },
    handshakes: () => handshakes,
    requests: () => [...seen],
    async stop() {
      for (const socket of sockets) socket.destroy();
      upstream.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

interface Passing {
  readonly fault: Fault | undefined;
  readonly server: ApiServer;
  readonly upstream: Agent;
}

async function handle(incoming: IncomingMessage, response: ServerResponse, passing: Passing): Promise<void> {
  const effect = passing.fault?.effect;
  if (effect !== undefined && "answer" in effect) {
    incoming.resume();
    response.writeHead(effect.answer, { "content-type": "application/json", ...effect.headers });
    response.end(JSON.stringify(statusObject(effect.answer, effect.message)));
    return;
  }
  if (effect !== undefined && "expire" in effect) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`${JSON.stringify({ type: "ERROR", object: statusObject(410, "too old resource version") })}\n`);
    return;
  }
  if (effect !== undefined && "delayMs" in effect) await sleep(effect.delayMs);
  if (effect !== undefined && "hold" in effect) await passing.fault?.removed;
  await pass(incoming, response, { ...passing, effect });
}

/** Hands the request on, and the answer back as it comes. */
async function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  passing: Passing & { readonly effect: FaultEffect | undefined },
): Promise<void> {
  const { server, upstream, effect } = passing;
  const outgoing = send(`${server.url}${incoming.url}`, {
    agent: upstream,
    method: incoming.method ?? "GET",
    headers: identified(incoming),
  });
  response.once("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  if (effect !== undefined && "loseAnswer" in effect) {
    // Read to the end: the API server is done with it by then.
    for await (const _ of answer);
    incoming.socket.destroy();
    return;
  }
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  response.flushHeaders();
  let chunks = 0;
  for await (const chunk of answer) {
    if (effect !== undefined && "resetAfterChunks" in effect && chunks++ >= effect.resetAfterChunks) {
      incoming.socket.destroy();
      return;
    }
    response.write(chunk);
  }
  response.end();
}

/** The headers with the identity of the client's certificate, as a front proxy hands it on. A token speaks for itself. */
function identified(incoming: IncomingMessage): IncomingHttpHeaders {
  const headers = { ...incoming.headers };
  for (const name of Object.keys(headers)) if (name.startsWith("x-remote-")) delete headers[name];
  const { subject } = (incoming.socket as TLSSocket).getPeerCertificate();
  if (headers.authorization !== undefined || subject?.CN === undefined) return headers;
  // An array gives a header line for each group.
  return { ...headers, "x-remote-user": String(subject.CN), "x-remote-group": [subject.O ?? []].flat() };
}
