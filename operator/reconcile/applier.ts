import { group } from "../../api/names.ts";
import type { Cache } from "../kube/cache.ts";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import {
  controllerOf,
  type KubeObject,
  keyOf,
  type ObjectMeta,
  type OwnerReference,
  type Resource,
} from "../kube/object.ts";
import type { Outcome } from "./outcome.ts";
import type { View } from "./view.ts";

/** One kind of owned object: how it is addressed, and what is known of it. */
export interface Owned {
  readonly resource: Resource;
  readonly view: View;
  /** Where an object of this name may be that `view` does not have: one without our label. Metadata is enough. */
  readonly others?: Pick<Cache, "get"> | undefined;
}

/** What the applier compares desired objects with. */
export interface Comparison {
  /** The hash of the desired object that was applied last: of its annotation. */
  appliedHash(object: KubeObject): string | undefined;
  /** True where every desired field still stands in the live object. */
  stands(desired: KubeObject, live: KubeObject): boolean;
}

/** The live object, or why it could not be brought about. */
export type Ensured = { readonly live: KubeObject } | { readonly outcome: Outcome };

/** How long an object may take to go away before we look again without being woken. */
const deletionMs = 10_000;
/** The same for an object of somebody else: not of every kind we hear that it went. */
const notOwnedMs = 60_000;

/**
 * Brings owned objects about: server-side apply, skipped where nothing would change, and never over an object that another
 * controls. `KubeError`s that may pass are thrown.
 */
export class Applier {
  readonly #client: KubeClient;
  readonly #owned: ReadonlyMap<string, Owned>;
  readonly #comparison: Comparison;

  /** `owned` is by `apiVersion/kind`. */
  constructor(client: KubeClient, owned: ReadonlyMap<string, Owned>, comparison: Comparison) {
    this.#client = client;
    this.#owned = owned;
    this.#comparison = comparison;
  }

  /** Makes the object be as desired. `desired` is complete: annotated with its hash, and controlled by `owner`. */
  async ensure(owner: ObjectMeta, desired: KubeObject, signal: AbortSignal): Promise<Ensured> {
    const { resource, view, others } = this.#kind(desired);
    const key = keyOf(desired);
    const live = view.get(key);
    const there = live ?? others?.get(key);
    const taken = there === undefined ? undefined : explainTaken(there, owner);
    if (taken !== undefined) return { outcome: taken };
    const hash = this.#comparison.appliedHash(desired) ?? "";
    if (live !== undefined && this.#isAsDesired(view, { desired, live, hash })) return { live };
    try {
      // Without force a field that somebody else set otherwise is a conflict: what we did not make is not taken over.
      const object = await this.#client.apply(resource, desired, { force: there !== undefined, signal });
      view.wrote(object);
      if (object.metadata.resourceVersion === live?.metadata.resourceVersion) view.settle(object, hash);
      return { live: object };
    } catch (error) {
      return { outcome: explain(error, desired) };
    }
  }

  /** Deletes what the owner controls and `keeps` does not want. */
  async prune(owner: ObjectMeta, keeps: (object: KubeObject) => boolean, signal: AbortSignal): Promise<void> {
    for (const { resource, view } of this.#owned.values()) {
      for (const object of view.ownedBy(owner.uid ?? "")) {
        const { namespace, name, uid, deletionTimestamp } = object.metadata;
        if (controllerOf(object)?.uid !== owner.uid || deletionTimestamp !== undefined || keeps(object)) continue;
        await this.#client.delete({ resource, namespace, name }, { uid: uid ?? "", signal });
      }
    }
  }

  /** All that this owner controls. */
  ownedBy(uid: string): readonly KubeObject[] {
    return [...this.#owned.values()].flatMap(({ view }) => view.ownedBy(uid));
  }

  #isAsDesired(view: View, { desired, live, hash }: { desired: KubeObject; live: KubeObject; hash: string }): boolean {
    if (view.isSettled(live, hash)) return true;
    return this.#comparison.appliedHash(live) === hash && this.#comparison.stands(desired, live);
  }

  #kind({ apiVersion, kind }: KubeObject): Owned {
    const owned = this.#owned.get(`${apiVersion}/${kind}`);
    if (owned === undefined) throw new RangeError(`Cannot apply an object of a kind that is not watched: ${kind}`);
    return owned;
  }
}

/** Why an object that is there cannot be written; undefined where it is the owner's. */
function explainTaken(object: KubeObject, owner: ObjectMeta): Outcome | undefined {
  const controller = controllerOf(object);
  if (object.metadata.deletionTimestamp !== undefined) return goesAway(object);
  if (controller?.uid === owner.uid) return undefined;
  return isOfPredecessor(controller, owner) ? goesAway(object) : notOwned(object);
}

/** Of a Composition that was deleted and made again: the garbage collector takes what the old one had. */
function isOfPredecessor(controller: OwnerReference | undefined, { name }: ObjectMeta): boolean {
  return (
    controller?.kind === "Composition" && controller.name === name && controller.apiVersion.startsWith(`${group}/`)
  );
}

function notOwned({ kind, metadata: { name } }: KubeObject): Outcome {
  return {
    kind: "stalled",
    reason: "NotOwned",
    afterMs: notOwnedMs,
    message: `Cannot write ${kind} "${name}", it belongs to somebody else. Delete or rename it, or rename the composition`,
  };
}

function goesAway({ kind, metadata: { name } }: KubeObject): Outcome {
  const message = `Waits until the old ${kind} is gone: ${name}`;
  return { kind: "waiting", reason: "InProgress", message, afterMs: deletionMs };
}

function explain(error: unknown, desired: KubeObject): Outcome {
  if (!(error instanceof KubeError)) throw error;
  const { kind, metadata } = desired;
  if (error.code === "conflict" && error.managers.length > 0) return notOwned(desired);
  if (error.code === "invalid") {
    const message = `Cannot write ${kind} "${metadata.name}", the API server refuses it: ${error.message}`;
    return { kind: "stalled", reason: "InvalidSpec", message };
  }
  if (error.code === "denied" || error.code === "not-found") {
    // A role, a quota, an admission policy, a namespace that is going away: changed without our spec, so it is tried again.
    const message = `Cannot write ${kind} "${metadata.name}": ${error.message}`;
    return { kind: "failed", reason: "Forbidden", message, cause: error };
  }
  throw error;
}
