import { setTimeout as sleep } from "node:timers/promises";
import type { AuditedRequest, AuditMark } from "../../test/support/api-server/audit.ts";
import type { ApiServer } from "../../test/support/api-server/server.ts";

/** Requests by what they are for. */
export interface Traffic {
  readonly applies: number;
  readonly statuses: number;
  readonly deletes: number;
  readonly gets: number;
  /** Not counted as any of the above; they are bounded by a budget of their own. */
  readonly events: number;
  /** Lists, watches, the Lease, the certificate's Secret and the label of the pod: once a process, whatever there is. */
  readonly aside: number;
  /** Answers that were no success, whatever was asked. */
  readonly refused: number;
}

/** All but events and what goes aside. */
export function requestsOf({ applies, statuses, deletes, gets }: Traffic): number {
  return applies + statuses + deletes + gets;
}

/** What changes something. */
export function writesOf({ applies, statuses, deletes }: Traffic): number {
  return applies + statuses + deletes;
}

/** Sorts the requests of one user. */
export function trafficOf(requests: readonly AuditedRequest[]): Traffic {
  const traffic = { applies: 0, statuses: 0, deletes: 0, gets: 0, events: 0, aside: 0, refused: 0 };
  for (const request of requests) {
    if (request.code >= 400 && !isAside(request)) traffic.refused++;
    traffic[kindOf(request)]++;
  }
  return traffic;
}

function kindOf(request: AuditedRequest): Exclude<keyof Traffic, "refused"> {
  const { verb, resource, subresource } = request;
  if (resource === "events") return "events";
  if (isAside(request)) return "aside";
  if (verb === "get") return "gets";
  if (verb === "delete") return "deletes";
  return subresource === "status" ? "statuses" : "applies";
}

function isAside({ verb, resource, namespace }: AuditedRequest): boolean {
  return verb === "list" || verb === "watch" || resource === "leases" || namespace === "tenon-system";
}

/** What a user did in one phase, and when. */
export interface Phase {
  readonly requests: readonly AuditedRequest[];
  readonly traffic: Traffic;
  /** Of the last write that is no event, milliseconds since 1970; undefined where there was none. */
  readonly lastWrite: number | undefined;
}

/**
 * The requests of a user since the mark, once `isDone` says that all is done, and nothing was written for two seconds. The
 * audit log is read rarely: whoever measures must not take the CPU of what is measured.
 */
export async function settledPhase(
  server: ApiServer,
  user: string,
  {
    since,
    isDone,
    limitMs,
  }: { readonly since: AuditMark; readonly isDone: (phase: Phase) => Promise<boolean>; readonly limitMs: number },
): Promise<Phase> {
  const end = performance.now() + limitMs;
  for (;;) {
    await sleep(1_500);
    const phase = await phaseOf(server, user, since);
    const quiet = phase.lastWrite === undefined || Date.now() - phase.lastWrite > 2_000;
    if (quiet && (await isDone(phase))) return phase;
    if (performance.now() > end) throw new RangeError(`Waited ${limitMs / 1000} s in vain for the operator to settle`);
  }
}

/** The requests of a user since the mark. */
export async function phaseOf(server: ApiServer, user: string, since: AuditMark): Promise<Phase> {
  const requests = await server.audit.requests({ user, since });
  const writes = requests.filter((request) => ["applies", "statuses", "deletes"].includes(kindOf(request)));
  const lastWrite = writes.length === 0 ? undefined : Math.max(...writes.map(({ time }) => time));
  return { requests, traffic: trafficOf(requests), lastWrite };
}
