import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { CallReport } from "../compose/pool.ts";
import type { Sent } from "../kube/transport.ts";
import { wideBuckets } from "./controller-metrics.ts";
import type { WebhookVerdict } from "./webhook.ts";

/** client-go's own. */
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const composerBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What we ask of the API server, with client-go's names. */
export function makeClientMetrics(registry: Registry): (sent: Sent) => void {
  const requests = new Counter({
    registers: [registry],
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, partitioned by status code, method, and host.",
    labelNames: ["code", "method", "host"],
  });
  const duration = new Histogram({
    registers: [registry],
    name: "rest_client_request_duration_seconds",
    help: "Request latency in seconds. Broken down by verb and host.",
    labelNames: ["verb", "host"],
    buckets: requestBuckets,
  });
  return ({ method, code, ms, host = "" }) => {
    requests.inc({ code, method, host });
    duration.observe({ verb: method, host }, ms / 1000);
  };
}

/** Whether this process leads, with client-go's names. */
export function makeElectionMetrics(registry: Registry): (lease: string, leads: boolean) => void {
  const base = { registers: [registry], labelNames: ["name"] as const };
  const master = new Gauge({
    ...base,
    name: "leader_election_master_status",
    help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.",
  });
  const slow = new Counter({
    ...base,
    name: "leader_election_slowpath_total",
    help: "Total number of slow path exercised in renewing leader leases. There is no fast path without a slow one here: 0.",
  });
  return (name, leads) => {
    master.set({ name }, leads ? 1 : 0);
    slow.inc({ name }, 0);
  };
}

/** What the composer did. */
export function makeComposerMetrics(registry: Registry): (report: CallReport) => void {
  const calls = new Counter({
    registers: [registry],
    name: "tenon_composer_calls_total",
    help: "Calls of the composer by stage and outcome; remembered: the same call broke a worker before, and was not made.",
    labelNames: ["stage", "outcome", "remembered"],
  });
  const histogram = (name: string, help: string) =>
    new Histogram({ registers: [registry], name, help, labelNames: ["stage"], buckets: composerBuckets });
  const took = histogram("tenon_composer_duration_seconds", "Time of calls of the composer, without the queue.");
  const waited = histogram("tenon_composer_queue_duration_seconds", "Time that calls waited for a worker.");
  return ({ stage, outcome, waitedMs, tookMs, remembered }) => {
    calls.inc({ stage, outcome, remembered: String(remembered) });
    if (remembered) return;
    took.observe({ stage }, tookMs / 1000);
    waited.observe({ stage }, waitedMs / 1000);
  };
}

/** What the webhook said; times with controller-runtime's name. */
export function makeWebhookMetrics(registry: Registry): (verdict: WebhookVerdict) => void {
  const verdicts = new Counter({
    registers: [registry],
    name: "tenon_admission_verdicts_total",
    help: "Admission requests by kind and outcome.",
    labelNames: ["kind", "outcome"],
  });
  const requests = new Counter({
    registers: [registry],
    name: "controller_runtime_webhook_requests_total",
    help: "Total number of admission requests by HTTP status code.",
    labelNames: ["webhook", "code"],
  });
  const latency = new Histogram({
    registers: [registry],
    name: "controller_runtime_webhook_latency_seconds",
    help: "Histogram of the latency of processing admission requests",
    labelNames: ["webhook"],
    buckets: wideBuckets,
  });
  return ({ kind, outcome, ms }) => {
    // Whoever reaches the port may write any kind into a request.
    const known = kind === "Component" || kind === "Composition" ? kind : "other";
    verdicts.inc({ kind: known, outcome });
    requests.inc({ webhook: "/admission", code: "200" });
    latency.observe({ webhook: "/admission" }, ms / 1000);
  };
}
