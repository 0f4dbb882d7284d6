/** When and where an instance of the composition last failed. */
export interface LastTrap {
  /** ISO 8601. */
  readonly time: string;
  readonly function: string;
  readonly message: string;
  readonly requestId: string;
}

/** What one worker has counted since it started. Plain data: it crosses the process boundary once a second. */
export interface Stats {
  /** Answered requests by class of status: `2xx`… */
  requests: Record<string, number>;
  /** Of requests, seconds: one count for each of `durationBuckets` and one for what is above, not cumulative. */
  duration: number[];
  durationSum: number;
  /** Requests that are in a guest or wait for one, now. */
  inflight: number;
  waiting: number;
  rejections: Record<string, number>;
  /** By instance of the composition. */
  traps: Record<string, number>;
  lastTraps: Record<string, LastTrap>;
  /** Answers of 500 and above since the last one below. */
  failures: number;
  /** Two counts an edge of the plan: calls that returned, calls that did not because something trapped. */
  edges: number[];
  /** Pooled instances of the composition, and the bytes of their memories, now. */
  pooled: number;
  memoryBytes: number;
}

/** Upper bounds in seconds. */
export const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Nothing counted yet. */
export function emptyStats(): Stats {
  return {
    requests: {},
    duration: new Array<number>(durationBuckets.length + 1).fill(0),
    durationSum: 0,
    inflight: 0,
    waiting: 0,
    rejections: {},
    traps: {},
    lastTraps: {},
    failures: 0,
    edges: [],
    pooled: 0,
    memoryBytes: 0,
  };
}

/** Adds `from` to `into`: counts are summed, the newest trap wins. */
export function addStats(into: Stats, from: Stats): void {
  addCounts(into, from);
  into.inflight += from.inflight;
  into.waiting += from.waiting;
  into.failures += from.failures;
  into.pooled += from.pooled;
  into.memoryBytes += from.memoryBytes;
}

/** Adds what only ever grows: the part of a worker's counts that outlives it. */
export function addCounts(into: Stats, from: Stats): void {
  for (const key of ["requests", "rejections", "traps"] as const) {
    for (const [name, count] of Object.entries(from[key])) into[key][name] = (into[key][name] ?? 0) + count;
  }
  for (const key of ["duration", "edges"] as const) {
    from[key].forEach((count, index) => {
      into[key][index] = (into[key][index] ?? 0) + count;
    });
  }
  into.durationSum += from.durationSum;
  for (const [instance, trap] of Object.entries(from.lastTraps)) {
    const known = into.lastTraps[instance];
    if (known === undefined || known.time <= trap.time) into.lastTraps[instance] = trap;
  }
}

/** Counts one answered request. */
export function countRequest(stats: Stats, status: number, seconds: number): void {
  const code = statusClasses[Math.trunc(status / 100)] ?? "5xx";
  stats.failures = status < 500 ? 0 : stats.failures + 1;
  stats.requests[code] = (stats.requests[code] ?? 0) + 1;
  let bucket = 0;
  while (bucket < durationBuckets.length && seconds > durationBuckets[bucket]!) bucket++;
  stats.duration[bucket]!++;
  stats.durationSum += seconds;
}
const statusClasses = [undefined, "1xx", "2xx", "3xx", "4xx", "5xx"];

/** Counts a request that met a limit. */
export function countRejection(stats: Stats, limit: string): void {
  stats.rejections[limit] = (stats.rejections[limit] ?? 0) + 1;
}
