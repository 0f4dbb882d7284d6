import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startComposer } from "../../../../composer/index.ts";
import { defaultLimits, type Grants, type Limits } from "../../../../runner/config.ts";
import type { Backends, HostInstance } from "../../../../runner/host/host.ts";
import { hostInterfaces } from "../../../../runner/host/registry.ts";
import { link } from "../../../../runner/link/link.ts";
import type { Plan } from "../../../../runner/link/plan.ts";
import { Pool } from "../../../../runner/pool.ts";
import { createHttpServer } from "../../../../runner/serve/http.ts";
import { makeListener } from "../../../../runner/serve/listener.ts";
import { emptyStats, type Stats } from "../../../../runner/stats.ts";
import { startWatchdog } from "../../../../runner/watchdog.ts";

/** A guest behind a real server. */
export interface Served {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly pool: Pool;
  readonly stats: Stats;
  /** Lines of the guest's log: `warn: text`. */
  readonly log: string[];
  /** What was told of failed requests. */
  readonly failures: { readonly id: string; readonly error: unknown }[];
  close(): Promise<void>;
}

const flattened = new Map<string, Promise<{ plan: Plan; modules: WebAssembly.Module[] }>>();

/** The plan and the compiled modules of a component, made once. */
export function flatten(file: string): Promise<{ plan: Plan; modules: WebAssembly.Module[] }> {
  let made = flattened.get(file);
  if (made === undefined) {
    made = (async () => {
      const composer = startComposer();
      try {
        const { plan, modules } = await composer.flatten(await readFile(file), { deadlines: true });
        return { plan, modules: await Promise.all(modules.map((bytes) => WebAssembly.compile(bytes as BufferSource))) };
      } finally {
        await composer.close();
      }
    })();
    flattened.set(file, made);
  }
  return made;
}

/** Serves a guest of `guests/built` on a free port of 127.0.0.1. */
export async function serve(
  name: string,
  options: {
    readonly grants?: Grants;
    readonly limits?: Partial<Limits>;
    readonly isolation?: "Instance" | "Request";
  } = {},
): Promise<Served> {
  const { plan, modules } = await flatten(`guests/built/${name}.wasm`);
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const log: string[] = [];
  const ending = new AbortController();
  const host: HostInstance = {
    instance: name,
    grants: options.grants ?? {},
    services: {
      log: { write: (_instance, stream, line) => void log.push(`${stream}: ${line}`) },
      backends: {} as Backends,
      signal: ending.signal,
      limits,
    },
  };
  const watchdog = startWatchdog();
  const linker = link(plan, modules, {
    hosts: hostInterfaces,
    hostInstance: () => host,
    memoryBytes: limits.memoryBytes,
    epoch: watchdog.epoch,
  });
  const stats = emptyStats();
  const pool = new Pool(linker, { limits, isolation: options.isolation ?? "Instance", watch: watchdog.watch });
  const failures: { id: string; error: unknown }[] = [];
  const onRequest = makeListener({
    pool,
    stats,
    limits,
    http: true,
    onFailure: (id, error) => void failures.push({ id, error }),
  });
  const server = createHttpServer({ limits, onRequest });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    pool,
    stats,
    log,
    failures,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      ending.abort();
      await watchdog.close();
    },
  };
}
