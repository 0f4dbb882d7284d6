import { grants } from "./grants.ts";
import { labelPattern } from "./names.ts";
import { exactlyOneOf } from "./rules.ts";
import type { Schema } from "./schema.ts";
import { source } from "./source.ts";
import { bytesPattern, durationPattern } from "./units.ts";

const end = (description: string) =>
  ({ type: "string", description, minLength: 1, maxLength: 600, pattern: "^[^/]+/.+$" }) as const satisfies Schema;

/** `spec.instances`. */
export const instances = {
  type: "array",
  description: "The named uses of components. One component may be used several times.",
  minItems: 1,
  maxItems: 1000,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    required: ["name", "component"],
    properties: {
      name: {
        type: "string",
        description: "Name of the instance: lower case letters, digits and -.",
        minLength: 1,
        maxLength: 63,
        pattern: labelPattern,
      },
      component: {
        type: "object",
        description:
          "What it is an instance of: the name of a Component, or a source in place. Exactly one of name and source.",
        properties: {
          name: {
            type: "string",
            description: "Name of a Component in the same namespace.",
            minLength: 1,
            maxLength: 253,
          },
          source,
        },
        "x-kubernetes-validations": [exactlyOneOf("name", "source")],
      },
      grants,
    },
  },
} as const satisfies Schema;

/** `spec.connections`. */
export const connections = {
  type: "array",
  description:
    "Which import is served by which export. Either order is accepted: the types say which end imports. An end that names the composition is an export of it, or, with an import, leaves that import to the host.",
  maxItems: 10000,
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    required: ["from", "to"],
    properties: {
      from: end("One end, INSTANCE/INTERFACE: auth/wasi:keyvalue/store."),
      to: end("The other end, INSTANCE/INTERFACE: db/wasi:keyvalue/store."),
    },
    "x-kubernetes-validations": [
      {
        rule: "self.from != self.to",
        message: "A connection needs two different ends",
        holds: (self: { from: string; to: string }) => self.from !== self.to,
      },
    ],
  },
} as const satisfies Schema;

/** `spec.exports`. */
export const exports = {
  type: "array",
  description: "What the composition offers to the outside.",
  maxItems: 1000,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    required: ["name", "from"],
    properties: {
      name: {
        type: "string",
        description: "Name of the export, wasi:http/incoming-handler@0.2.0.",
        minLength: 1,
        maxLength: 512,
      },
      from: end("What is exported, INSTANCE/INTERFACE."),
    },
  },
} as const satisfies Schema;

/** `spec.runner`. */
export const runner = {
  type: "object",
  description: "How the composition is run.",
  default: {},
  properties: {
    isolation: {
      type: "string",
      description:
        "Instance: the memory of an instance lives on between requests. Request: every request finds it fresh.",
      enum: ["Instance", "Request"],
      default: "Instance",
    },
    processes: {
      type: "integer",
      format: "int32",
      description:
        "Worker processes that share the port. 1 in a pod, the number of cores locally, where it is not given.",
      minimum: 1,
      maximum: 256,
    },
    concurrency: {
      type: "integer",
      format: "int32",
      description: "Calls at once in each process; more wait in a bounded queue. 64 where it is not given.",
      minimum: 1,
      maximum: 10000,
    },
    requestTimeout: {
      type: "string",
      description: "How long one request may take, 30s; 0s for as long as it likes.",
      pattern: durationPattern,
      maxLength: 32,
      default: "30s",
    },
    memoryLimit: {
      type: "string",
      description: "What one memory of a guest may grow to, 256Mi; at most 4Gi.",
      pattern: bytesPattern,
      maxLength: 32,
      default: "256Mi",
    },
    maxRequests: {
      type: "integer",
      format: "int64",
      description: "Requests after which an instance is replaced by a fresh one. Never where it is not given.",
      minimum: 1,
    },
    probes: {
      type: "string",
      description: "What is measured on every edge. Counters: calls and traps. Timed: durations too. None: nothing.",
      enum: ["None", "Counters", "Timed"],
      default: "Counters",
    },
  },
} as const satisfies Schema;

/** `spec.strategy`, as in a Deployment. */
export const strategy = {
  type: "object",
  description: "How pods are replaced, as in a Deployment.",
  properties: {
    type: {
      type: "string",
      description: "RollingUpdate or Recreate.",
      enum: ["RollingUpdate", "Recreate"],
      default: "RollingUpdate",
    },
    rollingUpdate: {
      type: "object",
      description: "Bounds of a rolling update.",
      properties: {
        maxUnavailable: {
          "x-kubernetes-int-or-string": true,
          description: "How many pods may be missing meanwhile, 25%.",
        },
        maxSurge: {
          "x-kubernetes-int-or-string": true,
          description: "How many pods may be there above the wanted number, 25%.",
        },
      },
    },
  },
  "x-kubernetes-validations": [
    {
      rule: "self.type == 'RollingUpdate' || !has(self.rollingUpdate)",
      message: "Only type RollingUpdate has rollingUpdate: remove it, or change the type",
      fieldPath: ".rollingUpdate",
      holds: (self: { type: string; rollingUpdate?: unknown }) =>
        self.type === "RollingUpdate" || self.rollingUpdate === undefined,
    },
  ],
} as const satisfies Schema;

/** `spec.service`. */
export const service = {
  type: "object",
  description: "The Service before the pods.",
  properties: {
    type: {
      type: "string",
      description: "As in a Service.",
      enum: ["ClusterIP", "NodePort", "LoadBalancer"],
      default: "ClusterIP",
    },
    port: {
      type: "integer",
      format: "int32",
      description: "Port of the Service.",
      minimum: 1,
      maximum: 65535,
      default: 80,
    },
    annotations: {
      type: "object",
      description: "Annotations of the Service.",
      maxProperties: 64,
      additionalProperties: { type: "string", maxLength: 65536 },
    },
    call: {
      type: "boolean",
      description:
        "Offer exports that are not wasi:http as POST /call/INTERFACE/FUNCTION with JSON. Always so in local mode.",
      default: false,
    },
  },
} as const satisfies Schema;

/** `spec.triggers`. */
export const triggers = {
  type: "array",
  description: "What calls the composition besides HTTP. It must export a message handler.",
  maxItems: 32,
  "x-kubernetes-list-type": "atomic",
  items: {
    type: "object",
    required: ["messaging"],
    properties: {
      messaging: {
        type: "object",
        description: "Messages of some subjects.",
        required: ["backend", "subjects"],
        properties: {
          backend: { type: "string", description: "Name of an entry of spec.backends.", minLength: 1, maxLength: 63 },
          subjects: {
            type: "array",
            description: "Subjects, orders.*",
            minItems: 1,
            maxItems: 64,
            "x-kubernetes-list-type": "set",
            items: { type: "string", minLength: 1, maxLength: 253 },
          },
        },
      },
    },
  },
} as const satisfies Schema;
