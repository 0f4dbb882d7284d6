import type { Cache, Change, Listed } from "../kube/cache.ts";
import { ownerIndex } from "../kube/cache.ts";
import { type Key, type KubeObject, keyOf } from "../kube/object.ts";

/** Requests under way are far fewer. */
const maxGone = 1_000;

/**
 * A cache that also knows what our own writes answered, until the watch has caught up: a second run right after a write
 * sees its result, and the event that only repeats it wakes nobody.
 */
export class View<T extends KubeObject = KubeObject> {
  readonly #cache: Cache<T>;
  readonly #written = new Map<Key, T>();
  /** By key: a version of the object to which applying this hash changed nothing, whatever it looks like to us. */
  readonly #settled = new Map<Key, string>();
  /** By uid, the last that went: an answer to a write may come after the news that its object is gone. */
  readonly #gone = new Set<string>();
  /** By namespace, "" for all: the version of the last list. */
  readonly #listed = new Map<string, string>();

  constructor(cache: Cache<T>) {
    this.#cache = cache;
  }

  /** Objects of which more is known than the cache has. */
  get size(): number {
    return this.#written.size + this.#settled.size;
  }

  /** The newest known state. */
  get(key: Key): T | undefined {
    return this.#written.get(key) ?? this.#cache.get(key);
  }

  /** All that the owner with this uid controls. */
  ownedBy(uid: string): readonly T[] {
    const found = new Map(this.#cache.byIndex(ownerIndex, uid).map((object) => [keyOf(object), object]));
    for (const [key, object] of this.#written) {
      if (object.metadata.ownerReferences?.some((owner) => owner.uid === uid)) found.set(key, object);
    }
    return [...found.values()];
  }

  /** Notes what a write of ours answered. */
  wrote(object: T): void {
    const key = keyOf(object);
    const known = this.#cache.get(key);
    if (this.#gone.has(object.metadata.uid ?? "")) return;
    if (known === undefined && this.#isBeforeList(object)) return;
    if (known !== undefined && known.metadata.uid === object.metadata.uid && !isNewer(object, known)) return;
    this.#written.set(key, object);
  }

  /** Takes a change of the cache; true where it only repeats a write of ours. To be called for every change, first of all. */
  take({ type, object }: Change<T>): boolean {
    const key = keyOf(object);
    const written = this.#written.get(key);
    if (type === "deleted") {
      this.#settled.delete(key);
      this.#forget(object.metadata.uid ?? "");
      if (written?.metadata.uid === object.metadata.uid) this.#written.delete(key);
      return false;
    }
    if (written === undefined) return false;
    const same = written.metadata.uid === object.metadata.uid;
    if (same && isNewer(written, object)) return true;
    this.#written.delete(key);
    return same && written.metadata.resourceVersion === object.metadata.resourceVersion;
  }

  /**
   * Takes the news that a list is complete. What we wrote before it, and it does not have, went while nothing was watched:
   * it is forgotten, and given back. To be called after `take` of all changes that the list brought.
   */
  takeList({ namespace = "", resourceVersion }: Listed): readonly T[] {
    this.#listed.set(namespace, resourceVersion);
    const gone = [...this.#written].filter(([key, object]) => !this.#cache.get(key) && this.#isBeforeList(object));
    for (const [key] of gone) {
      this.#written.delete(key);
      this.#settled.delete(key);
    }
    return gone.map(([, object]) => object);
  }

  #isBeforeList({ metadata: { namespace = "", resourceVersion } }: T): boolean {
    const listed = this.#listed.get(namespace) ?? this.#listed.get("");
    return listed !== undefined && versionOf(resourceVersion) <= versionOf(listed);
  }

  #forget(uid: string): void {
    this.#gone.add(uid);
    if (this.#gone.size <= maxGone) return;
    const [oldest = ""] = this.#gone;
    this.#gone.delete(oldest);
  }

  /** Notes that applying `hash` to this version of the object changed nothing. */
  settle(object: T, hash: string): void {
    this.#settled.set(keyOf(object), settledAs(object, hash));
  }

  /** True where the server said so before, of this very version. */
  isSettled(object: T, hash: string): boolean {
    return this.#settled.get(keyOf(object)) === settledAs(object, hash);
  }
}

function settledAs({ metadata }: KubeObject, hash: string): string {
  return `${metadata.uid} ${metadata.resourceVersion} ${hash}`;
}

function isNewer(one: KubeObject, other: KubeObject): boolean {
  return versionOf(one.metadata.resourceVersion) > versionOf(other.metadata.resourceVersion);
}

/** Resource versions of one kind grow (KEP-5504); what is no number is older than all. */
function versionOf(resourceVersion = ""): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}
