import { revisionLabel } from "../../api/names.ts";
import { artifactAnnotation } from "../desired/config-map.ts";
import type { KubeObject } from "../kube/object.ts";

const workloads: ReadonlySet<string> = new Set(["Deployment", "Job", "CronJob"]);
/** Kinds of which each revision has one of its own. */
const revisioned: ReadonlySet<string> = new Set(["ConfigMap", "Job"]);

/** The workload that was made last, of what a Composition owns. */
export function newestWorkload(owned: readonly KubeObject[]): KubeObject | undefined {
  return newestFirst(owned.filter(({ kind }) => workloads.has(kind)))[0];
}

/** The artifacts of all revisions whose configuration is there: their pods may start again at any time. */
export function artifactsOf(owned: readonly KubeObject[]): string[] {
  const digests = owned.flatMap(({ metadata }) => metadata.annotations?.[artifactAnnotation] ?? []);
  return [...new Set(digests)];
}

/**
 * Says what stays of what a Composition owns: what is desired, and of the kinds of which each revision has its own the
 * newest `limit` others.
 */
export function selectKept(
  desired: readonly KubeObject[],
  { owned, limit }: { readonly owned: readonly KubeObject[]; readonly limit: number },
): (object: KubeObject) => boolean {
  const wanted = new Set(desired.map(idOf));
  const kept = new Set(wanted);
  for (const kind of revisioned) {
    const others = owned.filter((object) => object.kind === kind && isRevision(object) && !wanted.has(idOf(object)));
    for (const object of newestFirst(others).slice(0, limit)) kept.add(idOf(object));
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
