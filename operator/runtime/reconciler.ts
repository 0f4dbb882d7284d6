/** What the queue does with a key after a reconcile. */
export type Next =
  /** Nothing until something wakes it. */
  | { readonly kind: "done" }
  /** Again after this time; earlier when something wakes it. The backoff starts afresh. */
  | { readonly kind: "after"; readonly ms: number }
  /** Again with growing, jittered backoff; never earlier than `afterMs`. */
  | { readonly kind: "retry"; readonly afterMs?: number | undefined };

/**
 * Level-based: gets a key, reads the world, brings it closer to what is wanted, and never learns which event woke it. The
 * same key never runs twice at once. One that throws is logged and retried.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Next>;
