import { fieldManager } from "../api/names.ts";
import type { Clock } from "./clock.ts";
import { hashData } from "./desired/data-hashes.ts";
import type { Cache } from "./kube/cache.ts";
import type { KubeClient } from "./kube/client.ts";
import { type Resource, resources } from "./kube/object.ts";
import { startCaches } from "./kube/start-caches.ts";
import { trimToIdentity } from "./kube/trim.ts";
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

/**
 * Of these an object of somebody else's could take our fields on top of its own. Others refuse them: a Deployment by its
 * selector, a Job by its template; and the name of a ServiceAccount has a part that nobody else gives it.
 */
const sharedResources: readonly Resource[] = [
  resources.networkPolicies,
  resources.services,
  resources.podDisruptionBudgets,
  resources.cronJobs,
];

/** Indexes of the caches, by `NAMESPACE/NAME` of what an object refers to. */
export const byComponent = "component";
/** `ConfigMap NAMESPACE/NAME` or `Secret NAMESPACE/NAME`. */
export const byInput = "input";

/** Compositions whose template names a ServiceAccount. */
export const byServiceAccount = "service-account";

/** Compositions that found an object of somebody else's in their place, by their namespace. */
export const byNotOwned = "not-owned";

/** Everything that is watched. */
export interface World {
  readonly components: Cache<LiveComponent>;
  readonly compositions: Cache<LiveComposition>;
  /** What has our label; of ConfigMaps with hashes in the place of their content. */
  readonly owned: ReadonlyMap<Resource, Cache>;
  /** Who and whose only: what has not our label, of the kinds of which something could be taken over unnoticed. */
  readonly others: ReadonlyMap<Resource, Cache>;
  /** All of them, who and whose only. */
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
  const identity = { ...options, keep: trimToIdentity };
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
        [byNotOwned]: notOwnedIn,
      },
    },
  );
  const label = "app.kubernetes.io/managed-by";
  const ours = { labelSelector: `${label}=${fieldManager}` };
  const owned = new Map(
    ownedResources.map(
      (resource) => [resource, startCaches(client, { resource, ...ours }, { ...options, keep: hashData })] as const,
    ),
  );
  const foreign = { labelSelector: `${label}!=${fieldManager}`, metadataOnly };
  const others = new Map(
    sharedResources.map((resource) => [resource, startCaches(client, { resource, ...foreign }, identity)] as const),
  );
  const configMaps = startCaches(client, { resource: resources.configMaps, metadataOnly }, identity);
  const secrets = startCaches(client, { resource: resources.secrets, metadataOnly }, identity);
  const all = new Map<string, Cache>([
    ["components", components as Cache],
    ["compositions", compositions as Cache],
    ["configmaps (metadata)", configMaps],
    ["secrets (metadata)", secrets],
    ...[...owned].map(([{ plural }, cache]) => [plural, cache] as const),
    ...[...others].map(([{ plural }, cache]) => [`${plural} of others (metadata)`, cache] as const),
  ]);
  return { components, compositions, owned, others, configMaps, secrets, all };
}

function componentsOf({ metadata: { namespace }, spec }: LiveComposition): string[] {
  return [...new Set(spec.instances.flatMap(({ component }) => component.name ?? []))].map(
    (name) => `${namespace}/${name}`,
  );
}

function notOwnedIn({ metadata: { namespace = "" }, status }: LiveComposition): string[] {
  return status?.conditions?.some(({ reason }) => reason === "NotOwned") ? [namespace] : [];
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
