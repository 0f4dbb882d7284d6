import type { Dispatcher } from "undici";
import type { Clock } from "../clock.ts";
import { Bound } from "./bound.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { DispatcherCache } from "./dispatchers.ts";
import { KubeError } from "./error.ts";
import { watchOpensMs } from "./limits.ts";
import { printable } from "./translate.ts";

/** One request as it was answered or failed, for the metrics. */
export interface Sent {
  readonly method: string;
  /** Plural of the kind, with `/status` where that was addressed. */
  readonly resource: string;
  /** HTTP status, or `<error>` where none came. */
  readonly code: string;
  /** Until the whole answer was there; of a watch: until it began. */
  readonly ms: number;
  /** `HOST:PORT` that was asked; undefined where there were no credentials yet. */
  readonly host: string | undefined;
}

/** What is sent. */
export interface Request {
  /** Begins messages: `Cannot get Service "a"`. */
  readonly what: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly resource: string;
  /** Path and query, without what the server's URL has before. */
  readonly path: string;
  readonly accept?: string | undefined;
  readonly body?: { readonly type: string; readonly value: unknown } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** All of it must be done by then. */
  readonly timeoutMs: number;
  /** An answer with more bytes is refused. */
  readonly maxBytes: number;
}

/** A complete answer. `body` is the parsed JSON, or undefined where it is none. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

/** What a transport is made of. */
export interface TransportOptions {
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly onRequest?: ((sent: Sent) => void) | undefined;
}

type Response = Dispatcher.ResponseData;

/** HTTP to the API server: pooled connections, fresh credentials, every answer bounded in time and in bytes. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #dispatchers = new DispatcherCache();
  readonly #closed = new AbortController();
  #host: string | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Sends, and reads the whole answer, whatever its status. Rejects with `KubeError`. */
  async send(request: Request): Promise<Answer> {
    using bound = this.#bound(request);
    const report = this.#reporter(request);
    try {
      const { response, credentials } = await this.#request(request, bound, false);
      const text = await readBody(response, request);
      report(response.statusCode);
      await this.#afterAnswer(response, credentials);
      return {
        status: response.statusCode,
        retryAfter: retryAfterOf(response),
        body: parseAnswer(text, response, request),
      };
    } catch (error) {
      report(undefined);
      throw bound.explain(error);
    }
  }

  /**
   * Sends, and hands over the body as it comes; one of a status other than 200 is read whole and handed to `refused`, whose
   * error is thrown. Ends when the server ends it; the connection is dropped when the consumer stops early.
   */
  async *stream(
    request: Request,
    { refused, onOpen }: { readonly refused: (answer: Answer) => Error; readonly onOpen?: (() => void) | undefined },
  ): AsyncGenerator<Uint8Array> {
    using bound = this.#bound(request);
    const report = this.#reporter(request);
    try {
      const { response, credentials } = await this.#request(request, bound, true);
      report(response.statusCode);
      if (response.statusCode !== 200) {
        const text = await readBody(response, request);
        await this.#afterAnswer(response, credentials);
        const body = parseAnswer(text, response, request);
        throw refused({ status: response.statusCode, retryAfter: retryAfterOf(response), body });
      }
      onOpen?.();
      yield* response.body;
    } catch (error) {
      report(undefined);
      throw bound.explain(error);
    }
  }

  /** Drops all connections; what is under way fails. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#dispatchers.close();
  }

  async #request(
    request: Request,
    bound: Bound,
    watch: boolean,
  ): Promise<{ readonly response: Response; readonly credentials: Credentials }> {
    // A plugin that gives credentials may hang: the bound holds for it, too.
    const credentials = await Promise.race([this.#options.credentials.current(), bound.aborted]);
    const { server, headers } = credentials;
    this.#host = server.host;
    const dispatchers = this.#dispatchers.for(credentials);
    const response = await (watch ? dispatchers.watches : dispatchers.calls).request({
      origin: server.origin,
      path: `${server.pathname.replace(/\/$/, "")}${request.path}`,
      method: request.method,
      headers: {
        accept: request.accept ?? "application/json",
        "user-agent": this.#options.userAgent,
        ...headers,
        ...(request.body === undefined ? {} : { "content-type": request.body.type }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body.value),
      signal: bound.signal,
      headersTimeout: watch ? watchOpensMs : 0,
    });
    return { response, credentials };
  }

  async #afterAnswer(response: Response, credentials: Credentials): Promise<void> {
    if (response.statusCode === 401) await this.#options.credentials.refuse(credentials);
  }

  #bound(request: Request): Bound {
    return new Bound(request, this.#options.clock, this.#closed.signal);
  }

  /** Reports the request once, the first time that it is called. */
  #reporter({ method, resource }: Request): (status: number | undefined) => void {
    const { clock, onRequest } = this.#options;
    const start = clock.now();
    let reported = onRequest === undefined;
    return (status) => {
      if (reported) return;
      reported = true;
      onRequest?.({
        method,
        resource,
        code: status === undefined ? "<error>" : String(status),
        ms: clock.now() - start,
        host: this.#host,
      });
    };
  }
}

async function readBody(response: Response, { what, maxBytes }: Request): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    // Leaving the loop destroys the body, and its connection with it.
    if (size > maxBytes) throw new KubeError("too-large", `${what}: the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseAnswer(text: string, { statusCode }: Response, { what }: Request): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Proxies and the API server itself answer some failures in plain text: it is the best reason that there is.
    if (statusCode >= 300) return { kind: "Status", message: printable(text) };
    throw new KubeError("unavailable", `${what}: the answer is no JSON`, { status: statusCode });
  }
}

function retryAfterOf({ headers }: Response): string | undefined {
  const value = headers["retry-after"];
  return Array.isArray(value) ? value[0] : value;
}
