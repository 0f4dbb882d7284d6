import type { KubeObject } from "../kube/object.ts";
import { hashOf } from "./hash.ts";

/** Annotation of every object that we apply: what it was made from. */
export const appliedAnnotation = "tenon.dev/applied";

/** The object with the hash of itself. */
export function applied(desired: KubeObject): KubeObject {
  const annotations = { ...desired.metadata.annotations, [appliedAnnotation]: hashOf(desired, 16) };
  return { ...desired, metadata: { ...desired.metadata, annotations } };
}

/** The hash of the desired object that was applied last; undefined for one that nobody of us applied. */
export function appliedHash({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[appliedAnnotation];
}
