import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Component } from "../../api/component.ts";
import type { Composition } from "../../api/composition.ts";
import type { CallReport } from "../compose/pool.ts";
import type { KubeObject } from "../kube/object.ts";
import type { Sent } from "../kube/transport.ts";
import type { Instruments } from "../runtime/instruments.ts";
import { makeControllerMetrics } from "./controller-metrics.ts";
import { makeClientMetrics, makeComposerMetrics, makeElectionMetrics, makeWebhookMetrics } from "./part-metrics.ts";
import { makeComponentSeries, makeCompositionSeries } from "./resource-series.ts";
import type { WebhookVerdict } from "./webhook.ts";

/** What is looked at when somebody scrapes. A source that is not there has no series. */
export interface MetricSources {
  /** All Components of the cache. */
  readonly components?: () => readonly (Component & KubeObject)[];
  /** All Compositions of the cache. */
  readonly compositions?: () => readonly (Composition & KubeObject)[];
  readonly store?: () => { readonly bytes: number; readonly files: number; readonly artifacts?: number };
  readonly composer?: () => { readonly running: number; readonly waiting: number; readonly workers: number };
  /** What is remembered of keys and objects, by what it is. */
  readonly tracked?: () => Readonly<Record<string, number>>;
}

/** All metrics of one operator. Labels hold names from manifests, codes, and digests; their number goes with the objects. */
export interface Metrics {
  /** For controllers. */
  readonly instruments: Instruments;
  /** For the client of the API server. */
  readonly onRequest: (sent: Sent) => void;
  /** For the composer's pool. */
  readonly onComposerCall: (report: CallReport) => void;
  /** For the webhook. */
  readonly onVerdict: (verdict: WebhookVerdict) => void;
  /** Notes whether this process holds the Lease of this name. */
  readonly setLeader: (lease: string, leads: boolean) => void;
  /** Adds sources; a later one takes the place of an earlier one of the same kind. */
  observe(sources: MetricSources): void;
  /** What Prometheus reads. */
  render(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Metrics with a registry of their own: two operators of one process share nothing. */
export function makeMetrics({ version }: { readonly version: string }): Metrics {
  const registry = new Registry();
  let sources: MetricSources = {};
  collectDefaultMetrics({ register: registry });
  new Gauge({
    registers: [registry],
    name: "tenon_build_info",
    help: "The version that runs; 1.",
    labelNames: ["version"],
  }).set({ version }, 1);
  makeSourceGauges(registry, () => sources);
  const components = makeComponentSeries();
  const compositions = makeCompositionSeries();
  return {
    instruments: makeControllerMetrics(registry),
    onRequest: makeClientMetrics(registry),
    onComposerCall: makeComposerMetrics(registry),
    onVerdict: makeWebhookMetrics(registry),
    setLeader: makeElectionMetrics(registry),
    observe(more) {
      sources = { ...sources, ...more };
    },
    async render() {
      const parts = [await registry.metrics()];
      if (sources.components !== undefined) parts.push(components.render(sources.components()));
      if (sources.compositions !== undefined) parts.push(compositions.render(sources.compositions()));
      return { type: registry.contentType, text: parts.join("\n") };
    },
  };
}

function makeSourceGauges(registry: Registry, sources: () => MetricSources): void {
  const gauge = (name: string, help: string, value: (sources: MetricSources) => number | undefined): void => {
    new Gauge({
      registers: [registry],
      name,
      help,
      collect() {
        const now = value(sources());
        if (now === undefined) this.remove();
        else this.set(now);
      },
    });
  };
  gauge("tenon_artifact_store_bytes", "Bytes of disk that the store uses.", ({ store }) => store?.().bytes);
  gauge("tenon_artifact_store_files", "Files in the store.", ({ store }) => store?.().files);
  gauge("tenon_artifacts", "Artifacts in the store.", ({ store }) => store?.().artifacts);
  gauge("tenon_composer_running", "Calls of the composer that run.", ({ composer }) => composer?.().running);
  gauge("tenon_composer_waiting", "Calls that wait for a worker.", ({ composer }) => composer?.().waiting);
  new Gauge({
    registers: [registry],
    name: "tenon_operator_tracked_keys",
    help: "What the operator remembers beside its caches, by kind: it goes with the objects that it is about.",
    labelNames: ["kind"],
    collect() {
      for (const [kind, size] of Object.entries(sources().tracked?.() ?? {})) this.set({ kind }, size);
    },
  });
  gauge("tenon_composer_workers", "Workers that are alive.", ({ composer }) => composer?.().workers);
}
