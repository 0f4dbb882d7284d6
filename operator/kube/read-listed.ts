import type { Page, Selection, WatchEvent } from "./client.ts";
import { KubeError } from "./error.ts";
import type { KubeObject } from "./object.ts";
import { statusCodeOf, translateAnswer } from "./translate.ts";

/** The body of an answer to a list. Throws `unavailable` where it is none; `what` begins the message. */
export function readPage(what: string, selection: Selection, body: unknown): Page {
  const { items, metadata: list } = (body ?? {}) as { items?: unknown; metadata?: Record<string, unknown> | null };
  const resourceVersion = list?.["resourceVersion"];
  // An empty list of Go is null.
  if ((!Array.isArray(items) && items !== null) || typeof resourceVersion !== "string")
    throw new KubeError("unavailable", `${what}: the answer is no list`, { status: 200 });
  const next = list?.["continue"];
  return {
    items: (items ?? []).map((item) => readListed(what, selection, item)),
    resourceVersion,
    next: typeof next === "string" && next !== "" ? next : undefined,
  };
}

/** A line of a watch; undefined for a type of the future. Throws what an `ERROR` says, and `unavailable` for nonsense. */
export function readEvent(what: string, selection: Selection, line: string): WatchEvent | undefined {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new KubeError("unavailable", `${what}: an event is no JSON`, { cause });
  }
  switch (event?.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type: event.type, object: readListed(what, selection, event.object) };
    case "BOOKMARK":
      return { type: "BOOKMARK", object: readBookmark(what, event.object) };
    case "ERROR":
      throw translateAnswer(what, { status: statusCodeOf(event.object), body: event.object });
    default:
      return undefined;
  }
}

function readBookmark(what: string, object: unknown): KubeObject {
  const version = (object as { metadata?: { resourceVersion?: unknown } | null } | null)?.metadata?.resourceVersion;
  if (typeof version === "string") return object as KubeObject;
  throw new KubeError("unavailable", `${what}: a bookmark has no version`);
}

/** Listed objects come without their kind, and metadata comes under a kind of its own. */
function readListed(what: string, { resource, metadataOnly }: Selection, object: unknown): KubeObject {
  const meta = (object as { metadata?: Record<string, unknown> | null } | null)?.metadata;
  if (typeof meta?.["name"] !== "string" || typeof meta["resourceVersion"] !== "string")
    throw new KubeError("unavailable", `${what}: the server sent something that is no ${resource.kind}`);
  const { apiVersion, kind } = resource;
  if (metadataOnly) return { apiVersion, kind, metadata: meta } as unknown as KubeObject;
  return { ...(object as object), apiVersion, kind } as KubeObject;
}
