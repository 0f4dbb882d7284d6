import { durationBuckets } from "../stats.ts";
import type { Snapshot } from "../supervisor.ts";

type Labels = Readonly<Record<string, string | number>>;
type Value = { readonly value: number; readonly labels: Labels; readonly metricName?: string };
type Metric = {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly Value[];
  readonly aggregator: "sum";
};

/** The text that Prometheus scrapes. Labels hold names from manifests, limits and classes of status, nothing of a client's. */
export async function renderMetrics(snapshot: Snapshot): Promise<{ readonly type: string; readonly text: string }> {
  // Loaded at the first scrape: it would cost every start some milliseconds.
  const { AggregatorRegistry } = await import("prom-client");
  const registry = AggregatorRegistry.aggregate([makeMetrics(snapshot)]);
  return { type: registry.contentType, text: await registry.metrics() };
}

/** The metrics of one runner, all its workers together. */
export function makeMetrics({ config, info, stats, workers, restarts }: Snapshot): Metric[] {
  const composition = { composition: config.composition };
  const by = (label: string, counts: Readonly<Record<string, number>>): Value[] =>
    Object.entries(counts).map(([name, value]) => ({ value, labels: { ...composition, [label]: name } }));
  const one = (value: number): Value[] => [{ value, labels: composition }];
  return [
    metric("counter", "tenon_requests_total", "Answered requests by class of status.", by("code", stats.requests)),
    metric(
      "histogram",
      "tenon_request_duration_seconds",
      "From the request's headers to the end of its answer.",
      histogram("tenon_request_duration_seconds", stats.duration, stats.durationSum, composition),
    ),
    metric("gauge", "tenon_inflight_requests", "Requests that are being worked on or wait.", one(stats.inflight)),
    metric("gauge", "tenon_waiting_requests", "Requests that wait for an instance.", one(stats.waiting)),
    metric(
      "counter",
      "tenon_limit_rejections_total",
      "Requests that were refused or ended by a limit.",
      by("limit", stats.rejections),
    ),
    metric(
      "counter",
      "tenon_edge_calls_total",
      "Calls between two instances; outcome trap: the call never returned.",
      edgeValues(info.edges, stats.edges, composition),
    ),
    metric(
      "counter",
      "tenon_instance_traps_total",
      "Traps by the instance that caused them.",
      by("instance", { ...Object.fromEntries(info.instances.map(({ name }) => [name, 0])), ...stats.traps }),
    ),
    metric(
      "gauge",
      "tenon_instance_memory_bytes",
      "Linear memories of all pooled instances together.",
      one(stats.memoryBytes),
    ),
    metric("gauge", "tenon_pooled_instances", "Instances of the composition that exist.", one(stats.pooled)),
    metric("gauge", "tenon_worker_processes", "Worker processes by state.", by("state", countStates(workers))),
    metric(
      "counter",
      "tenon_worker_restarts_total",
      "Workers that were replaced after they died or hung.",
      one(restarts),
    ),
  ];
}

function metric(type: Metric["type"], name: string, help: string, values: readonly Value[]): Metric {
  return { type, name, help, values, aggregator: "sum" };
}

function histogram(name: string, counts: readonly number[], sum: number, labels: Labels): Value[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return { metricName: `${name}_bucket`, labels: { le: durationBuckets[index] ?? "+Inf", ...labels }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

/** Two instances may be connected more than once: what has the same labels is one series. */
function edgeValues(edges: Snapshot["info"]["edges"], counts: readonly number[], composition: Labels): Value[] {
  const series = new Map<string, { labels: Labels; value: number }>();
  edges.forEach(({ from, to, interface: interfaceName, function: name }, index) => {
    ["ok", "trap"].forEach((outcome, at) => {
      const labels = { ...composition, from, to, interface: interfaceName, function: name, outcome };
      const key = JSON.stringify(labels);
      const known = series.get(key) ?? { labels, value: 0 };
      known.value += counts[index * 2 + at] ?? 0;
      series.set(key, known);
    });
  });
  return [...series.values()];
}

function countStates(workers: Snapshot["workers"]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of workers) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
