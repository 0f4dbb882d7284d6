import type { Schema } from "../../api/schema.ts";

const text = { type: "string", maxLength: 317 } as const satisfies Schema;
const oneOf = (...values: readonly string[]) => ({ type: "string", enum: values }) as const satisfies Schema;
const texts = { type: "array", maxItems: 256, items: text } as const satisfies Schema;
const list = (items: Schema): Schema => ({ type: "array", maxItems: 64, items });
const map = (properties: Readonly<Record<string, Schema>>, ...required: readonly string[]): Schema => ({
  type: "object",
  properties,
  required,
});

const labelSelector = map({
  matchLabels: { type: "object", maxProperties: 64, additionalProperties: text },
  matchExpressions: list(
    map({ key: text, operator: oneOf("In", "NotIn", "Exists", "DoesNotExist"), values: texts }, "key", "operator"),
  ),
});

const nodeExpressions = list(
  map(
    { key: text, operator: oneOf("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"), values: texts },
    "key",
    "operator",
  ),
);
const nodeTerm = map({ matchExpressions: nodeExpressions, matchFields: nodeExpressions });
const weight = { type: "integer", format: "int32", minimum: 1, maximum: 100 } as const satisfies Schema;

const podTerm = map(
  {
    labelSelector,
    namespaces: texts,
    namespaceSelector: labelSelector,
    topologyKey: text,
    matchLabelKeys: texts,
    mismatchLabelKeys: texts,
  },
  "topologyKey",
);
const podAffinity = map({
  requiredDuringSchedulingIgnoredDuringExecution: list(podTerm),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    map({ weight, podAffinityTerm: podTerm }, "weight", "podAffinityTerm"),
  ),
});

/** `affinity` of a pod, every field of it. */
export const affinity: Schema = map({
  nodeAffinity: map({
    requiredDuringSchedulingIgnoredDuringExecution: map({ nodeSelectorTerms: list(nodeTerm) }, "nodeSelectorTerms"),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      map({ weight, preference: nodeTerm }, "weight", "preference"),
    ),
  }),
  podAffinity,
  podAntiAffinity: podAffinity,
});

/** `tolerations` of a pod. */
export const tolerations: Schema = list(
  map({
    key: text,
    operator: oneOf("Exists", "Equal"),
    value: text,
    effect: oneOf("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
    tolerationSeconds: { type: "integer", format: "int64" },
  }),
);

const policy = oneOf("Honor", "Ignore");

/** `topologySpreadConstraints` of a pod. Two of one key and one consequence would be one to the API server. */
export const topologySpreadConstraints: Schema = {
  ...list(
    map(
      {
        maxSkew: { type: "integer", format: "int32", minimum: 1 },
        topologyKey: text,
        whenUnsatisfiable: oneOf("DoNotSchedule", "ScheduleAnyway"),
        labelSelector,
        minDomains: { type: "integer", format: "int32", minimum: 1 },
        nodeAffinityPolicy: policy,
        nodeTaintsPolicy: policy,
        matchLabelKeys: texts,
      },
      "maxSkew",
      "topologyKey",
      "whenUnsatisfiable",
    ),
  ),
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["topologyKey", "whenUnsatisfiable"],
};
