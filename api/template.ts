import { exactlyOneOf } from "./rules.ts";
import type { Infer, Schema } from "./schema.ts";
import { localReference } from "./source.ts";

const stringMap = (description: string) =>
  ({
    type: "object",
    description,
    maxProperties: 256,
    additionalProperties: { type: "string", maxLength: 65536 },
  }) as const satisfies Schema;

const quantities = (description: string) =>
  ({
    type: "object",
    description,
    maxProperties: 32,
    additionalProperties: { "x-kubernetes-int-or-string": true },
  }) as const satisfies Schema;

/** A part that Kubernetes itself checks when the pods are made. */
const asInPod = (type: "object" | "array", description: string) =>
  (type === "object"
    ? { type, description, "x-kubernetes-preserve-unknown-fields": true }
    : {
        type,
        description,
        maxItems: 64,
        items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      }) as Schema;

const keys = {
  type: "array",
  description: "Which keys become which files; all of them where it is not given.",
  maxItems: 256,
  items: {
    type: "object",
    required: ["key", "path"],
    properties: {
      key: { type: "string", description: "The key.", maxLength: 253 },
      path: { type: "string", description: "Path of the file in the volume.", maxLength: 1024 },
    },
  },
} as const satisfies Schema;

const volume = {
  type: "object",
  description: "Exactly one of configMap, secret, emptyDir and persistentVolumeClaim.",
  required: ["name"],
  properties: {
    name: { type: "string", description: "Name by which grants and backends mean it.", minLength: 1, maxLength: 63 },
    configMap: {
      type: "object",
      description: "Files from a ConfigMap.",
      required: ["name"],
      properties: {
        ...localReference.properties,
        items: keys,
        optional: { type: "boolean", description: "Start without it." },
      },
    },
    secret: {
      type: "object",
      description: "Files from a Secret.",
      required: ["secretName"],
      properties: {
        secretName: { type: "string", description: "Name of the Secret.", minLength: 1, maxLength: 253 },
        items: keys,
        optional: { type: "boolean", description: "Start without it." },
      },
    },
    emptyDir: {
      type: "object",
      description: "An empty folder that lives as long as the pod.",
      properties: {
        medium: { type: "string", description: "Memory for a tmpfs.", enum: ["", "Memory"] },
        sizeLimit: { "x-kubernetes-int-or-string": true, description: "Upper bound of its size." },
      },
    },
    persistentVolumeClaim: {
      type: "object",
      description: "A claim, in the same namespace.",
      required: ["claimName"],
      properties: {
        claimName: { type: "string", description: "Name of the claim.", minLength: 1, maxLength: 253 },
        readOnly: { type: "boolean", description: "Mount it read-only." },
      },
    },
  },
  "x-kubernetes-validations": [exactlyOneOf("configMap", "secret", "emptyDir", "persistentVolumeClaim")],
} as const satisfies Schema;

/**
 * The part of a pod template that an author may set. Containers, security contexts, host namespaces and hostPath volumes
 * are not among it: a Composition never lends its author the operator's rights.
 */
export const template = {
  type: "object",
  description: "What is added to the runner's pods.",
  properties: {
    metadata: {
      type: "object",
      description: "Labels and annotations of the pods.",
      properties: { labels: stringMap("Labels of the pods."), annotations: stringMap("Annotations of the pods.") },
    },
    spec: {
      type: "object",
      description: "The fields of a pod's spec that may be set.",
      properties: {
        resources: {
          type: "object",
          description: "Requests and limits of the runner.",
          properties: { requests: quantities("What is reserved."), limits: quantities("What is the most.") },
        },
        affinity: asInPod("object", "As in a pod."),
        tolerations: asInPod("array", "As in a pod."),
        nodeSelector: stringMap("As in a pod."),
        topologySpreadConstraints: asInPod("array", "As in a pod."),
        priorityClassName: { type: "string", description: "As in a pod.", maxLength: 253 },
        serviceAccountName: {
          type: "string",
          description: "Only where the operator's configuration allows it.",
          maxLength: 253,
        },
        imagePullSecrets: {
          type: "array",
          description: "Secrets to pull the runner's image with.",
          maxItems: 16,
          items: localReference,
        },
        volumes: {
          type: "array",
          description: "Volumes for filesystem grants and sqlite backends.",
          maxItems: 64,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: volume,
        },
      },
    },
  },
} as const satisfies Schema;

/** What an author may add to the runner's pods. */
export type TemplateSpec = Infer<typeof template>;
