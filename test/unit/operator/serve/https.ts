import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { Router } from "express";
import { makeLog } from "../../../../operator/log.ts";
import type { Tls } from "../../../../operator/serve/certificate.ts";
import { makeAuthority, makeLeaf } from "../../../../operator/serve/certificate-make.ts";
import { type SecureServer, type ServerLimits, startSecureServer } from "../../../../operator/serve/server.ts";

/** A certificate of `localhost`. */
export async function makeTls(): Promise<Tls> {
  const now = Date.now();
  const authority = await makeAuthority({ now });
  return { authority: authority.authority, ...(await makeLeaf(authority, { names: ["localhost"], now })) };
}

/** A server on a free port of this machine. */
export interface Served extends SecureServer {
  readonly lines: Record<string, unknown>[];
  readonly tls: Tls;
  /** Gives the server another certificate. */
  readonly renew: (tls: Tls) => void;
}

export async function serve(
  routers: readonly Router[],
  options: { readonly limits?: ServerLimits; readonly tls?: Tls; readonly listen?: string } = {},
): Promise<Served> {
  const { tls = await makeTls(), limits = {}, listen = "127.0.0.1:0" } = options;
  const lines: Record<string, unknown>[] = [];
  const log = makeLog((line) => lines.push(JSON.parse(line)), { level: "debug", now: Date.now });
  let renew: (tls: Tls) => void = () => {};
  const onChange = (listener: (tls: Tls) => void): void => {
    renew = listener;
  };
  const certificate = { current: () => tls, onChange };
  const server = await startSecureServer({ listen, certificate, log, routers, limits });
  return { ...server, lines, tls, renew: (next) => renew(next) };
}

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request on a connection of its own, the server's name checked. */
export function ask(
  { port, tls }: Pick<Served, "port" | "tls">,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string | Buffer;
  } = {},
): Promise<Answer> {
  const { method = "GET", headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, servername: "localhost", ca: tls.authority, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The body as JSON. */
export function jsonOf({ body }: Answer): Record<string, unknown> {
  return JSON.parse(body.toString("utf8"));
}
