import { type Kind, kinds } from "./kinds.ts";
import { group, version } from "./names.ts";
import type { Schema } from "./schema.ts";

interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date" | "boolean";
  readonly jsonPath: string;
  readonly description: string;
  /** Shown only with `kubectl get -o wide`. */
  readonly priority?: 1;
}

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`;
const ready = {
  name: "Ready",
  type: "string",
  jsonPath: condition("Ready", "status"),
  description: "True when what was asked for is so.",
} as const;
const why = {
  name: "Reason",
  type: "string",
  jsonPath: condition("Ready", "reason"),
  description: "Why it is or is not ready.",
} as const;
const message = {
  name: "Message",
  type: "string",
  jsonPath: condition("Ready", "message"),
  description: "The same in a sentence.",
  priority: 1,
} as const;
const age = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Since when it exists.",
} as const;

const columns: { readonly [kind in Kind["kind"]]: readonly Column[] } = {
  Component: [
    ready,
    why,
    {
      name: "Revision",
      type: "string",
      jsonPath: ".status.artifact.revision",
      description: "What the source calls it.",
    },
    {
      name: "Digest",
      type: "string",
      jsonPath: ".status.artifact.digest",
      description: "sha256 of the bytes.",
      priority: 1,
    },
    { name: "Size", type: "integer", jsonPath: ".status.artifact.size", description: "Bytes.", priority: 1 },
    message,
    age,
  ],
  Composition: [
    ready,
    why,
    {
      name: "Instances",
      type: "string",
      jsonPath: ".status.instanceSummary",
      description: "Healthy instances of all; ? where they could not be asked.",
    },
    { name: "Replicas", type: "integer", jsonPath: ".status.replicas", description: "Pods." },
    { name: "URL", type: "string", jsonPath: ".status.url", description: "Where it is served." },
    {
      name: "Available",
      type: "integer",
      jsonPath: ".status.readyReplicas",
      description: "Pods that serve.",
      priority: 1,
    },
    { name: "Revision", type: "string", jsonPath: ".status.currentRevision", description: "What runs.", priority: 1 },
    {
      name: "Digest",
      type: "string",
      jsonPath: ".status.artifact.digest",
      description: "sha256 of the artifact that the runners load.",
      priority: 1,
    },
    message,
    age,
  ],
};

/** The CustomResourceDefinitions of every kind, as plain objects ready for the API server. */
export function makeCustomResourceDefinitions(): readonly { readonly [field: string]: unknown }[] {
  return Object.values(kinds).map((kind: Kind) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${group}`, labels: { "app.kubernetes.io/part-of": "tenon" } },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: kind.shortNames,
        categories: ["tenon"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: columns[kind.kind],
          subresources: subresources(kind.kind),
          schema: { openAPIV3Schema: forServer(rootSchema(kind)) },
        },
      ],
    },
  }));
}

function subresources(kind: Kind["kind"]): { readonly [name: string]: unknown } {
  if (kind !== "Composition") return { status: {} };
  return {
    status: {},
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector",
    },
  };
}

function rootSchema(kind: Kind): Schema {
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string", description: "Version of the API." },
      kind: { type: "string", description: "Kind of the object." },
      // Named so that a rule may point at it.
      metadata: { type: "object", properties: { name: { type: "string" } } },
      spec: kind.spec,
      status: kind.status,
    },
    "x-kubernetes-validations": kind.rules,
  };
}

/** A schema without what only we read: the predicates of its rules. */
function forServer(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forServer);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === "x-kubernetes-validations" && (value as readonly unknown[]).length === 0))
      .filter(([, value]) => typeof value !== "function")
      .map(([key, value]) => [key, forServer(value)]),
  );
}
