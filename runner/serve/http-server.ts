import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Limits } from "../config.ts";
import { countRejection, type Stats } from "../stats.ts";
import { createHttpServer } from "./http.ts";
import type { Refusal } from "./refusals.ts";

/** Connections of one worker; each costs memory before anybody has asked for anything. */
const mostConnections = 8192;
/** Milliseconds in which a client must take something of an answer that waits for it. */
const slowestReadMs = 60_000;

/** The HTTP server of one worker. It does not listen: its connections come from the supervisor. */
export class HttpServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** In no order; each knows its place. A set would copy itself again and again under load. */
  readonly #active: { readonly response: ServerResponse; at: number }[] = [];
  readonly #stats: Stats;
  readonly #maxConnections: number;
  #draining = false;
  #idleOver = false;
  #quiet: (() => void) | undefined;

  constructor(
    listener: (request: IncomingMessage, response: ServerResponse) => void,
    options: {
      readonly limits: Limits;
      readonly stats: Stats;
      readonly maxConnections?: number;
      readonly readMs?: number;
      readonly onRefused?: (refusal: Refusal) => void;
    },
  ) {
    this.#stats = options.stats;
    this.#maxConnections = options.maxConnections ?? mostConnections;
    this.#server = createHttpServer({
      limits: options.limits,
      onRefused: (refusal) => {
        if (refusal.limit !== undefined) countRejection(options.stats, refusal.limit);
        options.onRefused?.(refusal);
      },
      onRequest: (request, response) => {
        const entry = { response, at: this.#active.length };
        this.#active.push(entry);
        // It closes once: `once` would wrap the listener, and take it off again.
        response.on("close", () => this.#closed(entry));
        // Whoever has this connection open learns that the next request belongs elsewhere.
        if (this.#draining) response.shouldKeepAlive = false;
        listener(request, response);
      },
    });
    this.#server.setTimeout(options.readMs ?? slowestReadMs, (socket) => this.#still(socket));
    // It never listens itself, and this is when Node begins to check the times of its connections.
    this.#server.emit("listening");
  }

  /** Takes a connection over. It must not have been read from. */
  accept(socket: Socket): void {
    if (this.#sockets.size >= this.#maxConnections) {
      countRejection(this.#stats, "connections");
      socket.destroy();
      return;
    }
    socket.allowHalfOpen = true;
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#quiet?.();
    });
    this.#server.emit("connection", socket);
  }

  /**
   * Answers what is in flight, and for `idleMs` also what still comes on open connections, each answer with
   * `connection: close`. Resolves when all connections are closed; after `drainMs` more the rest is cut.
   */
  async drain(idleMs: number, drainMs: number): Promise<void> {
    this.#draining = true;
    for (const { response } of this.#active) response.shouldKeepAlive = false;
    const quiet = new Promise<void>((resolve) => {
      this.#quiet = resolve;
      if (this.#sockets.size === 0) resolve();
    });
    const idle = setTimeout(() => {
      this.#idleOver = true;
      this.#server.closeIdleConnections();
    }, idleMs);
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, idleMs + drainMs);
    await quiet;
    clearTimeout(idle);
    clearTimeout(late);
  }

  // A guest may take its time; a client that does not read what it gave may not, nor one that asks for nothing.
  #still(socket: Socket): void {
    const works = socket.writableLength === 0 && this.#active.some(({ response }) => response.socket === socket);
    if (works) return;
    if (socket.writableLength > 0) countRejection(this.#stats, "slowReader");
    socket.destroy();
  }

  // An answer whose head was out before the drain began leaves its connection open.
  #closed(entry: { at: number }): void {
    const last = this.#active.pop()!;
    if (last !== entry) {
      this.#active[entry.at] = last;
      last.at = entry.at;
    }
    if (this.#idleOver) setImmediate(() => this.#server.closeIdleConnections());
  }
}
