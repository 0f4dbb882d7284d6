import { isDeepStrictEqual } from "node:util";
import type { Condition } from "../../api/status.ts";
import type { Clock } from "../clock.ts";
import { timestamp } from "../clock.ts";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import type { KubeObject, Resource } from "../kube/object.ts";
import type { Next } from "../runtime/reconciler.ts";
import { asksForMore } from "./asks-for-more.ts";
import { makeConditions } from "./conditions.ts";
import type { Settled, Transition } from "./settle.ts";
import type { View } from "./view.ts";

/** An object of ours with the part of its status that all kinds share. */
export interface WithStatus extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[]; readonly observedGeneration?: number };
}

/** Tells of a transition; it never fails and never waits. */
export type Announce = (object: KubeObject, transition: Transition) => void;

/** Writes status, at most once a run and never without a change. */
export class StatusWriter<T extends WithStatus> {
  readonly #client: KubeClient;
  readonly #resource: Resource;
  readonly #view: View<T>;
  readonly #clock: Clock;
  readonly #announce: Announce;

  constructor(
    resource: Resource,
    view: View<T>,
    { client, clock, announce }: { readonly client: KubeClient; readonly clock: Clock; readonly announce: Announce },
  ) {
    this.#resource = resource;
    this.#view = view;
    this.#client = client;
    this.#clock = clock;
    this.#announce = announce;
  }

  /**
   * Makes the status be `fields` with the settled conditions, if it is not so already. An object that was deleted meanwhile
   * is left alone, and one that was made again never gets the status of its predecessor. Gives what the queue does next: a
   * look at once where the answer shows that somebody changed the object meanwhile, whose event is then older than what is
   * known and wakes nobody.
   */
  async write(object: T, fields: object, settled: Settled, signal: AbortSignal): Promise<Next> {
    const { name, namespace, uid, generation = 0 } = object.metadata;
    const now = timestamp(this.#clock.now());
    const conditions = makeConditions(object.status?.conditions, settled.findings, { generation, now });
    const status = plain({ observedGeneration: generation, conditions, ...fields });
    if (isDeepStrictEqual(status, plain(object.status ?? {}))) return settled.next;
    const { apiVersion, kind } = this.#resource;
    const patch = { apiVersion, kind, metadata: { name, namespace, uid }, status } as KubeObject;
    let written: T;
    try {
      written = await this.#client.applyStatus<T>(this.#resource, patch, { signal });
    } catch (error) {
      // A conflict is thrown too: of a uid that is another by now, the next run reads the newest.
      if (error instanceof KubeError && error.code === "not-found") return settled.next;
      throw error;
    }
    this.#view.wrote(written);
    if (settled.transition !== undefined) this.#announce(object, settled.transition);
    return asksForMore(object, written) ? { kind: "after", ms: 0 } : settled.next;
  }
}

/** As JSON has it: without undefined fields, and made of this realm's own objects. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
