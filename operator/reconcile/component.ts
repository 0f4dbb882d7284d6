import type { Component, ComponentStatus } from "../../api/component.ts";
import { parseDuration } from "../../api/units.ts";
import { printWorld } from "../../wiring/world.ts";
import type { Clock } from "../clock.ts";
import { timestamp } from "../clock.ts";
import type { Library, Resolved } from "../fetch/library.ts";
import type { Key, KubeObject } from "../kube/object.ts";
import type { Next } from "../runtime/reconciler.ts";
import { type Finding, holds, notReached } from "./conditions.ts";
import { describeItems } from "./describe-items.ts";
import { explainLookUp } from "./explain.ts";
import type { KnownComponents } from "./known.ts";
import type { Before, LookUp } from "./look-up.ts";
import { done, type Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";
import type { StatusWriter } from "./status-writer.ts";
import type { View } from "./view.ts";

/** A web server is asked again no more often, whatever `spec.interval` says. */
const leastIntervalMs = 60_000;
/** The longest that a timer can hold. */
const longestIntervalMs = 2 ** 31 - 1;

/** A Component as the API server has it. */
export type LiveComponent = Component & KubeObject;

/** What the reconciler of Components works with. */
export interface ComponentDeps {
  readonly components: View<LiveComponent>;
  readonly known: KnownComponents;
  readonly library: Library;
  readonly lookUp: LookUp;
  readonly status: StatusWriter<LiveComponent>;
  readonly clock: Clock;
  /** Wakes the Compositions that use this Component. */
  readonly wakeUsers: (component: Key) => void;
}

/** Source to bytes, bytes to types, and a status that says what was found. */
export function makeComponentReconciler(deps: ComponentDeps): (key: Key, signal: AbortSignal) => Promise<Next> {
  return async (key, signal) => {
    const component = deps.components.get(key);
    if (component === undefined || component.metadata.deletionTimestamp !== undefined) {
      if (deps.known.delete(key)) deps.wakeUsers(key);
      return { kind: "done" };
    }
    const { outcome, resolved } = await lookAt(component, deps, signal);
    signal.throwIfAborted();
    const { uid = "", generation = 0 } = component.metadata;
    if (deps.known.set(key, { uid, generation, resolved, outcome })) deps.wakeUsers(key);
    const settled = settle(outcome, {
      found: findingsOf(outcome, resolved),
      achieved: achieved(component, resolved),
      old: component.status?.conditions ?? [],
    });
    return deps.status.write(component, fieldsOf(component, resolved, deps.clock), settled, signal);
  };
}

interface Look {
  readonly outcome: Outcome;
  /** Those of the spec, or the last good ones. */
  readonly resolved: Resolved | undefined;
}

async function lookAt(component: LiveComponent, deps: ComponentDeps, signal: AbortSignal): Promise<Look> {
  const { spec, metadata } = component;
  const namespace = metadata.namespace ?? "";
  if (spec.suspend) return { outcome: done, resolved: await lastGood(component, deps) };
  try {
    const found = { before: foundBefore(component), signal };
    const resolved = await deps.lookUp.find({ namespace, source: spec.source }, found);
    return { outcome: done, resolved };
  } catch (error) {
    signal.throwIfAborted();
    const outcome = explainLookUp(error, "spec.source", { source: spec.source, afterMs: intervalOf(spec.interval) });
    return { outcome, resolved: await lastGood(component, deps) };
  }
}

/**
 * What this spec's source was found to be. Of an older spec, and of one whose source could not be read, the status names
 * the last good bytes, which say nothing of this source.
 */
function foundBefore({ status, metadata }: LiveComponent): Before | undefined {
  if (status?.observedGeneration !== metadata.generation) return undefined;
  const isReady = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
  return isReady === true ? status?.artifact : undefined;
}

/** The CRD lets through what is a duration: one that is none of ours is too long. */
function intervalOf(interval = "5m"): number {
  return Math.max(parseDuration(interval) ?? longestIntervalMs, leastIntervalMs);
}

/** What this process knew last, or what the status says, if its types are still at hand: what runs stays known. */
async function lastGood(component: LiveComponent, { known, library }: ComponentDeps): Promise<Resolved | undefined> {
  const { namespace = "", name, uid } = component.metadata;
  const before = known.get(`${namespace}/${name}`);
  if (before?.uid === uid && before?.resolved !== undefined) return before.resolved;
  const artifact = component.status?.artifact;
  const table = artifact === undefined ? undefined : await library.types(artifact.digest);
  if (artifact === undefined || table === undefined) return undefined;
  return { digest: artifact.digest, revision: artifact.revision, size: artifact.size, table };
}

function findingsOf(outcome: Outcome, resolved: Resolved | undefined): ReadonlyMap<string, Finding> {
  if (outcome.kind === "done") {
    const fetched =
      resolved === undefined ? notReached("spec.suspend") : holds(`Read ${resolved.size} bytes: ${resolved.digest}`);
    const inspected =
      resolved === undefined
        ? notReached("spec.suspend")
        : holds(`Found imports and exports: ${resolved.table.imports.length} and ${resolved.table.exports.length}`);
    return new Map([
      ["Fetched", fetched],
      ["Inspected", inspected],
    ]);
  }
  const failure = { status: "False", reason: outcome.reason, message: outcome.message } as const;
  if (outcome.reason === "InvalidComponent") {
    return new Map<string, Finding>([
      ["Fetched", holds("Read the bytes")],
      ["Inspected", failure],
    ]);
  }
  return new Map<string, Finding>([
    ["Fetched", failure],
    ["Inspected", notReached("Fetched")],
  ]);
}

function achieved({ spec }: LiveComponent, resolved: Resolved | undefined): Finding {
  if (spec.suspend) {
    const message = "Suspended: the source is not read while spec.suspend is true";
    return { status: resolved === undefined ? "False" : "True", reason: "Suspended", message };
  }
  return holds(`Ready to be used: ${resolved?.digest}`);
}

function fieldsOf({ status }: LiveComponent, resolved: Resolved | undefined, clock: Clock): Partial<ComponentStatus> {
  // Nothing at hand: what was said of the bytes that run stays.
  if (resolved === undefined) return described(status);
  const { digest, revision, size, table } = resolved;
  const same = status?.artifact?.digest === digest;
  const lastUpdateTime = same ? status?.artifact?.lastUpdateTime : timestamp(clock.now());
  const artifact = {
    digest,
    size,
    ...(revision === undefined ? {} : { revision }),
    ...(lastUpdateTime === undefined ? {} : { lastUpdateTime }),
  };
  if (same) return { ...described(status), artifact };
  return {
    artifact,
    imports: describeItems(table.imports),
    exports: describeItems(table.exports),
    wit: printWorld(table),
  };
}

function described(status: ComponentStatus | undefined): Partial<ComponentStatus> {
  const { artifact, imports, exports, wit } = status ?? {};
  return {
    ...(artifact === undefined ? {} : { artifact }),
    ...(imports === undefined ? {} : { imports }),
    ...(exports === undefined ? {} : { exports }),
    ...(wit === undefined ? {} : { wit }),
  };
}
