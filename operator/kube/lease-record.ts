import type { KubeClient } from "./client.ts";
import { KubeError } from "./error.ts";
import type { LeaseOptions } from "./lease.ts";
import { type KubeObject, type ObjectRef, resources } from "./object.ts";
import { microTimestamp } from "./times.ts";
import { printable } from "./translate.ts";

/** What an attempt came to: `failed` says nothing about whose the Lease is. */
export type Outlook = "ours" | "foreign" | "failed";

interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** As the API server has it: times have microseconds, and each field may be missing. */
interface LeaseSpec {
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  readonly acquireTime?: string | null;
  readonly renewTime?: string | null;
  readonly leaseTransitions?: number | null;
}

/** The Lease object as it was last seen, and how it is written. Nothing rejects: failures are logged. */
export class LeaseRecord {
  readonly #client: KubeClient;
  readonly #options: LeaseOptions;
  readonly #ref: ObjectRef;
  /** As it was last read or written; undefined: read before the next write. */
  #lease: Lease | undefined;
  /** A foreign Lease, from when it was seen to change until it has run out. */
  #foreign:
    | { readonly spec: string; readonly freeAt: number; readonly cancel: () => void; isOver: boolean }
    | undefined;
  #holder: string | undefined;

  constructor(client: KubeClient, options: LeaseOptions) {
    this.#client = client;
    this.#options = options;
    this.#ref = { resource: resources.leases, namespace: options.namespace, name: options.name };
  }

  /** Renews what is ours, and takes what is free. One request while it is ours, at most two otherwise. */
  take(signal: AbortSignal): Promise<Outlook> {
    return this.#guard("Cannot take or renew the Lease", async () => {
      const lease = this.#lease ?? (await this.#client.get<Lease>(this.#ref, { signal }));
      if (lease !== undefined && this.#isForeign(lease)) return "foreign";
      this.#lease = await this.#write(lease, this.#specFrom(lease?.spec), signal);
      this.forget();
      return "ours";
    });
  }

  /** Makes the Lease free, if it is ours: true where that worked. */
  async free(signal: AbortSignal): Promise<boolean> {
    const outlook = await this.#guard("Cannot give the Lease back", async () => {
      // Read anew: a renewal that was given up may have been stored.
      const lease = await this.#client.get<Lease>(this.#ref, { signal });
      if (lease?.spec?.holderIdentity !== this.#options.identity) return "foreign";
      const now = microTimestamp(this.#options.clock.now());
      const times = { acquireTime: now, renewTime: now };
      await this.#write(lease, { ...lease.spec, ...times, holderIdentity: "", leaseDurationSeconds: 1 }, signal);
      return "ours";
    });
    this.#lease = undefined;
    return outlook === "ours";
  }

  /** How long a foreign Lease is still valid; undefined where there is none. */
  freeInMs(): number | undefined {
    return this.#foreign === undefined ? undefined : this.#foreign.freeAt - this.#options.clock.now();
  }

  /** Stops counting a foreign Lease down. */
  forget(): void {
    this.#foreign?.cancel();
    this.#foreign = undefined;
  }

  async #guard(what: string, run: () => Promise<Outlook>): Promise<Outlook> {
    try {
      return await run();
    } catch (error) {
      this.#lease = undefined;
      const { log, name: lease } = this.#options;
      // Not an error: it is how a race is decided. The next attempt reads who won.
      if (error instanceof KubeError && error.code === "conflict") log.debug("Another write came first", { lease });
      else log.warn(what, { lease, error: error instanceof Error ? error.message : String(error) });
      return "failed";
    }
  }

  /** True while somebody else holds it. A timer counts, not the time of day: that may be corrected. */
  #isForeign({ spec = {} }: Lease): boolean {
    const { clock, identity, durationMs, log, name } = this.#options;
    const { holderIdentity: holder, leaseDurationSeconds: seconds } = spec;
    if (!holder || holder === identity) return false;
    const text = JSON.stringify(spec);
    if (this.#foreign?.spec !== text) {
      this.forget();
      const ms = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : durationMs;
      const foreign = { spec: text, freeAt: clock.now() + ms, isOver: false, cancel: () => cancel() };
      const cancel = clock.after(ms, () => {
        foreign.isOver = true;
      });
      this.#foreign = foreign;
    }
    if (this.#holder !== holder)
      log.info("Another process is the leader", { lease: name, holder: printable(holder, 100) });
    this.#holder = holder;
    return !this.#foreign!.isOver;
  }

  #specFrom(old: LeaseSpec | undefined): LeaseSpec {
    const { clock, identity, durationMs } = this.#options;
    const now = microTimestamp(clock.now());
    const isRenewal = old?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: (isRenewal && old.acquireTime) || now,
      renewTime: now,
      leaseTransitions: (old?.leaseTransitions ?? 0) + (isRenewal || old === undefined ? 0 : 1),
    };
  }

  #write(old: Lease | undefined, spec: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    const { apiVersion, kind } = this.#ref.resource;
    const { namespace, name } = this.#options;
    if (old !== undefined) {
      return this.#client.replace<Lease>(this.#ref.resource, { ...old, apiVersion, kind, spec } as Lease, { signal });
    }
    const lease = { apiVersion, kind, metadata: { namespace, name }, spec };
    return this.#client.create<Lease>(this.#ref.resource, lease, { namespace, signal });
  }
}
