import type { Source } from "../../api/source.ts";
import type { Cache } from "../kube/cache.ts";
import type { Library, Resolved } from "./library.ts";

/** What was found for a source before, from a status. */
export interface Before {
  readonly digest: string;
  readonly revision?: string | undefined;
}

/** More sources than this are not remembered; one that was forgotten is only read again. */
const maxRemembered = 20_000;

/**
 * Finds out which bytes a source stands for, without reading it where that is known: an http source names its digest, and
 * a ConfigMap that has not changed still holds what it held.
 */
export class LookUp {
  readonly #library: Library;
  readonly #configMaps: Cache;
  readonly #remembered = new Map<string, Before>();

  /** `configMaps` may hold metadata only. */
  constructor(library: Library, configMaps: Cache) {
    this.#library = library;
    this.#configMaps = configMaps;
  }

  /** Rejects as `Library.acquire` does. */
  async find(
    { namespace, source }: { readonly namespace: string; readonly source: Source },
    options: { readonly before?: Before | undefined; readonly signal: AbortSignal },
  ): Promise<Resolved> {
    const id = `${namespace} ${JSON.stringify(source)}`;
    const revision = this.#revision(namespace, source);
    for (const before of [this.#remembered.get(id), options.before]) {
      const digest =
        digestOf(source) ?? (revision !== undefined && before?.revision === revision ? before.digest : undefined);
      const table = digest === undefined ? undefined : await this.#library.types(digest);
      if (digest !== undefined && table !== undefined) return { digest, revision, size: table.size.bytes, table };
    }
    const resolved = await this.#library.acquire({ namespace, source, signal: options.signal });
    this.#remember(id, { digest: resolved.digest, revision: resolved.revision });
    return resolved;
  }

  #revision(namespace: string, { configMap }: Source): string | undefined {
    return configMap && this.#configMaps.get(`${namespace}/${configMap.name}`)?.metadata.resourceVersion;
  }

  #remember(id: string, found: Before): void {
    this.#remembered.delete(id);
    this.#remembered.set(id, found);
    if (this.#remembered.size <= maxRemembered) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

function digestOf({ http }: Source): string | undefined {
  return http && `sha256:${http.sha256}`;
}
