import type { Resolved } from "../fetch/library.ts";
import type { Key } from "../kube/object.ts";
import type { Outcome } from "./outcome.ts";

/** What the last look at a Component gave. */
export interface KnownComponent {
  readonly uid: string;
  /** Of the spec that was looked at. */
  readonly generation: number;
  /** The bytes in use: those of this spec, or the last good ones. */
  readonly resolved: Resolved | undefined;
  /** How the look ended: `done`, or why `resolved` is missing or old. */
  readonly outcome: Outcome;
}

/** What the operator knows of every Component: the reconciler writes, Compositions and the webhook read. */
export class KnownComponents {
  readonly #known = new Map<Key, KnownComponent>();

  get size(): number {
    return this.#known.size;
  }

  get(key: Key): KnownComponent | undefined {
    return this.#known.get(key);
  }

  /** True where a Composition might decide differently now. */
  set(key: Key, now: KnownComponent): boolean {
    const before = this.#known.get(key);
    this.#known.set(key, now);
    return (
      before?.resolved?.digest !== now.resolved?.digest ||
      before?.generation !== now.generation ||
      before?.uid !== now.uid ||
      JSON.stringify(before.outcome) !== JSON.stringify(now.outcome)
    );
  }

  /** True where it was known. */
  delete(key: Key): boolean {
    return this.#known.delete(key);
  }
}
