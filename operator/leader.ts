import type { Clock } from "./clock.ts";
import { type ComposerPool, type PoolOptions, startComposerPool } from "./compose/pool.ts";
import type { OperatorConfig } from "./config.ts";
import { appliedHash } from "./desired/applied.ts";
import type { DesiredSettings } from "./desired/desired.ts";
import { stands } from "./desired/stands.ts";
import { makeDownloader } from "./fetch/http.ts";
import { makeLibrary } from "./fetch/library.ts";
import type { KubeClient } from "./kube/client.ts";
import type { EventRecorder } from "./kube/events.ts";
import { controllerOf, type Key, keyOf, type Resource, resources } from "./kube/object.ts";
import type { Log } from "./log.ts";
import { openStore, type Store } from "./package/store.ts";
import { Applier } from "./reconcile/applier.ts";
import { applyStep } from "./reconcile/apply-step.ts";
import { type LiveComponent, makeComponentReconciler } from "./reconcile/component.ts";
import { composeStep } from "./reconcile/compose-step.ts";
import { makeCompositionReconciler } from "./reconcile/composition.ts";
import { decideStep } from "./reconcile/decide-step.ts";
import { artifactsOf, newestWorkload } from "./reconcile/history.ts";
import { Inputs } from "./reconcile/inputs.ts";
import { KnownComponents } from "./reconcile/known.ts";
import { LookUp } from "./reconcile/look-up.ts";
import { resolveStep } from "./reconcile/resolve-step.ts";
import type { LiveComposition } from "./reconcile/run.ts";
import { StatusWriter } from "./reconcile/status-writer.ts";
import { View } from "./reconcile/view.ts";
import { type Controller, startController } from "./runtime/controller.ts";
import type { Instruments } from "./runtime/instruments.ts";
import { Queue } from "./runtime/queue.ts";
import { asksForMore, byComponent, byInput, startWorld, type World } from "./world.ts";

/** What the leader works with. */
export interface LeaderTools {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly instruments: Instruments;
  readonly onComposerCall?: PoolOptions["onCall"];
  /** Aborted: everything ends, without a wait. */
  readonly signal: AbortSignal;
  /** PEM of the authority that runners have to trust; another one after it rotated. */
  readonly authority: () => string;
}

/** A leader at work. */
export interface Leader {
  readonly world: World;
  readonly known: KnownComponents;
  readonly store: Store;
  readonly pool: ComposerPool;
  readonly settings: () => DesiredSettings;
  /** Looks at every Composition again: what all of them depend on has changed. */
  wakeAll(): void;
  /** Takes no work any more, and gives what runs `ms` milliseconds to end. */
  stop(ms: number): Promise<void>;
}

const artifactPort = (port: number): string => (port === 443 ? "" : `:${port}`);
/** A key of ours that is woken all the time runs no more often: a write and its echoes are one run. */
const minIntervalMs = 50;

/** Watches, and reconciles from the moment on at which everything was listed once. Rejects where that fails. */
export async function startLeader(config: OperatorConfig, tools: LeaderTools): Promise<Leader> {
  const { client, clock, log, signal, events, authority } = tools;
  const queues = {
    component: new Queue({ clock, minIntervalMs }),
    composition: new Queue({ clock, minIntervalMs }),
  };
  const wake = (key: Key): void => queues.composition.add(key);
  const { folder, bytes } = config.data;
  const store = await openStore({ folder, bytes, clock, log, onLost: (keys) => keys.forEach(wake) });
  const world = startWorld(client, { namespaces: config.namespaces, clock, log, signal });
  const pool = startComposerPool({
    clock,
    ...config.composer,
    ...(tools.onComposerCall === undefined ? {} : { onCall: tools.onComposerCall }),
  });
  const maxBytes = config.fetch.bytes;
  const { timeoutMs, allowedCIDRs } = config.fetch;
  const http = makeDownloader({ clock, maxBytes, totalBytes: 2 * maxBytes, timeoutMs, allowedCIDRs });
  const library = makeLibrary({ client, http, maxBytes, store, composer: pool });
  const lookUp = new LookUp(library, world.configMaps);
  const known = new KnownComponents();
  const views = {
    components: new View(world.components),
    compositions: new View(world.compositions),
    owned: new Map([...world.owned].map(([resource, cache]) => [resource, new View(cache)] as const)),
  };
  const announce =
    (action: string) =>
    (
      regarding: Parameters<EventRecorder["record"]>[0]["regarding"],
      { type, reason, note }: { type: "Normal" | "Warning"; reason: string; note: string },
    ) =>
      events.record({ regarding, type, reason, action, note });
  const applier = new Applier(
    client,
    new Map(
      [...views.owned].map(([resource, view]) => [`${resource.apiVersion}/${resource.kind}`, { resource, view }]),
    ),
    { appliedHash, stands },
  );
  const ownedBy = ({ metadata }: LiveComposition) => applier.ownedBy(metadata.uid ?? "");
  const settings = (): DesiredSettings => ({
    ...config.runner,
    artifactUrl: `https://${config.service}.${config.pod.namespace}.svc${artifactPort(config.servicePort)}`,
    authority: authority(),
    operatorNamespace: config.pod.namespace,
    artifactPort: Number(config.secureListen.slice(config.secureListen.lastIndexOf(":") + 1)),
  });
  const usersOf = (component: Key) => world.compositions.byIndex(byComponent, component);
  const reconcileComponent = makeComponentReconciler({
    components: views.components,
    known,
    library,
    lookUp,
    clock,
    status: new StatusWriter(resources.components, views.components, { client, clock, announce: announce("Read") }),
    wakeUsers: (component) => usersOf(component).map(keyOf).forEach(wake),
  });
  const inputs = new Inputs(client, { ConfigMap: world.configMaps, Secret: world.secrets });
  const generation = (key: Key) => {
    const meta = views.components.get(key)?.metadata;
    return meta && { uid: meta.uid ?? "", generation: meta.generation ?? 0 };
  };
  const composeDeps = {
    composer: pool,
    library,
    artifacts: store,
    sourceOf: (key: Key) => views.components.get(key)?.spec.source,
    liveArtifacts: (composition: LiveComposition) => artifactsOf(ownedBy(composition)),
  };
  const warn = (regarding: LiveComposition, reason: "BreakingUpgrade" | "UpgradeBlocked", note: string) =>
    events.record({ regarding, type: "Warning", reason, action: "Decide", note });
  const reconcileComposition = makeCompositionReconciler({
    compositions: views.compositions,
    clock,
    status: new StatusWriter(resources.compositions, views.compositions, {
      client,
      clock,
      announce: announce("Reconcile"),
    }),
    steps: [
      (run) => resolveStep(run, { generation, known, lookUp }),
      (run) => decideStep(run, { library, warn }),
      (run) => composeStep(run, composeDeps),
      (run) => applyStep(run, { applier, inputs, settings }),
    ],
    workloadOf: (composition) => newestWorkload(ownedBy(composition)),
    forget: (key) => store.release(key),
  });
  listen(world, views, queues);
  await Promise.all([...world.all.values()].map((cache) => cache.synced(signal)));
  const wakeAll = (): void => inOrderOfNeed(world).forEach(wake);
  store.retain(new Set(world.compositions.list().map(keyOf)));
  for (const component of world.components.list()) queues.component.add(keyOf(component));
  wakeAll();
  const start = (
    name: "component" | "composition",
    reconcile: Parameters<typeof startController>[0]["reconcile"],
  ): Controller =>
    startController({
      name,
      reconcile,
      queue: queues[name],
      concurrency: config.concurrency,
      clock,
      log,
      signal,
      instruments: tools.instruments,
    });
  const controllers = [start("component", reconcileComponent), start("composition", reconcileComposition)];
  log.info("Reconciling", {
    components: world.components.list().length,
    compositions: world.compositions.list().length,
  });
  return {
    world,
    known,
    store,
    pool,
    settings,
    wakeAll,
    async stop(ms) {
      await Promise.all(controllers.map((controller) => controller.drain(ms)));
      await Promise.all([pool.close(), http.close(), store.close()]);
    },
  };
}

interface Views {
  readonly components: View<LiveComponent>;
  readonly compositions: View<LiveComposition>;
  readonly owned: ReadonlyMap<Resource, View>;
}

/** Changes to keys: nothing else happens in a listener. */
function listen(world: World, views: Views, queues: { readonly component: Queue; readonly composition: Queue }): void {
  world.components.onChange((change) => {
    const echo = views.components.take(change);
    const key = keyOf(change.object);
    if (!echo && asksForMore(change)) queues.component.add(key);
    // A Composition that waits for it, or that has to be told that it is gone.
    if (change.type !== "updated")
      for (const user of world.compositions.byIndex(byComponent, key)) queues.composition.add(keyOf(user));
  });
  world.compositions.onChange((change) => {
    if (!views.compositions.take(change) && asksForMore(change)) queues.composition.add(keyOf(change.object));
  });
  for (const [resource, cache] of world.owned) {
    cache.onChange((change) => {
      const echo = views.owned.get(resource)?.take(change) === true;
      const { namespace } = change.object.metadata;
      const owner = controllerOf(change.object);
      if (!echo && owner?.kind === "Composition") queues.composition.add(`${namespace}/${owner.name}`);
    });
  }
  for (const [kind, cache] of [
    ["ConfigMap", world.configMaps],
    ["Secret", world.secrets],
  ] as const) {
    cache.onChange(({ object }) => {
      const input = `${kind} ${keyOf(object)}`;
      for (const user of world.compositions.byIndex(byInput, input)) queues.composition.add(keyOf(user));
      for (const user of world.components.byIndex(byInput, input)) queues.component.add(keyOf(user));
    });
  }
}

/** Those that run come first: after the store was lost, their pods may need what they load at any time. */
function inOrderOfNeed(world: World): Key[] {
  const runs = ({ status }: LiveComposition): number => (status?.artifact === undefined ? 1 : 0);
  return [...world.compositions.list()].sort((a, b) => runs(a) - runs(b)).map(keyOf);
}
