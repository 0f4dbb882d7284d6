import type { Key, KubeObject } from "./object.ts";

/** A change of an object; `old` is what the cache had. */
export interface Change<T> {
  readonly type: "added" | "updated" | "deleted";
  readonly object: T;
  readonly old: T | undefined;
}

/** A list that is complete: of this namespace, or of all. What it does not have was not there at this version. */
export interface Listed {
  readonly namespace: string | undefined;
  readonly resourceVersion: string;
}

/**
 * The newest known state of one kind, kept by a list-watch loop. Objects are without `managedFields` and must not be
 * changed. Listeners only enqueue keys: they are called in order, and one that throws is logged and hurts nobody.
 */
export interface Cache<T extends KubeObject = KubeObject> {
  get(key: Key): T | undefined;
  list(): readonly T[];
  /** The objects that the index function gave this value. */
  byIndex(index: string, value: string): readonly T[];
  onChange(listener: (change: Change<T>) => void): void;
  /** Called after each list, when the listeners have heard of every change that it brought. */
  onListed(listener: (list: Listed) => void): void;
  /** Settles once the first list is in; rejects when the signal is aborted. */
  synced(signal?: AbortSignal): Promise<void>;
  /** False while nothing was heard from the server for longer than it may be silent: readiness asks. */
  healthy(): boolean;
}

/** Index of what a controller owns, by the owner's uid. */
export const ownerIndex = "owner";
