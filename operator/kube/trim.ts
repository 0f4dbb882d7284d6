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
