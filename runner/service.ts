import type { LoadedArtifact } from "./artifact-load.ts";
import { type Composition, openComposition } from "./composition.ts";
import type { RunnerConfig } from "./config.ts";
import { EdgeCounts } from "./edge-counts.ts";
import { RunnerError } from "./error.ts";
import type { Services, Trap } from "./host/host.ts";
import { LimitError } from "./limits.ts";
import type { RunnerLog } from "./log.ts";
import type { WorkerInfo } from "./messages.ts";
import { Pool } from "./pool.ts";
import { CallGateway } from "./serve/call.ts";
import { HttpServer } from "./serve/http-server.ts";
import { makeListener } from "./serve/listener.ts";
import { Refusals } from "./serve/refusals.ts";
import { emptyStats, type Stats } from "./stats.ts";
import { describeTrap } from "./traps.ts";
import { startWatchdog } from "./watchdog.ts";

/** A composition that serves in this process. */
export interface Service {
  readonly info: WorkerInfo;
  readonly server: HttpServer;
  readonly services: Services;
  /** What was counted until now. */
  stats(): Stats;
  /** Ends backends and threads; nothing may be in flight. */
  close(): Promise<void>;
}

/** Opens the composition, makes its first instance, and an HTTP server around it. Throws `RunnerError`. */
export async function startService(
  config: RunnerConfig,
  log: RunnerLog,
  artifact?: Promise<LoadedArtifact>,
): Promise<Service> {
  const { limits } = config;
  const watchdog = limits.requestTimeoutMs === null ? undefined : startWatchdog();
  const composition = await openComposition(config, {
    log,
    ...(artifact === undefined ? {} : { artifact }),
    ...(watchdog === undefined ? {} : { epoch: watchdog.epoch }),
  });
  const stats = emptyStats();
  const pool = new Pool(composition.linker, {
    limits,
    isolation: config.isolation,
    ...(watchdog === undefined ? {} : { watch: watchdog.watch }),
  });
  warm(pool, config);
  const { plan } = composition.artifact.index;
  const gateway = config.call
    ? new CallGateway(plan, {
        composition: config.composition,
        bodyBytes: limits.bodyBytes,
        listen: config.listen,
      })
    : undefined;
  const listener = makeListener({
    pool,
    stats,
    limits,
    http: servesHttp(composition),
    ...(gateway === undefined ? {} : { gateway }),
    onFailure: (requestId, error) => noteFailure(requestId, error, { config, stats, log }),
  });
  const refusals = new Refusals((line) => log.event("warn", line));
  const edges = new EdgeCounts(composition.probes, composition.linker.edges, config.composition);
  return {
    info: describe(composition, edges),
    server: new HttpServer(listener, { limits, stats, onRefused: (refusal) => refusals.note(refusal) }),
    services: composition.services,
    stats() {
      const { instances, memoryBytes } = pool.size();
      return {
        ...stats,
        pooled: instances,
        memoryBytes,
        waiting: pool.waiting,
        edges: edges.read(pool.running === 0),
      };
    },
    async close() {
      await composition.close();
      await watchdog?.close();
    },
  };
}

/** The first instance is made before anything is served, so that what cannot start is never ready. */
function warm(pool: Pool, config: RunnerConfig): void {
  try {
    pool.warm();
  } catch (cause) {
    const trap = findTrap(cause);
    if (trap === undefined) {
      throw new RunnerError("link-failed", `Cannot start the composition: ${(cause as Error).message}`, { cause });
    }
    const { instance, function: name, message } = describeTrap(trap, config.composition);
    const what = `${instance} trapped in ${name} while it was instantiated: ${message}`;
    throw new RunnerError("link-failed", `Cannot start the composition: ${what}`, { cause });
  }
}

function describe({ artifact, linker }: Composition, edges: EdgeCounts): WorkerInfo {
  return {
    artifact: artifact.digest,
    instances: artifact.index.wiring.instances,
    edges: edges.edges,
    exports: Object.keys(artifact.index.plan.exports),
    notResettable: linker.notResettable,
  };
}

function servesHttp({ artifact }: Composition): boolean {
  const names = Object.keys(artifact.index.plan.exports);
  return names.some((name) => name.startsWith("wasi:http/incoming-handler@0.2."));
}

function noteFailure(
  requestId: string,
  error: unknown,
  to: { config: RunnerConfig; stats: Stats; log: RunnerLog },
): void {
  const trap = findTrap(error);
  if (trap === undefined) {
    // A limit is what was asked for; what is left are mistakes of the composition or ours.
    const level = error instanceof LimitError ? "warn" : "error";
    to.log.event(level, `Request ${requestId} failed: ${(error as Error).message}`, { requestId });
    return;
  }
  const { instance, ...last } = describeTrap(trap, to.config.composition);
  to.stats.traps[instance] = (to.stats.traps[instance] ?? 0) + 1;
  to.stats.lastTraps[instance] = { time: new Date().toISOString(), ...last, requestId };
  to.log.event("error", `Request ${requestId} failed: ${instance} trapped in ${last.function}: ${last.message}`, {
    requestId,
    instance,
    function: last.function,
  });
}

/** A trap, also where a limit or another error carries it as its cause. */
function findTrap(error: unknown): Trap | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at.name === "Trap") return at as Trap;
  return undefined;
}
