import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Grants } from "../../../../../runner/config.ts";
import type { Backends, HostInstance } from "../../../../../runner/host/host.ts";
import { httpInterfaces } from "../../../../../runner/host/http/interfaces.ts";
import { ioInterfaces } from "../../../../../runner/host/io.ts";
import type { Linked, LinkedFunction } from "../../../../../runner/link/linked.ts";
import { answerFailure, createHttpServer, type HttpLimits, handle } from "../../../../../runner/serve/http.ts";
import { caller, out, TestGuest } from "../io/guest.ts";

/** A host with grants, whose log is a list of lines. */
export function makeHost(grants: Grants = {}, headerBytes = 16_384): { host: HostInstance; log: string[] } {
  const log: string[] = [];
  const host: HostInstance = {
    instance: "test",
    grants,
    services: {
      log: { write: (instance, stream, line) => void log.push(`${instance} ${stream}: ${line}`) },
      backends: {} as Backends,
      signal: new AbortController().signal,
      limits: { headerBytes, bodyBytes: 1 << 20, memoryBytes: 1 << 26 },
    },
  };
  return { host, log };
}

/** What a guest would do through its bindings, written in JavaScript over the same core functions. */
export class HttpGuest extends TestGuest {
  readonly call: ReturnType<typeof caller>;

  constructor(host: HostInstance = makeHost().host) {
    super();
    const bound = [...ioInterfaces, ...httpInterfaces].map((one) => one.bind(this, host));
    this.call = caller(Object.assign({}, ...bound));
  }

  /** The handle at `at` of a `result<handle>`; undefined for the error. */
  #handle(at = 4): number | undefined {
    return this.u8(out) === 0 ? this.u32(out + at) : undefined;
  }
  method(name: string, self: number, ...args: number[]): number | undefined {
    this.call(`[method]${name}`, self, ...args, out);
    return this.#handle();
  }

  fields(entries: readonly (readonly [string, string | Uint8Array])[] = []): number {
    const self = this.call("[constructor]fields") as number;
    for (const [name, value] of entries) {
      this.call("[method]fields.append", self, ...this.put(name), ...this.put(value), out);
      if (this.u8(out) !== 0) throw new RangeError(`header-error ${this.u8(out + 1)}`);
    }
    return self;
  }
  entries(self: number): [string, string][] {
    this.call("[method]fields.entries", self, out);
    const [base, length] = [this.u32(out), this.u32(out + 4)];
    return Array.from({ length }, (_, i) => [this.textAt(base + 16 * i), this.textAt(base + 16 * i + 8)]);
  }

  /** Sets a response; the handle of its body, where one is wanted. */
  respond(outparam: number, options: { status?: number; fields?: number; body?: boolean } = {}): number {
    const response = this.call("[constructor]outgoing-response", options.fields ?? this.fields()) as number;
    if (options.status !== undefined) this.call("[method]outgoing-response.set-status-code", response, options.status);
    const body = options.body === false ? undefined : this.method("outgoing-response.body", response);
    this.call("[static]response-outparam.set", outparam, 0, response, 0, 0n, 0, 0, 0, 0);
    return body ?? 0;
  }
  /** Writes all of it, waiting for room; false where the stream failed or was closed. */
  async write(stream: number, data: string | Uint8Array): Promise<boolean> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const at = this.put(bytes)[0];
    for (let sent = 0; sent < bytes.length || bytes.length === 0; sent += 4096) {
      const size = Math.min(4096, bytes.length - sent);
      await this.call("[method]output-stream.blocking-write-and-flush", stream, at + sent, size, out);
      if (this.u8(out) !== 0) return false;
      if (bytes.length === 0) break;
    }
    return true;
  }
  /** Writes at once, as a guest does that has not been suspended. */
  writeNow(stream: number, text: string): void {
    this.call("[method]output-stream.blocking-write-and-flush", stream, ...this.put(text), out);
  }
  /** Drops the stream and finishes; the number of the error case, or undefined. */
  finish(body: number, stream?: number, trailers?: number): number | undefined {
    if (stream !== undefined) this.drop(stream);
    this.call("[static]outgoing-body.finish", body, trailers === undefined ? 0 : 1, trailers ?? 0, out);
    return this.u8(out) === 0 ? undefined : this.u8(out + 8);
  }
  /** Answers with a whole body. */
  answer(outparam: number, text: string, options: { status?: number; fields?: number } = {}): void {
    const body = this.respond(outparam, options);
    const stream = this.method("outgoing-body.write", body)!;
    this.writeNow(stream, text);
    this.finish(body, stream);
  }

  /** Reads to the end: the text, and the number of the `error-code` where it failed. */
  async readAll(stream: number): Promise<{ text: string; error?: number }> {
    let text = "";
    for (;;) {
      await this.call("[method]input-stream.blocking-read", stream, 65_536n, out);
      if (this.u8(out) === 1)
        return this.u8(out + 4) === 1 ? { text } : { text, error: this.errorOf(this.u32(out + 8)) };
      text += this.textAt(out + 4);
    }
  }
  /** `http-error-code` of a stream's error. */
  errorOf(error: number): number {
    this.call("http-error-code", error, out + 256);
    return this.u8(out + 256) === 1 ? this.u8(out + 264) : -1;
  }
  /** The trailers that follow a body, or the number of the error. */
  async trailers(body: number): Promise<[string, string][] | undefined | { error: number }> {
    const future = this.call("[static]incoming-body.finish", body) as number;
    await this.call("[method]pollable.block", this.call("[method]future-trailers.subscribe", future) as number);
    this.call("[method]future-trailers.get", future, out);
    if (this.u8(out + 16) === 1) return { error: this.u8(out + 24) };
    return this.u8(out + 24) === 1 ? this.entries(this.u32(out + 28)) : undefined;
  }
}

/** A request that a guest makes. */
export interface Outgoing {
  readonly authority?: string;
  readonly method?: string;
  readonly scheme?: "http" | "https";
  readonly path?: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly trailers?: readonly (readonly [string, string])[];
  /** Milliseconds. */
  readonly connect?: number;
  readonly firstByte?: number;
  readonly betweenBytes?: number;
}

/** The handle of an outgoing-request, with its body where it has one. */
export function makeRequest(guest: HttpGuest, outgoing: Outgoing): { request: number; body: number | undefined } {
  const { authority = "", method = "GET", scheme = "http", path = "/", fields = [], body } = outgoing;
  const request = guest.call("[constructor]outgoing-request", guest.fields(fields)) as number;
  const results = [
    guest.call("[method]outgoing-request.set-method", request, 9, ...guest.put(method)),
    guest.call("[method]outgoing-request.set-scheme", request, 1, scheme === "http" ? 0 : 1, 0, 0),
    guest.call("[method]outgoing-request.set-authority", request, 1, ...guest.put(authority)),
    guest.call("[method]outgoing-request.set-path-with-query", request, 1, ...guest.put(path)),
  ];
  if (results.includes(1)) throw new RangeError(`refused: ${results}`);
  return { request, body: body === undefined ? undefined : guest.method("outgoing-request.body", request) };
}

/** Gives a request to the handler: the future, or the number of the error. */
export function send(
  guest: HttpGuest,
  request: number,
  outgoing: Outgoing = {},
): { future: number } | { error: number } {
  const options = guest.call("[constructor]request-options") as number;
  for (const [name, ms] of [
    ["connect", outgoing.connect],
    ["first-byte", outgoing.firstByte],
    ["between-bytes", outgoing.betweenBytes],
  ] as const)
    if (ms !== undefined)
      guest.call(`[method]request-options.set-${name}-timeout`, options, 1, BigInt(ms) * 1_000_000n);
  guest.call("handle", request, 1, options, out);
  return guest.u8(out) === 0 ? { future: guest.u32(out + 8) } : { error: guest.u8(out + 8) };
}

/** Waits for a response: its handle, or the number of the error. */
export async function receive(guest: HttpGuest, future: number): Promise<{ response: number } | { error: number }> {
  const pollable = guest.call("[method]future-incoming-response.subscribe", future) as number;
  await guest.call("[method]pollable.block", pollable);
  guest.call("[method]future-incoming-response.get", future, out);
  return guest.u8(out + 16) === 0 ? { response: guest.u32(out + 24) } : { error: guest.u8(out + 24) };
}

/** The whole exchange: what came back, or the number of the error. */
export async function exchange(guest: HttpGuest, outgoing: Outgoing) {
  const { request, body } = makeRequest(guest, outgoing);
  const sent = send(guest, request, outgoing);
  if ("error" in sent) return sent;
  if (body !== undefined) {
    const stream = guest.method("outgoing-body.write", body)!;
    guest.writeNow(stream, outgoing.body ?? "");
    guest.finish(body, stream, outgoing.trailers === undefined ? undefined : guest.fields(outgoing.trailers));
  }
  const received = await receive(guest, sent.future);
  if ("error" in received) return received;
  const { response } = received;
  const status = guest.call("[method]incoming-response.status", response) as number;
  const headers = guest.entries(guest.call("[method]incoming-response.headers", response) as number);
  const incoming = guest.method("incoming-response.consume", response)!;
  const stream = guest.method("incoming-body.stream", incoming)!;
  const read = await guest.readAll(stream);
  guest.drop(stream);
  return { status, headers, ...read, trailers: await guest.trailers(incoming) };
}

/** What a guest does with a request; a rejection is its trap. */
export type GuestProgram = (guest: HttpGuest, request: number, outparam: number) => Promise<void> | void;

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly failures: unknown[];
  /** Settles when the guest of the last request has returned. */
  readonly done: () => Promise<void>;
  close(): Promise<void>;
}

/** Serves a program of the test as the runner serves a component. */
export async function serveProgram(program: GuestProgram, limits: Partial<HttpLimits> = {}): Promise<TestServer> {
  const all = { headerBytes: 16_384, bodyBytes: 1 << 20, requestTimeoutMs: 30_000, ...limits };
  const failures: unknown[] = [];
  let last: Promise<void> = Promise.resolve();
  const server = createHttpServer({
    limits: all,
    onRequest(request, response) {
      const linked = fakeLinked(new HttpGuest(), program);
      last = handle(request, response, { linked, limits: all }).catch((error: unknown) => {
        failures.push(error);
        answerFailure(request, response, error);
      });
    },
    onRefused: (error) => failures.push(error),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    failures,
    done: () => last,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fakeLinked(guest: HttpGuest, program: GuestProgram): Linked {
  const linked = { trap: undefined as unknown };
  const handler = {
    interface: "wasi:http/incoming-handler@0.2.0",
    name: "handle",
    guest,
    async callCore(request: number, outparam: number) {
      try {
        await program(guest, request, outparam);
      } catch (error) {
        linked.trap = error;
        throw error;
      }
    },
  };
  return Object.assign(linked, { functions: [handler as unknown as LinkedFunction] }) as unknown as Linked;
}

/** Sends bytes, half-closes where asked to, and gives all that comes back. */
export function raw(port: number, text: string, options: { end?: boolean } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    socket.write(text, "latin1");
    if (options.end === true) socket.end();
  });
}
