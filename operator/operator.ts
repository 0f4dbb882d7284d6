import type { Clock } from "./clock.ts";
import type { OperatorConfig } from "./config.ts";
import type { KubeClient } from "./kube/client.ts";
import { createKubeClient } from "./kube/create-client.ts";
import { startRecorder } from "./kube/events.ts";
import { acquireLease, type Leadership } from "./kube/lease.ts";
import { type Leader, startLeader } from "./leader.ts";
import { type LeaderLabel, makeLeaderLabel } from "./leader-label.ts";
import { startLeaderServer } from "./leader-server.ts";
import type { Log } from "./log.ts";
import { startCertificate } from "./serve/certificate.ts";
import { type Check, makeStuckCheck, startHealthServer } from "./serve/health.ts";
import { type Metrics, makeMetrics } from "./serve/metrics.ts";
import type { SecureServer } from "./serve/server.ts";

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
  const { clock, log, version } = tools;
  const metrics = makeMetrics({ version });
  const client = createKubeClient({ kubeconfig: config.kubeconfig, clock, log, version, onRequest: metrics.onRequest });
  // A standby is ready: it waits for the Lease, and nothing is sent to it.
  const label = makeLeaderLabel({ client, clock, log, pod: config.pod });
  const ready = new Map<string, Check>([
    ["process", () => undefined],
    ["label", () => label.problem()],
  ]);
  if (!config.leaderElection) ready.set("leader", starting);
  const live = new Map<string, Check>();
  const health = await startHealthServer({ listen: config.listen, log, metrics, live, ready });
  try {
    // One that an earlier process of this pod left behind.
    label.set(false);
    const leadership = config.leaderElection ? await elect(client, config, tools) : undefined;
    ready.set("leader", starting);
    if (leadership !== undefined) metrics.setLeader(config.lease.name, true);
    return await lead({ client, config, tools, metrics, leadership, live, ready, label });
  } finally {
    await label.stop(0);
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
  readonly label: LeaderLabel;
}

/** One term as the leader. However it ends, what was started ends with it, and the Lease is given back. */
async function lead(term: Term): Promise<number> {
  const { ending } = term.tools;
  const { leadership } = term;
  const lost = leadership?.lost ?? new AbortController().signal;
  // Caches and connections live until the end; a lost Lease ends them at once.
  const life = new AbortController();
  const end = ({ target }: { readonly target: unknown }): void => life.abort((target as AbortSignal).reason);
  lost.addEventListener("abort", end, { once: true });
  // While it starts, nothing is under way that could be finished.
  ending.addEventListener("abort", end, { once: true });
  if (ending.aborted) life.abort(ending.reason);
  const started: Stop[] = [];
  try {
    await start(term, { life: life.signal, started });
    ending.removeEventListener("abort", end);
    await aborted(AbortSignal.any([ending, lost]));
  } catch (error) {
    if (!ending.aborted && !lost.aborted) throw error;
  } finally {
    if (!lost.aborted) {
      for (const stop of started.reverse()) await stop();
      await leadership?.release();
    }
    life.abort();
  }
  return lost.aborted ? 1 : 0;
}

/** Ends a part, with grace. */
type Stop = () => unknown;

/** Starts all that a leader has; what is in `started` is to be stopped, the last one first, where it rejects too. */
async function start(
  { client, config, tools, metrics, live, ready, label }: Term,
  { life, started }: { readonly life: AbortSignal; readonly started: Stop[] },
): Promise<void> {
  const { clock, log } = tools;
  const { pod, service, webhook, shutdownMs } = config;
  const events = startRecorder(client, { clock, log, instance: pod.name });
  started.push(() => label.stop(1000));
  started.push(() => events.stop(1000));
  const certificate = await startCertificate({
    client,
    clock,
    log,
    secret: { name: config.tlsSecret, namespace: pod.namespace },
    service: { name: service, namespace: pod.namespace },
    webhook,
    signal: life,
  });
  started.push(() => certificate.stop());
  const leader = await startLeader(config, {
    client,
    clock,
    log,
    events,
    instruments: metrics.instruments,
    onComposerCall: metrics.onComposerCall,
    signal: life,
    authority: () => certificate.current().authority,
  });
  const onVerdict = metrics.onVerdict;
  let server: SecureServer | undefined;
  started.push(() => Promise.all([leader.stop(shutdownMs), server?.stop(shutdownMs)]));
  observe(metrics, leader);
  certificate.onChange(() => leader.wakeAll());
  server = await startLeaderServer({ leader, client, config, clock, log, certificate, onVerdict });
  label.set(true);
  watchCaches(ready, leader);
  for (const [name, controller] of leader.controllers)
    live.set(`reconcile of a ${name}`, makeStuckCheck(controller, stuckMs));
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

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
