import { createServer, type Server, type Socket } from "node:net";
import { RunnerError } from "./error.ts";

/** Somebody who can take one connection at a time: a worker process. */
export interface Receiver {
  /** False while it starts, drains, or has not answered for the last one. */
  readonly open: boolean;
  /** Hands over a copy of the connection; `taken` is called when the receiver says that it has it, never after it died. */
  receive(socket: Socket, taken: () => void): void;
}

const maxWaiting = 4096;

/**
 * The listening socket. It belongs to the supervisor and outlives every worker: a connection that comes while a worker is
 * replaced waits here, and one that a worker did not acknowledge before it died is handed to the next.
 */
export class Connections {
  readonly #receivers: () => readonly Receiver[];
  readonly #waiting: Socket[] = [];
  #server: Server | undefined;
  #turn = 0;

  constructor(receivers: () => readonly Receiver[]) {
    this.#receivers = receivers;
  }

  /** Connections that no worker has taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Starts to accept; gives the real port. Throws `RunnerError` `listen-failed`. */
  async listen(address: string): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = parseAddress(address);
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    server.on("connection", (socket: Socket) => this.#accept(socket));
    await listenOn(server, host, port, address);
    server.on("error", () => {});
    this.#server = server;
    return { host, port: (server.address() as { port: number }).port };
  }

  /** Hands out what waits: to be called when a receiver becomes open. */
  pump(): void {
    while (this.#waiting.length > 0) {
      const receiver = this.#next();
      if (receiver === undefined) return;
      this.#hand(receiver, this.#waiting.shift()!);
    }
  }

  /** A connection whose receiver died before it took it goes back to the head of the line. */
  return(socket: Socket): void {
    this.#waiting.unshift(socket);
    this.pump();
  }

  /** Stops accepting, after what the kernel has queued was taken in; connections that still wait are handed out. */
  async close(): Promise<void> {
    // Closing a listening socket resets its queue, so let the event loop accept what is in it.
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.#server?.close();
    this.#server = undefined;
  }

  /** Cuts what still waits. */
  destroy(): void {
    this.#server?.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#waiting.length >= maxWaiting) {
      socket.destroy();
      return;
    }
    this.#waiting.push(socket);
    this.pump();
  }

  #hand(receiver: Receiver, socket: Socket): void {
    receiver.receive(socket, () => {
      // Only this process's copy: the connection lives on in the worker.
      socket.destroy();
      this.pump();
    });
  }

  #next(): Receiver | undefined {
    const receivers = this.#receivers();
    for (let i = 0; i < receivers.length; i++) {
      const receiver = receivers[(this.#turn + i) % receivers.length]!;
      if (!receiver.open) continue;
      this.#turn = (this.#turn + i + 1) % receivers.length;
      return receiver;
    }
    return undefined;
  }
}

/** `HOST:PORT`, `[::1]:80`, `:80` or `80`. Throws `RunnerError` `bad-config`. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new RunnerError("bad-config", `Cannot listen on "${address}": write HOST:PORT, for example 127.0.0.1:8080`);
  }
  return { host: match[1] || match[2] || "0.0.0.0", port };
}

/** Listens, or throws `RunnerError` `listen-failed` that says what to do. */
export async function listenOn(server: Server, host: string, port: number, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const hint =
        cause.code === "EADDRINUSE" ? "another process has this port; stop it, or choose another port" : cause.message;
      reject(new RunnerError("listen-failed", `Cannot listen on ${address}: ${hint}`, { cause }));
    });
    server.listen({ host, port, backlog: 511 }, resolve);
  });
  server.removeAllListeners("error");
}
