import type { Source } from "../../api/source.ts";
import type { Library, Resolved } from "../fetch/library.ts";
import type { Cache } from "../kube/cache.ts";
import { keyOf } from "../kube/object.ts";

/** What was found for a source before, from a status. */
export interface Before {
  readonly digest: string;
  readonly revision?: string | undefined;
}

/**
 * Finds out which bytes a source stands for, without reading it where this namespace has read it before: an http source
 * names its digest, and a ConfigMap that has not changed still holds what it held. What others have read does not count.
 */
export class LookUp {
  readonly #library: Library;
  readonly #configMaps: Cache;
  /** By ConfigMap: what each source was found to be that reads this version of it. */
  readonly #remembered = new Map<string, { readonly revision: string; readonly digests: Map<string, string> }>();

  /** `configMaps` may hold metadata only. */
  constructor(library: Library, configMaps: Cache) {
    this.#library = library;
    this.#configMaps = configMaps;
    configMaps.onChange(({ type, object }) => {
      if (type === "deleted") this.#remembered.delete(keyOf(object));
    });
  }

  /** ConfigMaps of which something is remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  /** Rejects as `Library.acquire` does. */
  async find(
    { namespace, source }: { readonly namespace: string; readonly source: Source },
    { before, signal }: { readonly before?: Before | undefined; readonly signal: AbortSignal },
  ): Promise<Resolved> {
    const revision = this.#revision(namespace, source);
    const digest = await this.#known({ namespace, source }, before);
    const table = digest === undefined ? undefined : await this.#library.types(digest);
    if (digest !== undefined && table !== undefined) return { digest, revision, size: table.size.bytes, table };
    const resolved = await this.#library.acquire({ namespace, source, signal });
    this.#remember(namespace, source, resolved);
    return resolved;
  }

  /** The digest of what this namespace has read from the source, as long as it cannot be another one by now. */
  async #known(
    { namespace, source }: { readonly namespace: string; readonly source: Source },
    before: Before | undefined,
  ): Promise<string | undefined> {
    if (source.http !== undefined) {
      const isSame = before?.digest === `sha256:${source.http.sha256}`;
      return isSame ? before.digest : this.#library.recall({ namespace, source });
    }
    const revision = this.#revision(namespace, source);
    if (revision === undefined) return undefined;
    return this.#recall(namespace, source) ?? (before?.revision === revision ? before.digest : undefined);
  }

  #revision(namespace: string, { configMap }: Source): string | undefined {
    return configMap && this.#configMaps.get(`${namespace}/${configMap.name}`)?.metadata.resourceVersion;
  }

  #recall(namespace: string, source: Source): string | undefined {
    const known = this.#remembered.get(`${namespace}/${source.configMap?.name}`);
    if (known === undefined || known.revision !== this.#revision(namespace, source)) return undefined;
    return known.digests.get(JSON.stringify(source));
  }

  #remember(namespace: string, source: Source, { digest, revision }: Resolved): void {
    const key = `${namespace}/${source.configMap?.name}`;
    // Of a ConfigMap that is gone nobody would say that it can be forgotten.
    if (revision === undefined || this.#configMaps.get(key) === undefined) return;
    const known = this.#remembered.get(key);
    const digests = known?.revision === revision ? known.digests : new Map<string, string>();
    this.#remembered.set(key, { revision, digests: digests.set(JSON.stringify(source), digest) });
  }
}
