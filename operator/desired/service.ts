import type { KubeObject } from "../kube/object.ts";
import type { DesiredInputs, SpecProblem } from "./desired.ts";
import { makeServiceAnnotations } from "./metadata.ts";
import { makeObject, selectorLabels } from "./object.ts";

/** A Service where `spec.service` says nothing. */
const defaults = { type: "ClusterIP", port: 80 } as const;

/** The Service before the pods. */
export function makeService({ composition }: DesiredInputs, problems: SpecProblem[]): KubeObject {
  const { metadata, spec } = composition;
  const { type, port, annotations } = { annotations: undefined, ...defaults, ...spec.service };
  return makeObject(composition, {
    apiVersion: "v1",
    kind: "Service",
    name: metadata.name,
    annotations: makeServiceAnnotations(annotations, problems),
    body: {
      spec: {
        type,
        selector: selectorLabels(metadata.name),
        ports: [{ name: "http", port, protocol: "TCP", targetPort: "http" }],
      },
    },
  });
}

/** Where the Service is reached inside the cluster. */
export function serviceUrl({ composition: { metadata, spec } }: DesiredInputs): string {
  return `http://${metadata.name}.${metadata.namespace}.svc:${spec.service?.port ?? defaults.port}`;
}
