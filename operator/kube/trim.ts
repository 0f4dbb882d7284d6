import type { KubeObject } from "./object.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The object without `metadata.managedFields`, often the larger half of it, and without the copy of itself that kubectl
 * keeps in an annotation: of a Secret, that has the secret.
 */
export function trim(object: KubeObject): KubeObject {
  const {
    managedFields: _,
    annotations,
    ...metadata
  } = object.metadata as KubeObject["metadata"] & {
    readonly managedFields?: unknown;
  };
  if (annotations === undefined) return { ...object, metadata };
  const { [lastApplied]: __, ...others } = annotations;
  return { ...object, metadata: { ...metadata, annotations: others } };
}

/** Who an object is and whose: enough for one of somebody else's, or one whose content is read when it is needed. */
export function trimToIdentity({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences } = metadata;
  const kept = { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences };
  const there = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { apiVersion, kind, metadata: Object.fromEntries(there) as unknown as KubeObject["metadata"] };
}
