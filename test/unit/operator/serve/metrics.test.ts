import { describe, expect, test } from "@jest/globals";
import type { Component } from "../../../../api/component.ts";
import type { Composition } from "../../../../api/composition.ts";
import type { Condition } from "../../../../api/status.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { makeLog } from "../../../../operator/log.ts";
import { startController } from "../../../../operator/runtime/controller.ts";
import { Queue } from "../../../../operator/runtime/queue.ts";
import { type Metrics, makeMetrics } from "../../../../operator/serve/metrics.ts";
import { FakeClock } from "../../../support/clock.ts";
import { readMetrics } from "../../../support/prometheus.ts";

const digest = `sha256:${"a".repeat(64)}`;

function condition(type: string, status: Condition["status"]): Condition {
  return { type, status, reason: "Succeeded", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
}

function composition(name: string, status: Composition["status"], replicas?: number): Composition & KubeObject {
  return {
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Composition",
    metadata: { name, namespace: "shop", generation: 3 },
    spec: { instances: [], ...(replicas === undefined ? {} : { replicas }) } as unknown as Composition["spec"],
    ...(status === undefined ? {} : { status }),
  } as Composition & KubeObject;
}

function component(name: string, status: Component["status"]): Component & KubeObject {
  return {
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Component",
    metadata: { name, namespace: "shop", generation: 1 },
    spec: { source: {} } as Component["spec"],
    ...(status === undefined ? {} : { status }),
  } as Component & KubeObject;
}

async function scrape(metrics: Metrics, pattern: RegExp): Promise<string[]> {
  const { text } = await metrics.render();
  return text.split("\n").filter((line) => !line.startsWith("#") && pattern.test(line));
}

describe("makeMetrics()", () => {
  test("has controller-runtime's series of a controller, from 0 on", async () => {
    const clock = new FakeClock();
    const metrics = makeMetrics({ version: "1.2.3" });
    const queue = new Queue({ clock });
    startController({
      name: "composition",
      concurrency: 4,
      queue,
      clock,
      log: makeLog(() => {}, { level: "error", now: () => 0 }),
      signal: new AbortController().signal,
      instruments: metrics.instruments,
      reconcile: async (key) => {
        if (key === "throws") throw new Error("a bug");
        return key === "fails" ? { kind: "retry" } : key === "later" ? { kind: "after", ms: 1e6 } : { kind: "done" };
      },
    });
    expect(await scrape(metrics, /^controller_runtime_reconcile_total/)).toEqual([
      'controller_runtime_reconcile_total{controller="composition",result="error"} 0',
      'controller_runtime_reconcile_total{controller="composition",result="requeue_after"} 0',
      'controller_runtime_reconcile_total{controller="composition",result="requeue"} 0',
      'controller_runtime_reconcile_total{controller="composition",result="success"} 0',
    ]);
    for (const key of ["throws", "fails", "later", "a", "b"]) queue.add(key);
    await clock.advance(1);
    const lines = await scrape(metrics, /^(controller_runtime|workqueue)_/);
    for (const line of [
      'controller_runtime_reconcile_total{controller="composition",result="error"} 2',
      'controller_runtime_reconcile_total{controller="composition",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="composition",result="success"} 2',
      'controller_runtime_reconcile_errors_total{controller="composition"} 2',
      'controller_runtime_reconcile_panics_total{controller="composition"} 1',
      'controller_runtime_reconcile_timeouts_total{controller="composition"} 0',
      'controller_runtime_terminal_reconcile_errors_total{controller="composition"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="composition"} 4',
      'controller_runtime_active_workers{controller="composition"} 0',
      'controller_runtime_reconcile_time_seconds_bucket{le="0.005",controller="composition"} 5',
      'controller_runtime_reconcile_time_seconds_count{controller="composition"} 5',
      'workqueue_depth{name="composition",controller="composition",priority=""} 0',
      'workqueue_adds_total{name="composition",controller="composition"} 5',
      'workqueue_retries_total{name="composition",controller="composition"} 3',
      'workqueue_queue_duration_seconds_count{name="composition",controller="composition"} 5',
      'workqueue_work_duration_seconds_count{name="composition",controller="composition"} 5',
      'workqueue_unfinished_work_seconds{name="composition",controller="composition"} 0',
      'workqueue_longest_running_processor_seconds{name="composition",controller="composition"} 0',
    ])
      expect(lines).toContain(line);
    queue.add("again");
    expect(await scrape(metrics, /^workqueue_(depth|adds)/)).toEqual([
      'workqueue_depth{name="composition",controller="composition",priority=""} 1',
      'workqueue_adds_total{name="composition",controller="composition"} 6',
    ]);
  });

  test("counts requests, elections, calls of the composer and verdicts", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    metrics.onRequest({ method: "PATCH", resource: "services", code: "200", ms: 12, host: "10.0.0.1:443" });
    metrics.onRequest({ method: "GET", resource: "pods", code: "<error>", ms: 30_000, host: undefined });
    metrics.setLeader("tenon-operator", false);
    metrics.setLeader("tenon-operator", true);
    const call = { stage: "compose", waitedMs: 3, tookMs: 40 } as const;
    metrics.onComposerCall({ ...call, outcome: "ok", remembered: false });
    metrics.onComposerCall({ ...call, outcome: "deadline", tookMs: 0, remembered: true });
    for (const kind of ["Composition", "Ev\nil", "Secret"]) metrics.onVerdict({ kind, outcome: "allowed", ms: 2 });
    const lines = await scrape(
      metrics,
      /^(rest_client|leader|tenon_composer|tenon_admission|controller_runtime_webhook)/,
    );
    for (const line of [
      'rest_client_requests_total{code="200",method="PATCH",host="10.0.0.1:443"} 1',
      'rest_client_requests_total{code="<error>",method="GET",host=""} 1',
      'rest_client_request_duration_seconds_bucket{le="0.025",verb="PATCH",host="10.0.0.1:443"} 1',
      'leader_election_master_status{name="tenon-operator"} 1',
      'tenon_composer_calls_total{stage="compose",outcome="ok",remembered="false"} 1',
      'tenon_composer_calls_total{stage="compose",outcome="deadline",remembered="true"} 1',
      'tenon_composer_duration_seconds_count{stage="compose"} 1',
      'tenon_admission_verdicts_total{kind="Composition",outcome="allowed"} 1',
      'tenon_admission_verdicts_total{kind="other",outcome="allowed"} 2',
      'controller_runtime_webhook_requests_total{webhook="/admission",code="200"} 3',
    ])
      expect(lines).toContain(line);
  });

  test("shows what a Composition says of itself", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    const one = composition(
      "cart",
      {
        observedGeneration: 2,
        conditions: [condition("Ready", "False"), condition("Available", "Unknown"), condition("Invented", "True")],
        replicas: 3,
        readyReplicas: 2,
        updatedReplicas: 1,
        artifact: { digest, size: 1 },
        updateRevision: "abc",
        currentRevision: "old",
        instances: [{ name: "db", component: "db", state: "Degraded" }],
        edges: [{ from: "a", to: "db", interface: "x", how: "Implicit" }],
      },
      3,
    );
    metrics.observe({ compositions: () => [one] });
    const of = 'namespace="shop",composition="cart"';
    expect(await scrape(metrics, /composition="cart"/)).toEqual([
      `tenon_composition_info{${of},digest="${digest}",revision="abc"} 1`,
      `tenon_composition_status_condition{${of},type="Ready",status="True"} 0`,
      `tenon_composition_status_condition{${of},type="Ready",status="False"} 1`,
      `tenon_composition_status_condition{${of},type="Ready",status="Unknown"} 0`,
      `tenon_composition_status_condition{${of},type="Available",status="True"} 0`,
      `tenon_composition_status_condition{${of},type="Available",status="False"} 0`,
      `tenon_composition_status_condition{${of},type="Available",status="Unknown"} 1`,
      `tenon_composition_generation{${of}} 3`,
      `tenon_composition_observed_generation{${of}} 2`,
      `tenon_composition_spec_replicas{${of}} 3`,
      `tenon_composition_replicas{${of}} 3`,
      `tenon_composition_replicas_ready{${of}} 2`,
      `tenon_composition_replicas_updated{${of}} 1`,
      `tenon_composition_edges{${of}} 1`,
      `tenon_instance_state{${of},instance="db",state="Healthy"} 0`,
      `tenon_instance_state{${of},instance="db",state="Degraded"} 1`,
      `tenon_instance_state{${of},instance="db",state="Failing"} 0`,
      `tenon_instance_state{${of},instance="db",state="Unknown"} 0`,
    ]);
  });

  test("shows what a Component says of itself, and what nothing is known of yet", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    const known = component("auth", {
      observedGeneration: 1,
      conditions: [condition("Fetched", "True")],
      artifact: { digest, size: 42, revision: "1.4" },
    });
    metrics.observe({ components: () => [known, component("new", undefined)] });
    metrics.observe({ compositions: () => [composition("bare", undefined)] });
    expect(await scrape(metrics, /^tenon_compon|^tenon_composition/)).toEqual([
      `tenon_component_info{namespace="shop",component="auth",digest="${digest}",revision="1.4"} 1`,
      'tenon_component_info{namespace="shop",component="new",digest="",revision=""} 1',
      'tenon_component_status_condition{namespace="shop",component="auth",type="Fetched",status="True"} 1',
      'tenon_component_status_condition{namespace="shop",component="auth",type="Fetched",status="False"} 0',
      'tenon_component_status_condition{namespace="shop",component="auth",type="Fetched",status="Unknown"} 0',
      'tenon_component_generation{namespace="shop",component="auth"} 1',
      'tenon_component_generation{namespace="shop",component="new"} 1',
      'tenon_component_observed_generation{namespace="shop",component="auth"} 1',
      'tenon_component_size_bytes{namespace="shop",component="auth"} 42',
      'tenon_composition_info{namespace="shop",composition="bare",digest="",revision=""} 1',
      'tenon_composition_generation{namespace="shop",composition="bare"} 3',
    ]);
  });

  test("drops the series of an object with the object, and follows what replaces it", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    let now = [composition("a", { replicas: 1 }), composition("b", { replicas: 2 })];
    metrics.observe({ compositions: () => now });
    expect(await scrape(metrics, /^tenon_composition_replicas\{/)).toHaveLength(2);
    now = [composition("b", { replicas: 7 })];
    expect(await scrape(metrics, /^tenon_composition_replicas\{/)).toEqual([
      'tenon_composition_replicas{namespace="shop",composition="b"} 7',
    ]);
    now = [];
    const gone = await scrape(metrics, /composition=/);
    expect(gone).toEqual([]);
  });

  test("has as many series an object at ten objects as at a thousand", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    let count = 0;
    const status = { conditions: [condition("Ready", "True")], replicas: 1 };
    metrics.observe({
      compositions: () => Array.from({ length: count }, (_, index) => composition(`c-${index}`, status)),
    });
    const base = (await scrape(metrics, /./)).length;
    const added: number[] = [];
    for (count of [10, 1_000])
      added.push((await scrape(metrics, /./)).filter((line) => /composition="/.test(line)).length);
    expect(added).toEqual([60, 6_000]);
    count = 0;
    expect((await scrape(metrics, /./)).length).toBeLessThanOrEqual(base + 50);
  });

  test("escapes and cuts what a status holds, whoever wrote it", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    metrics.observe({
      compositions: () => [
        composition("a", { updateRevision: 'x"} 1\nevil{a="\\', artifact: { digest: "d".repeat(10_000), size: 1 } }),
      ],
    });
    const [line] = await scrape(metrics, /^tenon_composition_info/);
    expect(line).toBe(
      `tenon_composition_info{namespace="shop",composition="a",digest="${"d".repeat(600)}",revision="x\\"} 1\\nevil{a=\\"\\\\"} 1`,
    );
    expect(await scrape(metrics, /^evil/)).toEqual([]);
  });

  test("keeps to the text format", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    metrics.observe({
      components: () => [component("x", { conditions: [condition("Ready", "True")] })],
      compositions: () => [composition("y", { replicas: 1 }), composition('"', undefined)],
      store: () => ({ bytes: 10, files: 2 }),
      composer: () => ({ running: 1, waiting: 0, workers: 2 }),
    });
    metrics.onRequest({ method: "GET", resource: "pods", code: "200", ms: 1, host: "a:443" });
    const { text, type } = await metrics.render();
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(readMetrics(text).problems).toEqual([]);
    expect(readMetrics(text).series.length).toBeGreaterThan(50);
  });

  test("shows sources only once they are there", async () => {
    const metrics = makeMetrics({ version: "1.2.3" });
    const pattern = /^tenon_(artifact|composer_(running|waiting|workers))/;
    expect(await scrape(metrics, pattern)).toEqual([]);
    metrics.observe({ store: () => ({ bytes: 10, files: 2, artifacts: 1 }) });
    metrics.observe({ composer: () => ({ running: 1, waiting: 3, workers: 2 }) });
    expect(await scrape(metrics, pattern)).toEqual([
      "tenon_artifact_store_bytes 10",
      "tenon_artifact_store_files 2",
      "tenon_artifacts 1",
      "tenon_composer_running 1",
      "tenon_composer_waiting 3",
      "tenon_composer_workers 2",
    ]);
  });

  test("has the process's own, and shares nothing with another", async () => {
    const [one, other] = [makeMetrics({ version: "1" }), makeMetrics({ version: "2" })];
    one.onRequest({ method: "GET", resource: "pods", code: "200", ms: 1, host: "a:443" });
    expect(await scrape(other, /^rest_client_requests_total/)).toEqual([]);
    expect(await scrape(other, /^tenon_build_info/)).toEqual(['tenon_build_info{version="2"} 1']);
    expect(await scrape(other, /^process_cpu_seconds_total /)).toHaveLength(1);
  });
});
