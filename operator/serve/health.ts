import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from "express";
import { parseAddress } from "../config-values.ts";
import type { Log } from "../log.ts";
import type { Controller } from "../runtime/controller.ts";
import { boundPerAddress, makeDrain } from "./connections.ts";
import type { Metrics } from "./metrics.ts";
import { sendError } from "./problem.ts";

/** Looks at one thing: undefined where it is well, else what is wrong, in a few words that hold no secret. */
export type Check = () => string | undefined;

/** What is served. The maps are read at each request: what starts later is added later. */
export interface HealthOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  /** What fails here is cured by a restart only. */
  readonly live: ReadonlyMap<string, Check>;
  /** What has to be well before others may rely on this process. Nothing in it: not ready. */
  readonly ready: ReadonlyMap<string, Check>;
  readonly metrics: Pick<Metrics, "render">;
  readonly log: Log;
  /** Connections at once, and those of one address. */
  readonly connections?: number;
  readonly connectionsPerAddress?: number;
}

/** The server of the probes. */
export interface HealthServer {
  readonly port: number;
  /** Answers what is in flight for up to `graceMs`, and closes. */
  stop(graceMs: number): Promise<void>;
}

const maxHeaderSize = 16_384;
const slowMs = 10_000;

/**
 * Serves `/healthz`, `/readyz` and `/metrics` over plain HTTP, to GET and HEAD. Rejects with Node's own error where it cannot
 * listen.
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const { connections = 500, connectionsPerAddress = 50 } = options;
  const server = createServer(
    {
      maxHeaderSize,
      headersTimeout: slowMs,
      requestTimeout: slowMs,
      // Longer than Prometheus' time between two scrapes mostly is.
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
    },
    makeApp(options),
  );
  server.maxConnections = connections;
  server.setTimeout(70_000);
  boundPerAddress(server, connectionsPerAddress);
  server.on("clientError", (_, socket) => socket.destroy());
  const drain = makeDrain(server);
  const address = parseAddress(options.listen);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: address?.port ?? 0, host: address?.host }, () => resolve());
  });
  server.removeAllListeners("error");
  server.on("error", (error) => options.log.error("The server of the probes failed", { error: error.message }));
  return { port: (server.address() as AddressInfo).port, stop: drain };
}

/** Fails while a key of the controller has been running for longer than `ms`: it does not run again before a restart. */
export function makeStuckCheck(controller: Pick<Controller, "longestRunning">, ms: number): Check {
  return () => {
    const longest = controller.longestRunning();
    return longest === undefined || longest.ms <= ms
      ? undefined
      : `runs for ${Math.round(longest.ms / 1000)} s: ${longest.key}`;
  };
}

function makeApp({ live, ready, metrics, log }: HealthOptions): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", "simple");
  app.enable("strict routing").enable("case sensitive routing");
  const render = shareWhileBusy(() => metrics.render());
  const routes: Readonly<Record<string, (request: Request, response: Response) => void | Promise<void>>> = {
    "/healthz": (request, response) => answer(live, request, response),
    "/readyz": (request, response) => answer(ready, request, response, "nothing is ready yet"),
    "/metrics": async (_, response) => {
      const { type, text } = await render();
      response.set({ "Content-Type": type, "Cache-Control": "no-store" }).send(text);
    },
  };
  for (const [path, route] of Object.entries(routes)) {
    app.get(path, route);
    app.all(path, (_, response) => {
      response.set("Allow", "GET, HEAD");
      sendError(response, 405, "Cannot do this here: use GET or HEAD");
    });
  }
  app.use((_, response) => sendError(response, 404, "Cannot find this: use /healthz, /readyz or /metrics"));
  // Express knows an error handler by its four parameters.
  const onError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    log.error("Cannot answer a request", { path: request.path.slice(0, 100), error: String(error) });
    if (response.headersSent) response.destroy();
    else sendError(response, 500, "Cannot answer, see the operator's log");
  };
  app.use(onError);
  return app;
}

/** `ok`, or the names of what is not well; with `?verbose` every check as JSON. */
function answer(checks: ReadonlyMap<string, Check>, request: Request, response: Response, ifNone?: string): void {
  const found = [...checks].map(([name, check]) => ({ name, problem: runCheck(check) }));
  if (found.length === 0 && ifNone !== undefined) found.push({ name: "start", problem: ifNone });
  const bad = found.filter(({ problem }) => problem !== undefined);
  response.status(bad.length === 0 ? 200 : 503).set("Cache-Control", "no-store");
  if (request.query["verbose"] !== undefined) {
    const list = found.map(({ name, problem }) => ({ name, ok: problem === undefined, ...(problem && { problem }) }));
    response.json({ ok: bad.length === 0, checks: list });
  } else {
    const lines = bad.map(({ name, problem }) => `${name}: ${problem}`);
    response.type("text/plain").send(lines.length === 0 ? "ok\n" : `${lines.join("\n")}\n`);
  }
}

function runCheck(check: Check): string | undefined {
  try {
    return check();
  } catch {
    return "cannot be looked at";
  }
}

/** Whoever asks while it is made gets the same: many scrapes at once cost one. */
function shareWhileBusy<T>(make: () => Promise<T>): () => Promise<T> {
  let busy: Promise<T> | undefined;
  return () => {
    busy ??= make().finally(() => {
      busy = undefined;
    });
    return busy;
  };
}
