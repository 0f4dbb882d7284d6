import type { Agent, AgentOptions, ClientRequest, IncomingMessage, OutgoingMessage } from "node:http";
import type { HostInstance } from "../host.ts";
import { http } from "../node-http.ts";
import { type Destination, makePolicy, type Policy, parseDestination, type Verdict } from "./allow.ts";
import { type ErrorCode, HttpIoError } from "./error-code.ts";
import { FutureResponse } from "./future-response.ts";
import { makeLookup } from "./lookup.ts";
import { IncomingResponse, type OutgoingRequest, type RequestOptions } from "./messages.ts";
import { errorCodeOf } from "./node-error.ts";
import type { BodyTarget } from "./outgoing-body.ts";

/** Requests that one instance has under way at most; more are refused with `connection-limit-reached`. */
const maximumInFlight = 256;
/** What wasmtime waits for each of connecting, the first byte, and the next byte, where the guest does not say. */
const defaultTimeoutMs = 600_000;
const maximumTimeoutMs = 0x7fffffff;
/** Different reasons that one instance's log is given; the rest would only repeat them. */
const maximumReasons = 32;
/** Destinations whose verdict is kept. */
const maximumTargets = 64;

interface Target {
  readonly to: Destination;
  readonly verdict: Verdict;
}

/** Outgoing HTTP of one instance: its policy, and connections that only requests under the same policy share. */
export class Client {
  readonly #host: HostInstance;
  readonly #policy: Policy;
  readonly #agents: Partial<Record<Destination["scheme"], Agent>> = {};
  readonly #reasons = new Set<string>();
  readonly #targets = new Map<string, Target>();
  #inFlight = 0;

  /** Throws `HttpError` where the grant is not valid. */
  constructor(host: HostInstance) {
    this.#host = host;
    this.#policy = makePolicy(host.grants.http);
  }

  /** Sends a request, at the latest at the end of the event loop's turn; a refusal is answered at once. Redirects are not followed. */
  send(request: OutgoingRequest, options: RequestOptions | undefined): FutureResponse | ErrorCode {
    if (request.scheme !== undefined && typeof request.scheme === "object") return { tag: "HTTP-request-URI-invalid" };
    if (request.method === "CONNECT") return { tag: "HTTP-request-method-invalid" };
    const scheme = request.scheme === "HTTP" ? "http" : "https";
    const target = request.authority === undefined ? undefined : this.#target(scheme, request.authority);
    if (target === undefined) return { tag: "HTTP-request-URI-invalid" };
    const { to, verdict } = target;
    const length = request.fields.contentLength();
    if (length === undefined || (length !== null && length > 0 && request.taken === undefined))
      return { tag: "HTTP-request-body-size", number: length ?? undefined };
    if (!verdict.allowed) {
      this.warn(to, verdict.reason);
      return { tag: verdict.refused === "address" ? "destination-IP-prohibited" : "HTTP-request-denied" };
    }
    if (this.#inFlight >= maximumInFlight) {
      this.warn(to, `${maximumInFlight} requests are under way`);
      return { tag: "connection-limit-reached" };
    }
    this.#inFlight++;
    const call = new ClientCall(this, { request, to, timeouts: timeoutsOf(options) });
    if (request.taken === undefined) call.begin(0)?.end();
    else request.taken.attach(call);
    return call.future;
  }

  /** The destination and the verdict over it depend on nothing else, so those asked for last are kept. */
  #target(scheme: "http" | "https", authority: string): Target | undefined {
    const key = `${scheme}://${authority}`;
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    const to = parseDestination(scheme, authority);
    if (to === undefined) return undefined;
    if (this.#targets.size >= maximumTargets) this.#targets.clear();
    const target = { to, verdict: this.#policy.permits(to) };
    if (authority.length <= 256) this.#targets.set(key, target);
    return target;
  }

  /** The agent for a destination. */
  agent({ scheme }: Destination): Agent {
    const known = this.#agents[scheme];
    if (known !== undefined) return known;
    const options = { keepAlive: true, maxSockets: 256, maxTotalSockets: 1024, maxFreeSockets: 64, timeout: 60_000 };
    const agent = new (moduleOf(scheme).Agent)({ ...options, lookup: makeLookup(this.#policy) } as AgentOptions);
    this.#agents[scheme] = agent;
    return agent;
  }

  get headerBytes(): number {
    return this.#host.services.limits.headerBytes;
  }

  /** A request is over, one way or another. */
  release(): void {
    this.#inFlight--;
  }

  /** Says in the guest's log why a request failed; once for each destination and reason. */
  warn(to: Destination, reason: string): void {
    const line = `outgoing request to ${to.scheme}://${to.host}:${to.port} failed: ${reason}`;
    if (this.#reasons.has(line) || this.#reasons.size >= maximumReasons) return;
    this.#reasons.add(line);
    this.#host.services.log.write(this.#host.instance, "warn", line);
  }
}

interface Timeouts {
  readonly connect: number;
  readonly firstByte: number;
  readonly betweenBytes: number;
}

function timeoutsOf(options: RequestOptions | undefined): Timeouts {
  const ms = (nanoseconds: bigint | undefined): number =>
    nanoseconds === undefined ? defaultTimeoutMs : Math.min(Math.ceil(Number(nanoseconds) / 1e6), maximumTimeoutMs);
  return {
    connect: ms(options?.connectTimeout),
    firstByte: ms(options?.firstByteTimeout),
    betweenBytes: ms(options?.betweenBytesTimeout),
  };
}

/** One outgoing request until its response's head is here. */
class ClientCall implements BodyTarget {
  readonly sizeError = "HTTP-request-body-size";
  readonly future: FutureResponse;
  readonly #client: Client;
  readonly #about: { readonly request: OutgoingRequest; readonly to: Destination; readonly timeouts: Timeouts };
  #sent: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(client: Client, about: { request: OutgoingRequest; to: Destination; timeouts: Timeouts }) {
    this.#client = client;
    this.#about = about;
    this.future = new FutureResponse(() => this.#fail({ tag: "connection-terminated" }));
  }

  begin(length: number | undefined): OutgoingMessage | null {
    if (this.#over) return null;
    const { request, to, timeouts } = this.#about;
    const path = request.path === undefined || request.path === "" ? "/" : request.path;
    const sent = moduleOf(to.scheme).request({
      agent: this.#client.agent(to),
      host: to.host,
      port: to.port,
      method: request.method,
      path: path.startsWith("?") ? `/${path}` : path,
      headers: headersOf(request, to, length),
      maxHeaderSize: this.#client.headerBytes,
    });
    this.#sent = sent;
    this.#arm(timeouts.connect, "connection-timeout");
    sent.on("socket", (socket) => {
      const connected = (): void => this.#arm(timeouts.firstByte, "HTTP-response-timeout");
      if (socket.connecting) socket.once(to.scheme === "https" ? "secureConnect" : "connect", connected);
      else connected();
    });
    sent.on("response", (response) => this.#answer(response));
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      this.#fail({ tag: "HTTP-upgrade-failed" });
      response.destroy();
    });
    sent.on("error", (error) => this.#fail(errorCodeOf(error), error));
    return sent;
  }

  abort(reason: string): void {
    this.#fail({ tag: "HTTP-protocol-error" }, new HttpIoError({ tag: "internal-error", text: reason }));
  }

  #arm(ms: number, tag: "connection-timeout" | "HTTP-response-timeout"): void {
    clearTimeout(this.#timer);
    if (!this.#over) this.#timer = setTimeout(() => this.#fail({ tag }), ms);
  }

  #answer(response: IncomingMessage): void {
    if (!this.#end()) return;
    const rules = {
      limit: Infinity,
      sizeError: "HTTP-response-body-size" as const,
      betweenBytesMs: this.#about.timeouts.betweenBytes,
    };
    this.future.settle(new IncomingResponse(response, rules));
  }

  #fail(code: ErrorCode, cause?: unknown): void {
    if (!this.#end()) return;
    const detail = (cause as { message?: string } | undefined)?.message;
    this.#client.warn(this.#about.to, detail === undefined ? code.tag : `${code.tag} (${detail})`);
    this.future.settle(code);
    this.#sent?.destroy();
  }

  /** False where it was over already. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#client.release();
    return true;
  }
}

function headersOf(request: OutgoingRequest, to: Destination, length: number | undefined): string[] {
  const literal = to.host.includes(":") ? `[${to.host}]` : to.host;
  const usual = to.port === (to.scheme === "https" ? 443 : 80);
  const headers = ["host", usual ? literal : `${literal}:${to.port}`, ...request.fields.list];
  if (request.fields.contentLength() !== null) return headers;
  if (length === undefined) headers.push("transfer-encoding", "chunked");
  else if (length > 0 || !/^(GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(request.method))
    headers.push("content-length", String(length));
  return headers;
}

/** TLS is loaded by who needs it: it costs a cold start some 10 ms. */
function moduleOf(scheme: Destination["scheme"]): Pick<typeof http, "Agent" | "request"> {
  return scheme === "http" ? http : process.getBuiltinModule("node:https");
}
