import { revisionLabel } from "../../api/names.ts";
import type { KubeObject } from "../kube/object.ts";

const workloads: ReadonlySet<string> = new Set(["Deployment", "Job", "CronJob"]);
/** Kinds of which each revision has one of its own. */
const revisioned: ReadonlySet<string> = new Set(["ConfigMap", "Job"]);

/** The workload of this revision, else the one that was made last, of what a Composition owns. */
export function workloadOf(owned: readonly KubeObject[], revision: string | undefined): KubeObject | undefined {
  const all = newestFirst(owned.filter(({ kind }) => workloads.has(kind)));
  return all.find(({ metadata }) => metadata.labels?.[revisionLabel] === revision) ?? all[0];
}

/**
 * Says what stays of what a Composition owns: what is desired, and of the kinds of which each revision has its own those of
 * the revision that is complete (its pods serve until another one is), and the newest `limit` others.
 */
export function selectKept(
  desired: readonly KubeObject[],
  {
    owned,
    limit,
    current,
  }: { readonly owned: readonly KubeObject[]; readonly limit: number; readonly current: string | undefined },
): (object: KubeObject) => boolean {
  const wanted = new Set(desired.map(idOf));
  const kept = new Set(wanted);
  for (const kind of revisioned) {
    const others = owned.filter((object) => object.kind === kind && isRevision(object) && !wanted.has(idOf(object)));
    const serves = others.filter(({ metadata }) => metadata.labels?.[revisionLabel] === current);
    for (const object of [...serves, ...newestFirst(others).slice(0, limit)]) kept.add(idOf(object));
  }
  return (object) => kept.has(idOf(object));
}

function isRevision({ metadata }: KubeObject): boolean {
  return metadata.labels?.[revisionLabel] !== undefined;
}

function idOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

function newestFirst(objects: readonly KubeObject[]): KubeObject[] {
  const time = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? "";
  return [...objects].sort((a, b) => (time(a) < time(b) ? 1 : time(a) > time(b) ? -1 : idOf(a) < idOf(b) ? -1 : 1));
}
