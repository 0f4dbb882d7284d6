import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ErrorRequestHandler, Express, Router } from "express";
import express from "express";
import { parseAddress } from "../config-values.ts";
import type { Log } from "../log.ts";
import type { CertificateKeeper, Tls } from "./certificate.ts";
import { boundPerAddress, makeDrain } from "./connections.ts";
import { sendError } from "./problem.ts";

/** What a server takes from one client, and from all. Each has a default that a cluster does not reach. */
export interface ServerLimits {
  /** Connections at once. */
  readonly connections?: number;
  /** Connections at once of one address: no pod keeps the API server out. */
  readonly connectionsPerAddress?: number;
  /** Milliseconds for a TLS handshake, and for the headers of a request. */
  readonly headersMs?: number;
  /** Milliseconds until a request must be there whole. */
  readonly requestMs?: number;
  /** Milliseconds in which a client must take something of an answer. */
  readonly stillMs?: number;
}

/** What the server is made of. */
export interface ServerOptions {
  /** `HOST:PORT`; port 0 takes a free one. An IPv6 host stands in brackets. */
  readonly listen: string;
  readonly certificate: Pick<CertificateKeeper, "current" | "onChange">;
  readonly log: Log;
  /** Asked in this order; what none of them knows is a 404. */
  readonly routers: readonly Router[];
  readonly limits?: ServerLimits;
}

/** The server of the webhook and of the artifacts. */
export interface SecureServer {
  readonly port: number;
  /** Accepts nothing new, answers what is in flight, and after `graceMs` cuts the rest. Settles when all are closed. */
  stop(graceMs: number): Promise<void>;
}

/** Far more than a token or an AdmissionReview's headers have. */
const maxHeaderSize = 32_768;

/**
 * Starts an HTTPS server (TLS 1.2 and above) that takes over renewed certificates without dropping a connection. Rejects with
 * Node's own error where it cannot listen.
 */
export async function startSecureServer(options: ServerOptions): Promise<SecureServer> {
  const { certificate, log, limits = {}, listen } = options;
  const { connections = 2000, connectionsPerAddress = 500 } = limits;
  const { headersMs = 10_000, requestMs = 30_000, stillMs = 60_000 } = limits;
  const server = createServer(
    {
      ...contextOf(certificate.current()),
      maxHeaderSize,
      handshakeTimeout: headersMs,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      // Longer than Go's clients keep an idle connection (90 s): they never write into one that we are closing.
      keepAliveTimeout: 100_000,
      connectionsCheckingInterval: Math.min(1000, headersMs),
    },
    makeApp(options),
  );
  server.maxConnections = connections;
  server.setTimeout(stillMs);
  server.on("clientError", (_, socket) => socket.destroy());
  certificate.onChange((tls) => {
    server.setSecureContext(contextOf(tls));
    log.info("Serves with the new certificate");
  });
  boundPerAddress(server, connectionsPerAddress);
  const drain = makeDrain(server);
  const address = parseAddress(listen);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: address?.port ?? 0, host: address?.host }, () => resolve());
  });
  server.on("error", (error) => log.error("The secure server failed", { error: error.message }));
  return { port: (server.address() as AddressInfo).port, stop: drain };
}

function makeApp({ routers, log }: ServerOptions): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", "simple");
  for (const router of routers) app.use(router);
  app.use((_, response) => sendError(response, 404, "Cannot find what the path names"));
  // Express knows an error handler by its four parameters.
  const onError: ErrorRequestHandler = (error: { readonly status?: unknown }, request, response, _next) => {
    const status = typeof error?.status === "number" && error.status >= 400 ? error.status : 500;
    if (status >= 500) log.error("Cannot answer a request", { method: request.method, error: String(error) });
    if (response.headersSent) response.destroy();
    else
      sendError(response, status, status >= 500 ? "Cannot answer, see the operator's log" : "Cannot read the request");
  };
  app.use(onError);
  return app;
}

function contextOf({ certificate, key }: Tls): { cert: string; key: string; minVersion: "TLSv1.2" } {
  return { cert: certificate, key, minVersion: "TLSv1.2" };
}
