import type { Backend } from "../config.ts";
import type { Backends, KeyValueBackend } from "../host/host.ts";
import { BackendError } from "./error.ts";
import { MemoryBackend } from "./memory.ts";

/**
 * The backends of one process. Each is opened when it is first used and closed by `close`, after which none opens.
 * `keyvalue` throws `BackendError` for a name that is not configured, and where opening fails.
 */
export async function openBackends(configured: Readonly<Record<string, Backend>>): Promise<Backends> {
  const open = new Map<string, KeyValueBackend>();
  // SQLite costs a cold start some milliseconds: it is loaded only for those who use it.
  const sqlite = Object.values(configured).some(({ keyvalue }) => "sqlite" in keyvalue)
    ? await import("./sqlite.ts")
    : undefined;
  let closed = false;
  return {
    keyvalue(name) {
      if (closed) throw new BackendError("closed", `Cannot use backend "${name}": the runner is stopping`);
      let backend = open.get(name);
      if (backend !== undefined) return backend;
      const config = Object.hasOwn(configured, name) ? configured[name]! : undefined;
      if (config === undefined) {
        throw new BackendError("unknown-backend", `Cannot use backend "${name}": it is not configured`);
      }
      backend =
        "sqlite" in config.keyvalue ? new sqlite!.SqliteBackend(config.keyvalue.sqlite.path) : new MemoryBackend();
      open.set(name, backend);
      return backend;
    },
    async close() {
      closed = true;
      const backends = [...open.values()];
      open.clear();
      for (const backend of backends) await backend.close();
    },
  };
}
