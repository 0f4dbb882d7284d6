import type { Reason } from "../../api/conditions.ts";

/** What every outcome but success says: the reason is the condition's and the event's. */
interface Said {
  readonly reason: Reason;
  /** One sentence, action first, value after a colon, no final period; it names the field and the fix. */
  readonly message: string;
}

/**
 * How a step ended. `done`: go on. `waiting`: something else has to happen first, which wakes us; look again after
 * `afterMs` at the latest, and say nothing of it before it lasted `quietMs`. `stalled`: only a user can help, by changing the
 * spec or an input; look again after `afterMs`, where that input is one of which no watch tells. `failed`: try again with
 * backoff.
 */
export type Outcome =
  | { readonly kind: "done" }
  | ({ readonly kind: "waiting"; readonly afterMs: number; readonly quietMs?: number } & Said)
  | ({ readonly kind: "stalled"; readonly afterMs?: number | undefined } & Said)
  | ({ readonly kind: "failed"; readonly afterMs?: number | undefined; readonly cause?: unknown } & Said);

/** The step has nothing to say. */
export const done: Outcome = { kind: "done" };
