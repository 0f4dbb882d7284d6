import { exactlyOneOf } from "./rules.ts";
import type { Infer, Schema } from "./schema.ts";

/** A name of another object in the same namespace; no reference of ours crosses a namespace. */
export const localReference = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", description: "Name of the object, in the same namespace.", minLength: 1, maxLength: 253 },
  },
} as const satisfies Schema;

const ociReference = {
  type: "object",
  description: "Which version of the image. Exactly one of tag, digest and semver.",
  properties: {
    tag: {
      type: "string",
      description: "A tag. It is looked up again at every interval, as tags move.",
      minLength: 1,
      maxLength: 128,
    },
    digest: {
      type: "string",
      description: "A digest, sha256: and 64 hexadecimal digits. It never moves.",
      pattern: "^sha256:[0-9a-f]{64}$",
      maxLength: 71,
    },
    semver: {
      type: "string",
      description: 'A range of versions, ">=1.4 <2". The newest tag that fits is used.',
      minLength: 1,
      maxLength: 128,
    },
  },
  "x-kubernetes-validations": [exactlyOneOf("tag", "digest", "semver")],
} as const satisfies Schema;

/** Where the bytes of a component come from. */
export const source = {
  type: "object",
  description: "Where the component comes from. Exactly one of oci, http, package, configMap and file.",
  properties: {
    oci: {
      type: "object",
      description: "An OCI artifact in a registry, as wkg and the CNCF's Wasm working group lay it out.",
      required: ["image", "ref"],
      properties: {
        image: {
          type: "string",
          description: "The repository without tag or digest, registry.example/acme/auth.",
          pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9._-]+)+$",
          maxLength: 512,
        },
        ref: ociReference,
      },
    },
    http: {
      type: "object",
      description: "A file on a web server.",
      required: ["url", "sha256"],
      properties: {
        url: {
          type: "string",
          description: "An https or http address.",
          pattern: "^https?://[^\\s]+$",
          maxLength: 2048,
        },
        sha256: {
          type: "string",
          description: "The sha256 of the file, 64 hexadecimal digits. Anything else is refused.",
          pattern: "^[0-9a-f]{64}$",
          maxLength: 64,
        },
      },
    },
    package: {
      type: "object",
      description: "A package, found through the registry's well-known wasm-pkg metadata.",
      required: ["name", "version"],
      properties: {
        name: {
          type: "string",
          description: "Namespace and name, acme:auth.",
          pattern: "^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$",
          maxLength: 128,
        },
        version: { type: "string", description: 'A version or a range, "^1.4".', minLength: 1, maxLength: 128 },
        registry: {
          type: "string",
          description: "Host name of the registry, where it is not the operator's default.",
          maxLength: 253,
        },
      },
    },
    configMap: {
      type: "object",
      description: "A ConfigMap's binaryData, for components below a megabyte.",
      required: ["name", "key"],
      properties: {
        name: {
          type: "string",
          description: "Name of the ConfigMap, in the same namespace.",
          minLength: 1,
          maxLength: 253,
        },
        key: { type: "string", description: "Key in its binaryData.", minLength: 1, maxLength: 253 },
      },
    },
    file: {
      type: "object",
      description: "A file beside the manifest. Only for the command line: a cluster refuses it.",
      required: ["path"],
      properties: {
        path: { type: "string", description: "Path, relative to the manifest.", minLength: 1, maxLength: 4096 },
      },
    },
  },
  "x-kubernetes-validations": [exactlyOneOf("oci", "http", "package", "configMap", "file")],
} as const satisfies Schema;

/** Where the bytes of a component come from. */
export type Source = Infer<typeof source>;
