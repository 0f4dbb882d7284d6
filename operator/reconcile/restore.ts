import type { Composer } from "../../composer/index.ts";
import type { Clock } from "../clock.ts";
import { artifactKey, makeArtifact } from "../compose/artifact.ts";
import { artifactAnnotation, recipeKey } from "../desired/config-map.ts";
import type { Library } from "../fetch/library.ts";
import type { KubeClient } from "../kube/client.ts";
import { type Key, type KubeObject, keyOf, resources } from "../kube/object.ts";
import type { Artifacts } from "./compose-step.ts";
import { inputsOf, type Recipe, readRecipe } from "./recipe.ts";
import type { LiveComposition } from "./run.ts";

/** What restoring works with. */
export interface RestoreDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly composer: Composer;
  readonly library: Library;
  readonly artifacts: Artifacts;
  readonly ownedBy: (composition: LiveComposition) => readonly KubeObject[];
  /** Tells that what runs cannot be made again. */
  readonly warn: (composition: LiveComposition, reason: "SourceLost", note: string) => void;
}

/** What could not be made again is not tried again before. */
const retryMs = 600_000;

/**
 * Keeps in the store, and held, what the pods of every live revision may load, whatever becomes of the newest spec: a
 * suspended or invalid composition still runs. What is lost is made again from the revision's recipe.
 */
export class Restorer {
  readonly #deps: RestoreDeps;
  /** By Composition and artifact: when it may be tried again. */
  readonly #failed = new Map<string, number>();

  constructor(deps: RestoreDeps) {
    this.#deps = deps;
  }

  /** Artifacts that could not be made again lately. */
  get size(): number {
    return this.#failed.size;
  }

  /**
   * Never fails for what is lost. An annotation alone is not believed, as its author may name what belongs to others: an
   * artifact counts only where it was held for this Composition before, or is made again from its own sources now.
   */
  async keep(composition: LiveComposition, signal: AbortSignal): Promise<void> {
    const { artifacts, ownedBy } = this.#deps;
    const owner = keyOf(composition);
    const before = new Set(artifacts.held(owner));
    const kept: string[] = [];
    for (const configMap of ownedBy(composition)) {
      const digest = configMap.metadata.annotations?.[artifactAnnotation];
      if (configMap.kind !== "ConfigMap" || digest === undefined || kept.includes(digest)) continue;
      const isThere = before.has(digest) && (await artifacts.has(digest));
      if (isThere || (await this.#restore(composition, { configMap, digest }, signal))) kept.push(digest);
    }
    artifacts.hold(owner, kept);
  }

  /** Forgets a Composition that is gone. */
  forget(owner: Key): void {
    for (const id of this.#failed.keys()) if (id.startsWith(`${owner} `)) this.#failed.delete(id);
  }

  async #restore(
    composition: LiveComposition,
    { configMap, digest }: { readonly configMap: KubeObject; readonly digest: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, warn } = this.#deps;
    const id = `${keyOf(composition)} ${digest}`;
    if ((this.#failed.get(id) ?? 0) > clock.now()) return false;
    const why = await this.#make(configMap, digest, signal);
    if (why === undefined) {
      this.#failed.delete(id);
      return true;
    }
    this.#failed.set(id, clock.now() + retryMs);
    warn(composition, "SourceLost", `What runs goes on, and its pods cannot start again elsewhere: ${why}`);
    return false;
  }

  /** Why it could not be made; undefined where it was. */
  async #make({ metadata }: KubeObject, digest: string, signal: AbortSignal): Promise<string | undefined> {
    const { client, composer, artifacts } = this.#deps;
    const { namespace = "", name } = metadata;
    type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> };
    const found = await client.get<ConfigMap>({ resource: resources.configMaps, namespace, name }, { signal });
    const recipe = readRecipe(found?.data?.[recipeKey]);
    if (recipe === undefined) return `there is no recipe for its artifact in ConfigMap "${name}"`;
    const inputs = inputsOf(recipe);
    try {
      const bytes = await this.#read(recipe, namespace, signal);
      const made = await makeArtifact(inputs, { composer, read: (one) => bytes.get(one)!, signal });
      if (made.digest !== digest) return `another version of the engine makes another artifact than ${digest}`;
      await artifacts.store(await artifactKey(inputs, { engine: false }), made);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return (error as Error).message;
    }
  }

  /** From the sources of its own namespace, never from what others brought into the store. */
  async #read({ components }: Recipe, namespace: string, signal: AbortSignal): Promise<Map<string, Uint8Array>> {
    const { library } = this.#deps;
    const bytes = new Map<string, Uint8Array>();
    for (const { digest, source } of Object.values(components)) {
      const resolved = await library.acquire({ namespace, source, signal });
      const found = resolved.digest === digest ? await library.bytes(digest) : undefined;
      if (found === undefined) throw new RangeError(`its source has other bytes by now than ${digest}`);
      bytes.set(digest, found);
    }
    return bytes;
  }
}
