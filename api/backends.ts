import { secretKeyReference } from "./grants.ts";
import { exactlyOneOf } from "./rules.ts";
import type { Infer, Schema } from "./schema.ts";

const secretUrl = {
  type: "object",
  description: "Where the address is read from.",
  required: ["secretKeyRef"],
  properties: { secretKeyRef: secretKeyReference },
} as const satisfies Schema;

const server = (schemes: string, example: string) =>
  ({
    type: "object",
    description: "A server. Exactly one of url and urlFrom.",
    properties: {
      url: {
        type: "string",
        description: `Address without a password, ${example}. One with a password belongs into urlFrom.`,
        pattern: `^(${schemes})://[^\\s@]+$`,
        maxLength: 2048,
      },
      urlFrom: secretUrl,
    },
    "x-kubernetes-validations": [exactlyOneOf("url", "urlFrom")],
  }) as const satisfies Schema;

/** What serves the capabilities that instances are granted by name. */
export const backends = {
  type: "array",
  description: "What serves keyvalue and messaging. Instances reach a backend only through a grant that names it.",
  maxItems: 16,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    description: "Exactly one of keyvalue and messaging.",
    required: ["name"],
    properties: {
      name: { type: "string", description: "Name by which grants and triggers mean it.", minLength: 1, maxLength: 63 },
      keyvalue: {
        type: "object",
        description: "Exactly one of memory, sqlite, redis and nats.",
        properties: {
          memory: {
            type: "object",
            description: "In the runner's memory: each process has its own, and it is gone with it. Nothing to set.",
            properties: {},
          },
          sqlite: {
            type: "object",
            description: "A SQLite file, in a volume where it should outlive the pod.",
            properties: {
              volume: {
                type: "string",
                description: "Name of a volume of template.spec.volumes.",
                minLength: 1,
                maxLength: 63,
              },
              path: {
                type: "string",
                description: "File name below the volume; NAME.sqlite where it is not given.",
                pattern: "^[^/].*$",
                maxLength: 1024,
              },
            },
          },
          redis: server("rediss?", "rediss://cache.svc:6379"),
          nats: server("nats|tls", "nats://nats.svc:4222"),
        },
        "x-kubernetes-validations": [exactlyOneOf("memory", "sqlite", "redis", "nats")],
      },
      messaging: {
        type: "object",
        description: "Where messages come from and go to.",
        required: ["nats"],
        properties: { nats: server("nats|tls", "nats://nats.svc:4222") },
      },
    },
    "x-kubernetes-validations": [exactlyOneOf("keyvalue", "messaging")],
  },
} as const satisfies Schema;

/** One backend. */
export type BackendSpec = Infer<typeof backends>[number];
