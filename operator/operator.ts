import { leaderLabel } from "../api/names.ts";
import type { Clock } from "./clock.ts";
import type { OperatorConfig } from "./config.ts";
import type { KubeClient } from "./kube/client.ts";
import { createKubeClient } from "./kube/create-client.ts";
import { KubeError } from "./kube/error.ts";
import { startRecorder } from "./kube/events.ts";
import { acquireLease, type Leadership } from "./kube/lease.ts";
import { resources } from "./kube/object.ts";
import { type Leader, startLeader } from "./leader.ts";
import { startLeaderServer } from "./leader-server.ts";
import type { Log } from "./log.ts";
import { startCertificate } from "./serve/certificate.ts";
import { type Check, makeStuckCheck, startHealthServer } from "./serve/health.ts";
import { type Metrics, makeMetrics } from "./serve/metrics.ts";

/** What the process gives. */
export interface OperatorTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Aborted: end, with grace. */
  readonly ending: AbortSignal;
}

/** Runs until `ending` is aborted or the Lease is lost; gives the exit code. Rejects where it cannot work. */
export async function runOperator(config: OperatorConfig, tools: OperatorTools): Promise<number> {
  const { clock, log, version, ending } = tools;
  const metrics = makeMetrics({ version });
  const client = createKubeClient({ kubeconfig: config.kubeconfig, clock, log, version, onRequest: metrics.onRequest });
  // A standby is ready: it waits for the Lease, and nothing is sent to it.
  const ready = new Map<string, Check>([["process", () => undefined]]);
  if (!config.leaderElection) ready.set("leader", starting);
  const live = new Map<string, Check>();
  const health = await startHealthServer({ listen: config.listen, log, metrics, live, ready });
  try {
    await labelPod(client, { config, log, leads: false, signal: ending });
    const leadership = config.leaderElection ? await elect(client, config, tools) : undefined;
    ready.set("leader", starting);
    if (leadership !== undefined) metrics.setLeader(config.lease.name, true);
    return await lead({ client, config, tools, metrics, leadership, live, ready });
  } finally {
    await health.stop(0);
    await client.close();
  }
}

/** A reconcile is told to stop after ten minutes; one that still runs now is cured by a restart only. */
const stuckMs = 1_800_000;
const starting: Check = () => "it starts";

function elect(client: KubeClient, config: OperatorConfig, { clock, log, ending }: OperatorTools): Promise<Leadership> {
  const { pod, lease } = config;
  log.info("Waiting for the Lease", { lease: lease.name });
  // A container that starts again in its pod is another process.
  const identity = `${pod.name}_${crypto.randomUUID()}`;
  return acquireLease(client, { ...lease, namespace: pod.namespace, identity, clock, log, signal: ending });
}

interface Term {
  readonly client: KubeClient;
  readonly config: OperatorConfig;
  readonly tools: OperatorTools;
  readonly metrics: Metrics;
  readonly leadership: Leadership | undefined;
  readonly live: Map<string, Check>;
  readonly ready: Map<string, Check>;
}

/** One term as the leader. */
async function lead({ client, config, tools, metrics, leadership, live, ready }: Term): Promise<number> {
  const { clock, log, ending } = tools;
  const { pod, service, webhook } = config;
  const lost = leadership?.lost ?? new AbortController().signal;
  // Caches and connections live until the end; a lost Lease ends them at once.
  const life = new AbortController();
  lost.addEventListener("abort", () => life.abort(lost.reason), { once: true });
  const events = startRecorder(client, { clock, log, instance: pod.name });
  const certificate = await startCertificate({
    client,
    clock,
    log,
    secret: { name: config.tlsSecret, namespace: pod.namespace },
    service: { name: service, namespace: pod.namespace },
    webhook,
  });
  const leader = await startLeader(config, {
    client,
    clock,
    log,
    events,
    instruments: metrics.instruments,
    onComposerCall: metrics.onComposerCall,
    signal: life.signal,
    authority: () => certificate.current().authority,
  });
  observe(metrics, leader);
  certificate.onChange(() => leader.wakeAll());
  const server = await startLeaderServer({
    leader,
    client,
    config,
    clock,
    log,
    certificate,
    onVerdict: metrics.onVerdict,
  });
  await labelPod(client, { config, log, leads: true, signal: life.signal });
  watchCaches(ready, leader);
  for (const [name, controller] of leader.controllers)
    live.set(`reconcile of a ${name}`, makeStuckCheck(controller, stuckMs));
  await aborted(AbortSignal.any([ending, lost]));
  if (lost.aborted) return 1;
  await Promise.all([leader.stop(config.shutdownMs), server.stop(config.shutdownMs)]);
  certificate.stop();
  await events.stop(1000);
  await labelPod(client, { config, log, leads: false, signal: life.signal });
  await leadership?.release();
  life.abort();
  return 0;
}

function observe(metrics: Metrics, leader: Leader): void {
  const { world, store, pool } = leader;
  metrics.observe({
    components: () => world.components.list(),
    compositions: () => world.compositions.list(),
    store: () => store.size(),
    composer: () => pool.counts(),
    tracked: () => leader.tracked(),
  });
}

function watchCaches(ready: Map<string, Check>, { world }: Leader): void {
  for (const [name, cache] of world.all) {
    ready.set(`watch of ${name}`, () => (cache.healthy() ? undefined : "nothing was heard for too long"));
  }
  ready.delete("leader");
}

/** The Services select the leader by this label. Outside of a cluster there is no such pod, and nothing to label. */
async function labelPod(
  client: KubeClient,
  { config, log, leads, signal }: { config: OperatorConfig; log: Log; leads: boolean; signal: AbortSignal },
): Promise<void> {
  const { name, namespace } = config.pod;
  const labels = { [leaderLabel]: leads ? "true" : null };
  try {
    await client.mergePatch({ resource: resources.pods, namespace, name }, { metadata: { labels } }, { signal });
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    const level = error.code === "not-found" ? "debug" : "warn";
    log[level]("Cannot label the pod of this process", { namespace, name, error: error.message });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
