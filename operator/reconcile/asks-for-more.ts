import type { KubeObject } from "../kube/object.ts";

/** True where an object of ours wants something else than it did before: not where only its status moved. */
export function asksForMore(before: KubeObject, now: KubeObject): boolean {
  const [old, meta] = [before.metadata, now.metadata];
  return (
    meta.generation !== old.generation ||
    meta.uid !== old.uid ||
    meta.deletionTimestamp !== old.deletionTimestamp ||
    JSON.stringify(sorted(meta.annotations)) !== JSON.stringify(sorted(old.annotations))
  );
}

/** Written objects come back with what caches leave out: `kubectl apply` keeps its own copy of the spec there. */
const leftOut = "kubectl.kubernetes.io/last-applied-configuration";

function sorted(annotations: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(annotations)
    .filter(([name]) => name !== leftOut)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
