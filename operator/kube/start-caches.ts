import type { Cache } from "./cache.ts";
import type { KubeClient, Selection } from "./client.ts";
import { type KubeObject, splitKey } from "./object.ts";
import { type CacheOptions, startCache } from "./start-cache.ts";

/** One cache over these namespaces, a loop for each; all namespaces where there are none, with one loop. */
export function startCaches<T extends KubeObject>(
  client: KubeClient,
  selection: Omit<Selection, "namespace">,
  options: CacheOptions<T> & { readonly namespaces: readonly string[] },
): Cache<T> {
  const { namespaces } = options;
  if (namespaces.length === 0) return startCache(client, selection, options);
  const caches = new Map(
    namespaces.map((namespace) => [namespace, startCache(client, { ...selection, namespace }, options)] as const),
  );
  const all = [...caches.values()];
  return {
    get: (key) => caches.get(splitKey(key).namespace)?.get(key),
    list: () => all.flatMap((cache) => cache.list()),
    byIndex: (index, value) => all.flatMap((cache) => cache.byIndex(index, value)),
    onChange: (listener) => all.forEach((cache) => void cache.onChange(listener)),
    onListed: (listener) => all.forEach((cache) => void cache.onListed(listener)),
    synced: async (signal) => void (await Promise.all(all.map((cache) => cache.synced(signal)))),
    healthy: () => all.every((cache) => cache.healthy()),
  };
}
