import type { KubeObject, ObjectRef } from "./object.ts";
import { resources } from "./object.ts";
import { microTimestamp } from "./times.ts";
import { printable } from "./translate.ts";

/** A transition of an object that users should see in `kubectl describe`. */
export interface Happening {
  readonly regarding: KubeObject;
  readonly type: "Normal" | "Warning";
  /** The condition's: `ComposeFailed`. */
  readonly reason: string;
  /** What the operator did or tried: `Compose`. */
  readonly action: string;
  /** A sentence; beyond 1024 bytes it is cut. */
  readonly note: string;
}

/** How often it happened, and when last. */
export interface Counted {
  readonly count: number;
  readonly lastAt: number;
}

/** `reportingController` of our Events. */
export const reportingController = "tenon.dev/operator";

const longestName = 253;
const longestNote = 1024;
const longestWord = 128;

/** Where the Event of this name is: with its object, that of an object of the cluster in `default`. */
export function eventRef({ regarding }: Happening, name: string): ObjectRef {
  return { resource: resources.events, namespace: regarding.metadata.namespace ?? "default", name };
}

/** A name for an Event: as much of the object's as fits, then `suffix`, which makes it unique. */
export function eventName({ regarding }: Happening, suffix: string): string {
  const fitting = regarding.metadata.name.slice(0, longestName - suffix.length - 1);
  return `${fitting.replace(/[^a-z0-9]+$/, "")}.${suffix}`;
}

/** The Event as it is created. */
export function makeEvent(
  happening: Happening,
  { name, instance, firstAt, ...counted }: Counted & { name: string; instance: string; firstAt: number },
): KubeObject {
  const { regarding, type, reason, action, note } = happening;
  const { namespace } = eventRef(happening, name);
  const { uid, resourceVersion } = regarding.metadata;
  const event = {
    apiVersion: resources.events.apiVersion,
    kind: resources.events.kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    eventTime: microTimestamp(firstAt),
    reportingController,
    reportingInstance: printable(instance, longestWord),
    type,
    reason: printable(reason, longestWord),
    action: printable(action, longestWord),
    note: clip(note),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      namespace: regarding.metadata.namespace,
      name: regarding.metadata.name,
      uid,
      resourceVersion,
    },
  };
  return counted.count < 2 ? event : { ...event, ...makeSeries(counted) };
}

/** The merge patch of an Event that happened again. */
export function makeSeries({ count, lastAt }: Counted): { readonly series: object } {
  return { series: { count, lastObservedTime: microTimestamp(lastAt) } };
}

/** At most 1024 bytes; lines stay lines, other control characters do not. */
function clip(note: string): string {
  const clean = note.slice(0, 4 * longestNote).replace(/[^\P{Cc}\n]|\p{Cs}/gu, " ");
  const bytes = Buffer.from(clean, "utf8");
  if (bytes.length <= longestNote) return clean;
  // Cutting may leave half a character: it decodes to the replacement character.
  return `${bytes
    .subarray(0, longestNote - 3)
    .toString("utf8")
    .replace(/\ufffd+$/, "")}…`;
}
