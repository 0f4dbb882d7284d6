import { fieldManager } from "../api/names.ts";
import type { Clock } from "./clock.ts";
import type { Cache } from "./kube/cache.ts";
import type { KubeClient } from "./kube/client.ts";
import { type Resource, resources } from "./kube/object.ts";
import { startCaches } from "./kube/start-caches.ts";
import type { Log } from "./log.ts";
import type { LiveComponent } from "./reconcile/component.ts";
import { inputReferences } from "./reconcile/inputs.ts";
import type { LiveComposition } from "./reconcile/run.ts";

/** What a Composition owns, by kind; all are selected by their label. */
export const ownedResources: readonly Resource[] = [
  resources.serviceAccounts,
  resources.configMaps,
  resources.networkPolicies,
  resources.services,
  resources.podDisruptionBudgets,
  resources.deployments,
  resources.jobs,
  resources.cronJobs,
];

/** Indexes of the caches, by `NAMESPACE/NAME` of what an object refers to. */
export const byComponent = "component";
/** `ConfigMap NAMESPACE/NAME` or `Secret NAMESPACE/NAME`. */
export const byInput = "input";

/** Compositions whose template names a ServiceAccount. */
export const byServiceAccount = "service-account";

/** Everything that is watched. */
export interface World {
  readonly components: Cache<LiveComponent>;
  readonly compositions: Cache<LiveComposition>;
  readonly owned: ReadonlyMap<Resource, Cache>;
  /** Metadata only. */
  readonly configMaps: Cache;
  readonly secrets: Cache;
  /** Every cache, by the name that readiness shows. */
  readonly all: ReadonlyMap<string, Cache>;
}

/** Starts to watch; listeners have to be added at once. */
export function startWorld(
  client: KubeClient,
  options: {
    readonly namespaces: readonly string[];
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
  },
): World {
  const metadataOnly = true;
  const components = startCaches<LiveComponent>(
    client,
    { resource: resources.components },
    { ...options, indexes: { [byInput]: inputsOfComponent } },
  );
  const compositions = startCaches<LiveComposition>(
    client,
    { resource: resources.compositions },
    {
      ...options,
      indexes: {
        [byComponent]: componentsOf,
        [byInput]: inputsOfComposition,
        [byServiceAccount]: serviceAccountsOf,
      },
    },
  );
  const labelSelector = `app.kubernetes.io/managed-by=${fieldManager}`;
  const owned = new Map(
    ownedResources.map((resource) => [resource, startCaches(client, { resource, labelSelector }, options)] as const),
  );
  const configMaps = startCaches(client, { resource: resources.configMaps, metadataOnly }, options);
  const secrets = startCaches(client, { resource: resources.secrets, metadataOnly }, options);
  const all = new Map<string, Cache>([
    ["components", components as Cache],
    ["compositions", compositions as Cache],
    ["configmaps (metadata)", configMaps],
    ["secrets (metadata)", secrets],
    ...[...owned].map(([{ plural }, cache]) => [plural, cache] as const),
  ]);
  return { components, compositions, owned, configMaps, secrets, all };
}

function componentsOf({ metadata: { namespace }, spec }: LiveComposition): string[] {
  return [...new Set(spec.instances.flatMap(({ component }) => component.name ?? []))].map(
    (name) => `${namespace}/${name}`,
  );
}

function serviceAccountsOf({ metadata: { namespace }, spec }: LiveComposition): string[] {
  const name = spec.template?.spec?.serviceAccountName;
  return name === undefined ? [] : [`${namespace}/${name}`];
}

function inputsOfComposition(composition: LiveComposition): string[] {
  const { namespace } = composition.metadata;
  const named = inputReferences(composition).map(({ kind, name }) => `${kind} ${namespace}/${name}`);
  const sources = composition.spec.instances.flatMap(({ component }) => component.source?.configMap?.name ?? []);
  return [...new Set([...named, ...sources.map((name) => `ConfigMap ${namespace}/${name}`)])];
}

function inputsOfComponent({ metadata: { namespace }, spec }: LiveComponent): string[] {
  const name = spec.source.configMap?.name;
  return name === undefined ? [] : [`ConfigMap ${namespace}/${name}`];
}
