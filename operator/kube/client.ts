import type { KubeObject, ObjectRef, Resource } from "./object.ts";

/** What each call may be given; every call is bounded in time and in bytes anyway. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a list or a watch is about. */
export interface Selection {
  readonly resource: Resource;
  /** Undefined: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Ask for `metadata` only: the content of Secrets and ConfigMaps never enters this process. */
  readonly metadataOnly?: boolean | undefined;
}

/** One page of a list. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Ask for the next page with it. */
  readonly next: string | undefined;
}

/** A line of a watch. `BOOKMARK` carries a resourceVersion only. `ERROR` is thrown as a `KubeError` instead. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/**
 * The API server. Requests share few pooled connections; credentials that rotate are read again. All calls reject with
 * `KubeError`; nothing is retried here.
 */
export interface KubeClient {
  /** The object, or undefined where it does not exist. */
  get<T extends KubeObject>(ref: ObjectRef, options?: CallOptions): Promise<T | undefined>;
  /**
   * Server-side apply under our field manager. Without `force` a field that somebody else manages with another value is a
   * `conflict`, and nothing is changed. `metadata.uid`, where given, must be the object's.
   */
  apply<T extends KubeObject>(
    resource: Resource,
    object: KubeObject,
    options: CallOptions & { readonly force: boolean },
  ): Promise<T>;
  /**
   * Makes `object.status` be the whole status, whoever wrote what is there; of the rest only the name counts, and
   * `metadata.uid`: where it is given, as it should be, and the object is another by now, the answer is `conflict`. So the
   * status of a deleted object never lands on its successor. `not-found` where the object is gone.
   */
  applyStatus<T extends KubeObject>(resource: Resource, object: KubeObject, options?: CallOptions): Promise<T>;
  /** Creates; `conflict` where the name is taken. Answers what the server stored (a TokenReview: its verdict). */
  create<T extends KubeObject>(
    resource: Resource,
    object: object,
    options?: CallOptions & { readonly namespace?: string },
  ): Promise<T>;
  /** Replaces, and is refused with `conflict` where `metadata.resourceVersion` is not the newest: for what replicas share, the Lease and the certificate. */
  replace<T extends KubeObject>(resource: Resource, object: KubeObject, options?: CallOptions): Promise<T>;
  /** JSON merge patch: for labels of our own pod and the webhook's CA bundle. */
  mergePatch<T extends KubeObject>(ref: ObjectRef, patch: object, options?: CallOptions): Promise<T>;
  /** Deletes in the background; one that is gone, or whose uid is another, is no error. */
  delete(ref: ObjectRef, options: CallOptions & { readonly uid: string }): Promise<void>;
  /** A page. `resourceVersion` "0": from the server's cache, whatever it has, and all at once; left out: the newest. */
  list(
    selection: Selection,
    options?: CallOptions & {
      readonly limit?: number;
      readonly next?: string | undefined;
      readonly resourceVersion?: string | undefined;
    },
  ): Promise<Page>;
  /**
   * Events after `resourceVersion`, until the server ends the stream. Throws `expired` for a version that is too old.
   * `onOpen` is called once the server has accepted: before the first event, which may be long in coming.
   */
  watch(
    selection: Selection,
    options: CallOptions & {
      readonly resourceVersion: string;
      readonly timeoutSeconds: number;
      readonly onOpen?: () => void;
    },
  ): AsyncIterable<WatchEvent>;
  /** Drops all connections. */
  close(): Promise<void>;
}
