import type { Composer } from "../composer/index.ts";
import type { Clock } from "./clock.ts";
import { appliedHash } from "./desired/applied.ts";
import type { DesiredSettings } from "./desired/desired.ts";
import { stands } from "./desired/stands.ts";
import type { Library } from "./fetch/library.ts";
import type { KubeClient } from "./kube/client.ts";
import { KubeError } from "./kube/error.ts";
import type { EventRecorder } from "./kube/events.ts";
import { type Key, type KubeObject, keyOf, type Resource, resources } from "./kube/object.ts";
import type { Log } from "./log.ts";
import type { Store } from "./package/store.ts";
import { Applier } from "./reconcile/applier.ts";
import { applyStep, tidy } from "./reconcile/apply-step.ts";
import { makeComponentReconciler } from "./reconcile/component.ts";
import { composeStep } from "./reconcile/compose-step.ts";
import { makeCompositionReconciler } from "./reconcile/composition.ts";
import { decideStep } from "./reconcile/decide-step.ts";
import { workloadOf } from "./reconcile/history.ts";
import { Inputs } from "./reconcile/inputs.ts";
import type { KnownComponents } from "./reconcile/known.ts";
import { LookUp } from "./reconcile/look-up.ts";
import { Patience } from "./reconcile/patience.ts";
import { resolveStep } from "./reconcile/resolve-step.ts";
import { Restorer } from "./reconcile/restore.ts";
import type { LiveComposition } from "./reconcile/run.ts";
import { type Announce, StatusWriter } from "./reconcile/status-writer.ts";
import type { Reconcile } from "./runtime/reconciler.ts";
import type { Views } from "./wake.ts";
import { byComponent, type World } from "./world.ts";

/** What the reconcilers work with. */
export interface ReconcilerParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly world: World;
  readonly views: Views;
  readonly known: KnownComponents;
  readonly library: Library;
  readonly store: Store;
  readonly pool: Composer;
  readonly settings: () => DesiredSettings;
  readonly log: Log;
  /** Wakes a Composition. */
  readonly wake: (composition: Key) => void;
}

/** Puts the steps of the reconcilers together. */
export function makeReconcilers(parts: ReconcilerParts): {
  readonly component: Reconcile;
  readonly composition: Reconcile;
  /** What is remembered, in numbers, by what it is. */
  readonly tracked: () => Readonly<Record<string, number>>;
} {
  const { client, clock, world, views, known, library } = parts;
  const lookUp = new LookUp(library, world.configMaps);
  const inputs = new Inputs(client, { ConfigMap: world.configMaps, Secret: world.secrets });
  const patience = new Patience(clock);
  const component = makeComponentReconciler({
    components: views.components,
    known,
    library,
    lookUp,
    clock,
    status: new StatusWriter(resources.components, views.components, {
      client,
      clock,
      announce: announce("Read", parts),
    }),
    wakeUsers: (key) => world.compositions.byIndex(byComponent, key).map(keyOf).forEach(parts.wake),
  });
  const all = [views.components, views.compositions, ...views.owned.values()];
  return {
    component: heeding("component", component, parts),
    composition: heeding("composition", compositionReconciler(parts, { lookUp, inputs, patience }), parts),
    tracked: () => ({
      components: known.size,
      sources: lookUp.size,
      inputs: inputs.size,
      patience: patience.size,
      writes: all.reduce((sum, { size }) => sum + size, 0),
    }),
  };
}

/** What the API server did not take is tried again: an error of the world, and none of ours. */
function heeding(name: string, reconcile: Reconcile, { log }: ReconcilerParts): Reconcile {
  return async (key, signal) => {
    try {
      const next = await reconcile(key, signal);
      log.debug("Reconciled", { controller: name, key, next: next.kind });
      return next;
    } catch (error) {
      if (!(error instanceof KubeError) || signal.aborted) throw error;
      const { code, message, retryAfterMs } = error;
      log.warn("The API server did not take it, try again", { controller: name, key, code, error: message });
      return { kind: "retry", afterMs: retryAfterMs };
    }
  };
}

function compositionReconciler(
  parts: ReconcilerParts,
  { lookUp, inputs, patience }: { readonly lookUp: LookUp; readonly inputs: Inputs; readonly patience: Patience },
): Reconcile {
  const { client, clock, events, world, views, known, library, store, pool, settings } = parts;
  const othersOf = (resource: Resource) =>
    resource === resources.configMaps ? world.configMaps : world.others.get(resource);
  const owned = [...views.owned].map(
    ([resource, view]) =>
      [`${resource.apiVersion}/${resource.kind}`, { resource, view, others: othersOf(resource) }] as const,
  );
  const applier = new Applier(client, new Map(owned), { appliedHash, stands });
  const ownedBy = ({ metadata }: LiveComposition) => applier.ownedBy(metadata.uid ?? "");
  const newest = (key: Key) => {
    const meta = views.components.get(key)?.metadata;
    return meta && { uid: meta.uid ?? "", generation: meta.generation ?? 0 };
  };
  const namesIn = (namespace: string) =>
    parts.world.components.list().flatMap(({ metadata }) => (metadata.namespace === namespace ? [metadata.name] : []));
  const composing = {
    composer: pool,
    library,
    artifacts: store,
    sourceOf: (key: Key) => views.components.get(key)?.spec.source,
  };
  const warn = (regarding: KubeObject, reason: string, note: string) =>
    events.record({ regarding, type: "Warning", reason, action: "Decide", note });
  const restorer = new Restorer({ client, clock, composer: pool, library, artifacts: store, ownedBy, warn });
  return makeCompositionReconciler({
    compositions: views.compositions,
    patience,
    status: new StatusWriter(resources.compositions, views.compositions, {
      client,
      clock,
      announce: announce("Reconcile", parts),
    }),
    steps: [
      (run) => resolveStep(run, { newest, namesIn, known, lookUp }),
      (run) => decideStep(run, { library, warn }),
      (run) => composeStep(run, composing),
      (run) => applyStep(run, { applier, inputs, settings }),
    ],
    keep: (composition, signal) => restorer.keep(composition, signal),
    tidy: (run) => tidy(run, applier),
    workloadOf: (composition) => workloadOf(ownedBy(composition), composition.status?.updateRevision),
    forget(key) {
      store.release(key);
      restorer.forget(key);
    },
  });
}

/** A transition is an event for those who look at the object, and a line for those who look at the operator. */
function announce(action: string, { events, log }: ReconcilerParts): Announce {
  return (regarding, { type, reason, note }) => {
    events.record({ regarding, type, reason, action, note });
    const { kind, metadata } = regarding;
    const level = type === "Warning" ? "warn" : "info";
    log[level](note, {
      controller: kind.toLowerCase(),
      key: keyOf(regarding),
      reason,
      generation: metadata.generation,
    });
  };
}
