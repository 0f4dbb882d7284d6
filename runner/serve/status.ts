import type { LastTrap } from "../stats.ts";
import type { Snapshot } from "../supervisor.ts";

/** How long after a trap an instance is not called healthy, milliseconds. */
export const degradedMs = 5 * 60_000;
/** Failed answers in a row after which an instance that trapped is called failing. */
export const failingAnswers = 3;

/** What `/status` says. */
export interface RunnerStatus {
  readonly composition: string;
  readonly artifact: string;
  readonly ready: boolean;
  readonly instances: readonly {
    readonly name: string;
    readonly component: string;
    readonly digest: string;
    /** Degraded: it trapped lately. Failing: and the last three requests or more failed. Unknown: nothing serves. */
    readonly state: "Healthy" | "Degraded" | "Failing" | "Unknown";
    readonly traps: number;
    readonly lastTrap: LastTrap | null;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly interface: string;
    readonly calls: number;
    readonly traps: number;
  }[];
  readonly workers: Snapshot["workers"];
  readonly restarts: number;
  readonly lastRestart: Snapshot["lastRestart"];
  readonly requests: Readonly<Record<string, number>>;
  readonly rejections: Readonly<Record<string, number>>;
  readonly exports: readonly string[];
  readonly isolation: { readonly mode: string; readonly fresh: string | null };
}

/** Puts a snapshot into words for people and for the operator. */
export function makeStatus(
  snapshot: Snapshot,
  options: { readonly ready: boolean; readonly now: number },
): RunnerStatus {
  const { config, info, stats } = snapshot;
  return {
    composition: config.composition,
    artifact: info.artifact,
    ready: options.ready,
    instances: info.instances.map((instance) => {
      const lastTrap = stats.lastTraps[instance.name] ?? null;
      return {
        ...instance,
        state: stateOf(lastTrap, snapshot, options),
        traps: stats.traps[instance.name] ?? 0,
        lastTrap,
      };
    }),
    edges: edgesOf(snapshot),
    workers: snapshot.workers,
    restarts: snapshot.restarts,
    lastRestart: snapshot.lastRestart,
    requests: stats.requests,
    rejections: stats.rejections,
    exports: info.exports,
    isolation: { mode: config.isolation, fresh: info.notResettable },
  };
}

function stateOf(
  trap: LastTrap | null,
  { stats }: Snapshot,
  { ready, now }: { readonly ready: boolean; readonly now: number },
): "Healthy" | "Degraded" | "Failing" | "Unknown" {
  if (!ready) return "Unknown";
  if (trap === null || now - Date.parse(trap.time) > degradedMs) return "Healthy";
  return stats.failures >= failingAnswers ? "Failing" : "Degraded";
}

function edgesOf({ info, stats }: Snapshot): RunnerStatus["edges"] {
  const sums = new Map<string, { from: string; to: string; interface: string; calls: number; traps: number }>();
  info.edges.forEach((edge, index) => {
    const key = JSON.stringify([edge.from, edge.to, edge.interface]);
    const { from, to } = edge;
    const sum = sums.get(key) ?? { from, to, interface: edge.interface, calls: 0, traps: 0 };
    sum.calls += (stats.edges[index * 2] ?? 0) + (stats.edges[index * 2 + 1] ?? 0);
    sum.traps += stats.edges[index * 2 + 1] ?? 0;
    sums.set(key, sum);
  });
  return [...sums.values()];
}
