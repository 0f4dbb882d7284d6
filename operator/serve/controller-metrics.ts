import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Instruments, Run } from "../runtime/instruments.ts";
import type { QueueState } from "../runtime/queue.ts";

/** controller-runtime's own. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** client-go's own, of work queues and of webhooks. */
export const wideBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

/** The names, labels and buckets of controller-runtime and of client-go's work queues, so that dashboards for these work. */
export function makeControllerMetrics(registry: Registry): Instruments {
  const controllers = makeReconcileMetrics(registry);
  const queues = makeQueueMetrics(registry);
  return {
    started(name, { concurrency, read }) {
      queues.watch(name, read);
      controllers.begin(name, { concurrency, read });
    },
    ran(name, run) {
      controllers.ran(name, run);
      queues.ran(name, run);
    },
    timedOut: (name) => controllers.timeouts.inc({ controller: name }),
  };
}

function makeReconcileMetrics(registry: Registry) {
  const base = { registers: [registry], labelNames: ["controller"] as const };
  const counter = (name: string, help: string) => new Counter({ ...base, name, help });
  const active = new Map<string, () => QueueState>();
  const total = new Counter({
    ...base,
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labelNames: ["controller", "result"],
  });
  const errors = counter(
    "controller_runtime_reconcile_errors_total",
    "Total number of reconciliation errors per controller",
  );
  const terminal = counter(
    "controller_runtime_terminal_reconcile_errors_total",
    "Total number of terminal reconciliation errors per controller",
  );
  const panics = counter(
    "controller_runtime_reconcile_panics_total",
    "Total number of reconciliation panics per controller",
  );
  const timeouts = counter(
    "controller_runtime_reconcile_timeouts_total",
    "Total number of reconciliation timeouts per controller",
  );
  const time = new Histogram({
    ...base,
    name: "controller_runtime_reconcile_time_seconds",
    help: "Length of time per reconciliation per controller",
    buckets: reconcileBuckets,
  });
  const most = new Gauge({
    ...base,
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Maximum number of concurrent reconciles per controller",
  });
  new Gauge({
    ...base,
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller",
    collect() {
      for (const [controller, read] of active) this.set({ controller }, read().running);
    },
  });
  return {
    timeouts,
    begin(
      controller: string,
      { concurrency, read }: { readonly concurrency: number; readonly read: () => QueueState },
    ) {
      active.set(controller, read);
      most.set({ controller }, concurrency);
      // Series that begin with 0 give a rate from the first error on.
      for (const result of ["error", "requeue_after", "requeue", "success"]) total.inc({ controller, result }, 0);
      for (const metric of [errors, terminal, panics, timeouts]) metric.inc({ controller }, 0);
      time.zero({ controller });
    },
    ran(controller: string, { result, threw, tookMs }: Run) {
      total.inc({ controller, result });
      if (result === "error") errors.inc({ controller });
      if (threw) panics.inc({ controller });
      time.observe({ controller }, tookMs / 1000);
    },
  };
}

function makeQueueMetrics(registry: Registry) {
  const base = { registers: [registry], labelNames: ["name", "controller"] as const };
  const queues = new Map<string, () => QueueState>();
  const gauge = (name: string, help: string, value: (state: QueueState) => number) =>
    new Gauge({
      ...base,
      name,
      help,
      collect() {
        for (const [queue, read] of queues) this.set({ name: queue, controller: queue }, value(read()));
      },
    });
  const counter = (name: string, help: string, value: (state: QueueState) => number) =>
    new Counter({
      ...base,
      name,
      help,
      collect() {
        this.reset();
        for (const [queue, read] of queues) this.inc({ name: queue, controller: queue }, value(read()));
      },
    });
  const histogram = (name: string, help: string) => new Histogram({ ...base, name, help, buckets: wideBuckets });
  new Gauge({
    ...base,
    name: "workqueue_depth",
    help: "Current depth of workqueue by workqueue and priority",
    labelNames: ["name", "controller", "priority"],
    collect() {
      for (const [queue, read] of queues) this.set({ name: queue, controller: queue, priority: "" }, read().depth);
    },
  });
  counter("workqueue_adds_total", "Total number of adds handled by workqueue", ({ adds }) => adds);
  counter(
    "workqueue_retries_total",
    "Total number of items added to the workqueue with a non-zero delay (backoff, or after a time)",
    ({ retries }) => retries,
  );
  gauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration",
    ({ unfinishedMs }) => unfinishedMs / 1000,
  );
  gauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running",
    ({ longestRunning }) => (longestRunning?.ms ?? 0) / 1000,
  );
  const latency = histogram(
    "workqueue_queue_duration_seconds",
    "How long in seconds an item stays in workqueue before being requested",
  );
  const work = histogram(
    "workqueue_work_duration_seconds",
    "How long in seconds processing an item from workqueue takes",
  );
  return {
    watch(queue: string, read: () => QueueState) {
      queues.set(queue, read);
      for (const metric of [latency, work]) metric.zero({ name: queue, controller: queue });
    },
    ran(queue: string, { waitedMs, tookMs }: Run) {
      latency.observe({ name: queue, controller: queue }, waitedMs / 1000);
      work.observe({ name: queue, controller: queue }, tookMs / 1000);
    },
  };
}
