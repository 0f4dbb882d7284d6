import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { listenOn, parseAddress } from "../connections.ts";
import { http } from "../host/node-http.ts";
import type { Snapshot } from "../supervisor.ts";
import { type ForeignCheck, makeForeignCheck } from "./foreign.ts";
import { renderMetrics } from "./metrics.ts";
import { makeStatus } from "./status.ts";

/** What the admin server tells about: a `Supervisor`. */
export interface AdminSource {
  readonly ready: boolean;
  /** Undefined while there is nothing to tell yet. */
  snapshot(): Promise<Snapshot | undefined>;
}

/** The server of `/healthz`, `/readyz`, `/metrics` and `/status`, apart from the port of requests. */
export class AdminServer {
  readonly #source: AdminSource;
  readonly #token: Buffer | undefined;
  readonly #server: Server;
  #foreign: ForeignCheck = () => undefined;

  constructor(source: AdminSource, options: { readonly token?: string } = {}) {
    this.#source = source;
    this.#token = options.token === undefined ? undefined : hash(`Bearer ${options.token}`);
    this.#server = http.createServer({ headersTimeout: 5000, requestTimeout: 10_000 }, (request, response) => {
      this.#handle(request, response).catch(() => {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
  }

  /** Starts to listen; gives the real port. Throws `RunnerError` `listen-failed`. */
  async listen(address: string): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = parseAddress(address);
    this.#foreign = makeForeignCheck(address);
    await listenOn(this.#server, host, port, address);
    return { host, port: (this.#server.address() as { port: number }).port };
  }

  /** Closes at once. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return reply(response, 405, "Cannot answer this method: use GET\n");
    }
    const path = (request.url ?? "/").split("?")[0];
    switch (path) {
      case "/healthz":
        return reply(response, 200, "ok\n");
      case "/readyz":
        return this.#source.ready ? reply(response, 200, "ready\n") : reply(response, 503, "not ready\n");
      case "/metrics": {
        const snapshot = await this.#source.snapshot();
        if (snapshot === undefined) return reply(response, 503, notYet);
        const { type, text } = await renderMetrics(snapshot);
        return reply(response, 200, text, type);
      }
      case "/status":
        return this.#status(request, response);
      default:
        return reply(response, 404, "Cannot find this page: there are /healthz, /readyz, /metrics and /status\n");
    }
  }

  async #status(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const foreign = this.#foreign(request);
    if (foreign !== undefined) return reply(response, 403, `Cannot show the status: ${foreign}\n`);
    if (this.#token !== undefined && !timingSafeEqual(this.#token, hash(request.headers.authorization ?? ""))) {
      response.setHeader("www-authenticate", "Bearer");
      return reply(response, 401, "Cannot show the status: send the runner's token as authorization: Bearer TOKEN\n");
    }
    const { ready } = this.#source;
    const snapshot = await this.#source.snapshot();
    if (snapshot === undefined) return reply(response, 503, notYet);
    const status = makeStatus(snapshot, { ready, now: Date.now() });
    reply(response, 200, `${JSON.stringify(status, null, 2)}\n`, "application/json");
  }
}

const notYet = "Cannot tell anything yet: the composition is being started\n";

function reply(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

// Equal lengths, so that the comparison takes the same time whatever was sent.
function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
