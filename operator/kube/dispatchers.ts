import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { Credentials } from "./credentials.ts";

/** One for calls, few connections that are used again and again; one for watches, where each holds a connection. */
export interface Dispatchers {
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

const callConnections = 10;
// The API server closes idle connections after 90 s; we are first, so that no request meets one that is being closed.
const keepAliveTimeout = 60_000;
// A peer that vanished is found by probes of the kernel: 30 s of silence, then 10 probes, a second apart.
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000 };
const connectTimeoutMs = 10_000;

/** Keeps connections for as long as what they depend on stays the same: certificates, authority, server and proxy. */
export class DispatcherCache {
  #made: { readonly for: string; readonly dispatchers: Dispatchers } | undefined;

  /** Those for these credentials; connections of older ones finish what they have, and close. */
  for(credentials: Credentials): Dispatchers {
    const key = JSON.stringify([credentials.server.origin, credentials.proxy, credentials.tls]);
    if (this.#made?.for !== key) {
      const old = this.#made?.dispatchers;
      this.#made = {
        for: key,
        dispatchers: { calls: make(credentials, callConnections), watches: make(credentials, null) },
      };
      for (const each of [old?.calls, old?.watches]) void each?.close().catch(() => undefined);
    }
    return this.#made.dispatchers;
  }

  /** Drops all connections, at once. */
  async close(): Promise<void> {
    const made = this.#made?.dispatchers;
    this.#made = undefined;
    await Promise.all([made?.calls.destroy(), made?.watches.destroy()]);
  }
}

function make({ tls, proxy }: Credentials, connections: number | null): Dispatcher {
  // HTTP/1.1: a reset or a GOAWAY of one HTTP/2 connection would end all watches at once. Timeouts are the transport's.
  const options = { connections, keepAliveTimeout, headersTimeout: 0, bodyTimeout: 0, allowH2: false };
  if (proxy === undefined)
    return new Agent({ ...options, connect: { ...keepAlive, ...tls, timeout: connectTimeoutMs } });
  return new ProxyAgent({ ...options, uri: proxy, requestTls: { ...tls, allowH2: false }, connect: keepAlive });
}
