import { leaderLabel } from "../api/names.ts";
import { type Clock, sleep } from "./clock.ts";
import { Backoff } from "./kube/backoff.ts";
import type { KubeClient } from "./kube/client.ts";
import { KubeError } from "./kube/error.ts";
import { resources } from "./kube/object.ts";
import type { Log } from "./log.ts";

/** What the label is about. */
export interface LeaderLabelOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** The pod of this process. */
  readonly pod: { readonly name: string; readonly namespace: string };
}

/** The label by which the Services select the leader's pod. */
export interface LeaderLabel {
  /** What is still to be written; undefined once it stands, or where there is no such pod, as outside of a cluster. */
  problem(): string | undefined;
  /** From now on the pod has the label, or has it not: written in the background, and tried until it is done. */
  set(leads: boolean): void;
  /** Takes away what was set, within `ms` milliseconds, and tries no more. Never rejects. */
  stop(ms: number): Promise<void>;
}

/** Writes nothing before it is told to. */
export function makeLeaderLabel(options: LeaderLabelOptions): LeaderLabel {
  return new Label(options);
}

const leastMs = 500;
const mostMs = 15_000;

class Label implements LeaderLabel {
  readonly #options: LeaderLabelOptions;
  readonly #stopped = new AbortController();
  #wanted: boolean | undefined;
  #written: boolean | undefined;
  #absent = false;
  #busy = false;
  #writing: Promise<void> | undefined;

  constructor(options: LeaderLabelOptions) {
    this.#options = options;
  }

  problem(): string | undefined {
    if (this.#done()) return undefined;
    return this.#wanted === true
      ? "the pod has not the leader's label yet"
      : "the pod may have the leader's label still";
  }

  set(leads: boolean): void {
    this.#wanted = leads;
    if (this.#busy) return;
    this.#busy = true;
    this.#writing = this.#write();
  }

  async stop(ms: number): Promise<void> {
    const cancel = this.#options.clock.after(ms, () => this.#stopped.abort());
    if (this.#wanted === true) this.set(false);
    else this.#stopped.abort();
    await this.#writing;
    cancel();
    this.#stopped.abort();
  }

  #done(): boolean {
    return this.#absent || this.#wanted === undefined || this.#written === this.#wanted;
  }

  /** What is wanted may change meanwhile: the newest is written last. */
  async #write(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopped;
    const backoff = new Backoff(clock, { leastMs, mostMs });
    while (!this.#done() && !signal.aborted) {
      if (!(await this.#attempt())) await sleep(clock, backoff.next(), signal).catch(() => undefined);
    }
    // At once, and not after a turn of the event loop: what is told in between would be lost.
    this.#busy = false;
  }

  async #attempt(): Promise<boolean> {
    const { client, log, pod } = this.#options;
    const leads = this.#wanted === true;
    const labels = { [leaderLabel]: leads ? "true" : null };
    // After a failure either may stand.
    this.#written = undefined;
    try {
      const { signal } = this.#stopped;
      await client.mergePatch({ resource: resources.pods, ...pod }, { metadata: { labels } }, { signal });
      this.#written = leads;
    } catch (error) {
      if (this.#stopped.signal.aborted) return false;
      this.#absent = error instanceof KubeError && error.code === "not-found";
      const reason = error instanceof KubeError ? error.message : String(error);
      log[this.#absent ? "debug" : "warn"]("Cannot label the pod of this process", { ...pod, leads, error: reason });
    }
    return this.#absent || this.#written !== undefined;
  }
}
