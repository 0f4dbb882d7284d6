import type { Manifest } from "./manifest.ts";
import type { Infer, Rule, Schema } from "./schema.ts";
import { localReference, type Source, source } from "./source.ts";
import { conditions, observedGeneration } from "./status.ts";
import { durationPattern } from "./units.ts";

const verify = {
  type: "object",
  description:
    "Whose signature the image must carry. Exactly one of secretRef (public keys) and matchOIDCIdentity (keyless).",
  required: ["provider"],
  properties: {
    provider: { type: "string", description: "How it is signed.", enum: ["cosign"] },
    secretRef: { ...localReference, description: "A Secret whose *.pub entries are the public keys that count." },
    matchOIDCIdentity: {
      type: "array",
      description: "Identities of a keyless signature; one of them must match.",
      minItems: 1,
      maxItems: 32,
      items: {
        type: "object",
        required: ["issuer", "subject"],
        properties: {
          issuer: {
            type: "string",
            description: "Regular expression that the certificate's issuer must match.",
            minLength: 1,
            maxLength: 512,
          },
          subject: {
            type: "string",
            description: "Regular expression that the certificate's subject must match.",
            minLength: 1,
            maxLength: 512,
          },
        },
      },
    },
  },
  "x-kubernetes-validations": [
    {
      rule: "has(self.secretRef) != has(self.matchOIDCIdentity)",
      message: "Set exactly one of secretRef, matchOIDCIdentity",
      holds: (self: { secretRef?: unknown; matchOIDCIdentity?: unknown }) =>
        (self.secretRef !== undefined) !== (self.matchOIDCIdentity !== undefined),
    },
  ],
} as const satisfies Schema;

type SourceAnd = { readonly source: Source; readonly verify?: unknown; readonly pullSecrets?: readonly unknown[] };

const rules = [
  {
    rule: "!has(self.verify) || has(self.source.oci)",
    message: "Only an oci source carries a signature: remove verify, or use source.oci",
    fieldPath: ".verify",
    holds: (self: SourceAnd) => self.verify === undefined || self.source.oci !== undefined,
  },
  {
    rule: "!has(self.pullSecrets) || self.pullSecrets.size() == 0 || has(self.source.oci) || has(self.source.package)",
    message: "Only oci and package sources use pull secrets: remove pullSecrets, or use one of these sources",
    fieldPath: ".pullSecrets",
    holds: ({ source: { oci, package: pack }, pullSecrets }: SourceAnd) =>
      (pullSecrets ?? []).length === 0 || oci !== undefined || pack !== undefined,
  },
] as const satisfies readonly Rule[];

/** `spec` of a Component. */
export const componentSpec = {
  type: "object",
  description: "Where the component comes from, and how it is kept up to date.",
  required: ["source"],
  properties: {
    source,
    pullSecrets: {
      type: "array",
      description: "Secrets of type kubernetes.io/dockerconfigjson with which the source is read.",
      maxItems: 16,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: localReference,
    },
    verify,
    interval: {
      type: "string",
      description:
        "How often a moving tag or a range is looked up again, and what a web server refused, 5m. A digest that was read is never looked up again.",
      pattern: durationPattern,
      maxLength: 32,
      default: "5m",
    },
    suspend: {
      type: "boolean",
      description: "Look nothing up while it is true. What runs keeps running.",
      default: false,
    },
  },
  "x-kubernetes-validations": rules,
} as const satisfies Schema;

const item = {
  type: "object",
  required: ["name", "kind"],
  properties: {
    name: { type: "string", description: "Name of the import or export, as the binary has it.", maxLength: 512 },
    interface: { type: "string", description: "The interface behind a plain name, without version.", maxLength: 512 },
    version: { type: "string", description: "Version of the interface.", maxLength: 128 },
    kind: { type: "string", description: "What it is.", enum: ["instance", "function", "type"] },
  },
} as const satisfies Schema;

/** `status` of a Component. */
export const componentStatus = {
  type: "object",
  description: "What was found.",
  properties: {
    observedGeneration,
    conditions,
    artifact: {
      type: "object",
      description: "The bytes that are in use.",
      required: ["digest", "size"],
      properties: {
        digest: { type: "string", description: "sha256 of the component.", maxLength: 71 },
        revision: {
          type: "string",
          description: "What the source called it: a tag, a version, a resourceVersion.",
          maxLength: 512,
        },
        size: { type: "integer", format: "int64", description: "Bytes.", minimum: 0 },
        lastUpdateTime: { type: "string", format: "date-time", description: "When these bytes were first seen." },
      },
    },
    imports: {
      type: "array",
      description: "What the component needs.",
      maxItems: 1000,
      "x-kubernetes-list-type": "atomic",
      items: item,
    },
    exports: {
      type: "array",
      description: "What the component offers.",
      maxItems: 1000,
      "x-kubernetes-list-type": "atomic",
      items: item,
    },
    wit: { type: "string", description: "Its world as WIT text, cut where it is very long.", maxLength: 65536 },
  },
} as const satisfies Schema;

/** What a user asks for. */
export type ComponentSpec = Infer<typeof componentSpec>;
/** What was found. */
export type ComponentStatus = Infer<typeof componentStatus>;
/** A Component as read from a manifest or from the API server. */
export type Component = Manifest<"Component", ComponentSpec, ComponentStatus>;
