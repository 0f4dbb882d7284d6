import { atMostOneOf, exactlyOneOf } from "./rules.ts";
import type { Infer, Schema } from "./schema.ts";
import { localReference } from "./source.ts";

const keyReference = (what: string) =>
  ({
    type: "object",
    description: `A key of a ${what}.`,
    required: ["name", "key"],
    properties: {
      name: {
        type: "string",
        description: `Name of the ${what}, in the same namespace.`,
        minLength: 1,
        maxLength: 253,
      },
      key: { type: "string", description: "The key.", minLength: 1, maxLength: 253 },
      optional: { type: "boolean", description: "Go on without it where it is missing." },
    },
  }) as const satisfies Schema;

/** A key of a Secret of the same namespace. */
export const secretKeyReference = keyReference("Secret");

const environmentVariable = {
  type: "object",
  required: ["name"],
  properties: {
    name: {
      type: "string",
      description: "Name of the variable.",
      minLength: 1,
      maxLength: 253,
      pattern: "^[^=\\x00]+$",
    },
    value: { type: "string", description: "Its value. $(NAME) is not expanded.", maxLength: 32768 },
    valueFrom: {
      type: "object",
      description: "Where its value is read from. Exactly one field.",
      properties: { configMapKeyRef: keyReference("ConfigMap"), secretKeyRef: secretKeyReference },
      "x-kubernetes-validations": [exactlyOneOf("configMapKeyRef", "secretKeyRef")],
    },
  },
  "x-kubernetes-validations": [atMostOneOf("value", "valueFrom")],
} as const satisfies Schema;

const mount = {
  type: "object",
  required: ["volume", "guestPath"],
  properties: {
    volume: {
      type: "string",
      description: "Name of a volume of template.spec.volumes; a folder in local mode.",
      minLength: 1,
      maxLength: 63,
    },
    guestPath: {
      type: "string",
      description: "Absolute path at which the instance sees it, /data.",
      pattern: "^/",
      maxLength: 1024,
    },
    readOnly: {
      type: "boolean",
      description:
        "True: the instance reads, and every write, rename and removal is refused. False: it may change what is there.",
      default: false,
    },
  },
} as const satisfies Schema;

const bucket = {
  type: "object",
  required: ["backend"],
  properties: {
    backend: { type: "string", description: "Name of an entry of spec.backends.", minLength: 1, maxLength: 63 },
    bucket: {
      type: "string",
      description: "Name by which the instance opens the bucket.",
      minLength: 1,
      maxLength: 253,
      default: "default",
    },
    access: {
      type: "string",
      description:
        "ReadWrite: the instance reads, sets and deletes keys. ReadOnly: it reads, and every change is refused.",
      enum: ["ReadWrite", "ReadOnly"],
      default: "ReadWrite",
    },
  },
} as const satisfies Schema;

/** What one instance may reach on the host. Nothing is granted that is not here. */
export const grants = {
  type: "object",
  description: "What this instance may reach outside of the composition. Nothing is granted that is not named here.",
  properties: {
    http: {
      type: "object",
      description: "Outgoing HTTP requests.",
      properties: {
        allowedHosts: {
          type: "array",
          description:
            "Origins that may be called: https://api.example.com, http://*.svc:8080, or * for every public host.",
          maxItems: 256,
          "x-kubernetes-list-type": "set",
          items: { type: "string", minLength: 1, maxLength: 253, pattern: "^(\\*|https?://[^/\\s]+)$" },
        },
        allowedCIDRs: {
          type: "array",
          description:
            "Private and loopback ranges that the allowed hosts may resolve to, 10.0.0.0/8. The resolved address is checked.",
          maxItems: 64,
          "x-kubernetes-list-type": "set",
          items: { type: "string", minLength: 1, maxLength: 64, pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$" },
        },
      },
    },
    filesystem: {
      type: "array",
      description: "Folders that the instance finds preopened.",
      maxItems: 64,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["guestPath"],
      items: mount,
    },
    keyvalue: {
      type: "array",
      description: "Buckets that wasi:keyvalue can open.",
      maxItems: 16,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["bucket"],
      items: bucket,
    },
    config: {
      type: "object",
      description: "Keys that wasi:config can read. They win over configFrom.",
      maxProperties: 256,
      additionalProperties: { type: "string", maxLength: 32768 },
    },
    configFrom: {
      type: "array",
      description: "ConfigMaps and Secrets whose keys wasi:config can read. A later one wins.",
      maxItems: 16,
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        description: "Exactly one of configMapRef and secretRef.",
        properties: {
          configMapRef: { ...localReference, description: "A ConfigMap." },
          secretRef: { ...localReference, description: "A Secret." },
        },
        "x-kubernetes-validations": [exactlyOneOf("configMapRef", "secretRef")],
      },
    },
    env: {
      type: "array",
      description: "Environment variables. Nothing of the runner's own environment is seen.",
      maxItems: 128,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: environmentVariable,
    },
    args: {
      type: "array",
      description: "Command line arguments, without the program's name.",
      maxItems: 256,
      "x-kubernetes-list-type": "atomic",
      items: { type: "string", maxLength: 32768 },
    },
    sockets: {
      type: "object",
      description: "TCP and UDP.",
      required: ["allowedAddresses"],
      properties: {
        allowedAddresses: {
          type: "array",
          description: "Ranges with a port that may be reached: 10.0.0.0/8:5432, [fd00::/8]:53.",
          maxItems: 256,
          "x-kubernetes-list-type": "set",
          items: {
            type: "string",
            minLength: 1,
            maxLength: 80,
            pattern: "^([0-9.]+/[0-9]{1,2}|\\[[0-9a-fA-F:.]+/[0-9]{1,3}\\]):([0-9]{1,5}|\\*)$",
          },
        },
      },
    },
  },
} as const satisfies Schema;

/** What one instance may reach on the host. */
export type GrantsSpec = Infer<typeof grants>;
