import type { Composition } from "../../api/composition.ts";
import { apiVersion, compositionLabel, fieldManager, revisionLabel } from "../../api/names.ts";
import type { KubeObject } from "../kube/object.ts";

type StringMap = Readonly<Record<string, string>>;

/** Labels by which the pods of a composition are found. They never change: a Deployment's selector cannot. */
export function selectorLabels(composition: string): StringMap {
  return { [compositionLabel]: composition };
}

/** Labels of everything that belongs to a composition. */
export function commonLabels(composition: string, revision?: string): StringMap {
  return {
    "app.kubernetes.io/component": "runner",
    "app.kubernetes.io/instance": composition,
    "app.kubernetes.io/managed-by": fieldManager,
    "app.kubernetes.io/name": "tenon-runner",
    "app.kubernetes.io/part-of": "tenon",
    ...selectorLabels(composition),
    ...(revision === undefined ? {} : { [revisionLabel]: revision }),
  };
}

/** What a kind is, its name, and everything beside `metadata`. */
export interface ObjectParts {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly revision?: string;
  readonly annotations?: StringMap;
  /** `spec`, or `data`, or what else the kind has. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * An object that the composition controls. `blockOwnerDeletion` is left out: it would need a right on the Composition's
 * finalizers where the API server enforces it, and nothing here has to be gone first.
 */
export function makeObject({ metadata }: Composition & KubeObject, parts: ObjectParts): KubeObject {
  const { kind, name, revision, annotations = {}, body } = parts;
  const { namespace = "", uid = "" } = metadata as KubeObject["metadata"];
  return {
    apiVersion: parts.apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: commonLabels(metadata.name, revision),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [{ apiVersion, kind: "Composition", name: metadata.name, uid, controller: true }],
    },
    ...body,
  };
}
