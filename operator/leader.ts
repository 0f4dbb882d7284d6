import type { Clock } from "./clock.ts";
import { type ComposerPool, type PoolOptions, startComposerPool } from "./compose/pool.ts";
import type { OperatorConfig } from "./config.ts";
import { parseAddress } from "./config-values.ts";
import type { DesiredSettings } from "./desired/desired.ts";
import { makeDownloader } from "./fetch/http.ts";
import { makeLibrary } from "./fetch/library.ts";
import type { KubeClient } from "./kube/client.ts";
import type { EventRecorder } from "./kube/events.ts";
import { type Key, keyOf } from "./kube/object.ts";
import type { Log } from "./log.ts";
import { openStore, type Store } from "./package/store.ts";
import { KnownComponents } from "./reconcile/known.ts";
import { View } from "./reconcile/view.ts";
import { makeReconcilers } from "./reconcilers.ts";
import { type Controller, startController } from "./runtime/controller.ts";
import type { Instruments } from "./runtime/instruments.ts";
import { Queue } from "./runtime/queue.ts";
import { inOrderOfNeed, wakeOnChanges } from "./wake.ts";
import { startWorld, type World } from "./world.ts";

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
  /** By the name of what they reconcile. */
  readonly controllers: ReadonlyMap<string, Controller>;
  /** What is remembered of keys and objects, in numbers, by what it is: none where there are no objects. */
  tracked(): Readonly<Record<string, number>>;
  /** Looks at every Composition again: what all of them depend on has changed. */
  wakeAll(): void;
  /** Takes no work any more, and gives what runs `ms` milliseconds to end. */
  stop(ms: number): Promise<void>;
}

const componentFactor = 4;

/** Watches, and reconciles from the moment on at which everything was listed once. Rejects where that fails. */
export async function startLeader(config: OperatorConfig, tools: LeaderTools): Promise<Leader> {
  const { client, clock, log, signal, events, authority } = tools;
  const queues = {
    component: new Queue({ clock }),
    composition: new Queue({ clock }),
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
  const known = new KnownComponents();
  const views = {
    components: new View(world.components),
    compositions: new View(world.compositions),
    owned: new Map([...world.owned].map(([resource, cache]) => [resource, new View(cache)] as const)),
  };
  const settings = (): DesiredSettings => ({
    ...config.runner,
    artifactUrl: `https://${config.service}.${config.pod.namespace}.svc:${config.servicePort}`,
    authority: authority(),
    operatorNamespace: config.pod.namespace,
    artifactPort: parseAddress(config.secureListen)?.port ?? 0,
  });
  const reconcilers = makeReconcilers({
    client,
    clock,
    events,
    world,
    views,
    known,
    library,
    store,
    pool,
    settings,
    wake,
    log,
  });
  wakeOnChanges(world, views, queues);
  await Promise.all([...world.all.values()].map((cache) => cache.synced(signal)));
  const wakeAll = (): void => inOrderOfNeed(world).forEach(wake);
  store.retain(new Set(world.compositions.list().map(keyOf)));
  for (const component of world.components.list()) queues.component.add(keyOf(component));
  wakeAll();
  const started = (["component", "composition"] as const).map((name) => {
    // Reading sources is mostly waiting for servers of other people, slow ones among them.
    const concurrency = name === "component" ? componentFactor * config.concurrency : config.concurrency;
    const [queue, reconcile] = [queues[name], reconcilers[name]];
    const { instruments } = tools;
    return [name, startController({ name, reconcile, queue, concurrency, clock, log, signal, instruments })] as const;
  });
  const controllers = new Map(started);
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
    controllers,
    wakeAll,
    tracked: () => ({
      ...reconcilers.tracked(),
      queued: queues.component.size + queues.composition.size,
      holders: store.owners(),
    }),
    async stop(ms) {
      await Promise.all([...controllers.values()].map((controller) => controller.drain(ms)));
      await Promise.all([pool.close(), http.close(), store.close()]);
    },
  };
}
