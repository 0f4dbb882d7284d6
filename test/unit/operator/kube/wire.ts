import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What came over the wire. */
export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/** A server on loopback that speaks as the API server does, or as a hostile one would. */
export interface Wire {
  readonly url: string;
  /** A folder for this test's files. */
  readonly folder: string;
  readonly received: readonly Received[];
  /** Connections that were ever made. */
  connections(): number;
  /** Writes a kubeconfig and gives its path; `user` goes into it as it is. */
  kubeconfig(user?: object, cluster?: object): Promise<string>;
  stop(): Promise<void>;
}

type Handler = (request: Received, response: ServerResponse) => void | Promise<void>;

/** Starts a server; with `tls` it speaks HTTPS. */
export async function startWire(
  handle: Handler,
  tls?: { readonly cert: string; readonly key: string; readonly port?: number },
): Promise<Wire> {
  const folder = await mkdtemp(join(tmpdir(), "tenon-wire-"));
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const request = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    received.push(request);
    await handle(request, response);
  };
  const run = (incoming: IncomingMessage, response: ServerResponse): void => {
    listener(incoming, response).catch(() => incoming.socket.destroy());
  };
  const server = tls === undefined ? createHttp(run) : createHttps(tls, run);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  server.listen(tls?.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  return {
    url,
    folder,
    received,
    connections: () => connections,
    async kubeconfig(user = {}, cluster = { "insecure-skip-tls-verify": true }) {
      const file = join(folder, "kubeconfig");
      const config = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: url, ...cluster } }],
        users: [{ name: "u", user }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      };
      // JSON is YAML.
      await writeFile(file, JSON.stringify(config));
      return file;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Answers with this status and JSON. */
export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** A `Status` object as the API server sends it. */
export function failure(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details, code };
}

/** Asks until it is so; the runner's own time limit ends what never comes. */
export async function until(ask: () => boolean): Promise<void> {
  while (!ask()) await new Promise((resolve) => setTimeout(resolve, 2));
}
