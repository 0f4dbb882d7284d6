import type { Composition } from "../../api/composition.ts";
import { sha256 } from "../digest.ts";
import type { Cache } from "../kube/cache.ts";
import type { KubeClient } from "../kube/client.ts";
import { type KubeObject, keyOf, type Resource, resources } from "../kube/object.ts";
import { numbered } from "./explain.ts";
import type { Outcome } from "./outcome.ts";

/** A ConfigMap or a Secret that a Composition names. */
export interface InputReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  /** Undefined: all keys. */
  readonly key?: string | undefined;
  readonly optional: boolean;
  readonly field: string;
}

/** Every ConfigMap and Secret that grants and backends name, in the order of the spec. */
export function inputReferences({ spec }: Pick<Composition, "spec">): InputReference[] {
  const found: InputReference[] = [];
  for (const [at, { grants }] of spec.instances.entries()) {
    const field = `spec.instances[${at}].grants`;
    for (const [index, { configMapRef, secretRef }] of (grants?.configFrom ?? []).entries()) {
      const where = `${field}.configFrom[${index}]`;
      if (configMapRef) found.push({ kind: "ConfigMap", name: configMapRef.name, optional: false, field: where });
      if (secretRef) found.push({ kind: "Secret", name: secretRef.name, optional: false, field: where });
    }
    for (const [index, { valueFrom }] of (grants?.env ?? []).entries()) {
      const where = `${field}.env[${index}].valueFrom`;
      add(found, "ConfigMap", valueFrom?.configMapKeyRef, where);
      add(found, "Secret", valueFrom?.secretKeyRef, where);
    }
  }
  for (const [index, { keyvalue, messaging }] of (spec.backends ?? []).entries()) {
    const field = `spec.backends[${index}]`;
    add(found, "Secret", keyvalue?.redis?.urlFrom?.secretKeyRef, `${field}.keyvalue.redis.urlFrom`);
    add(found, "Secret", keyvalue?.nats?.urlFrom?.secretKeyRef, `${field}.keyvalue.nats.urlFrom`);
    add(found, "Secret", messaging?.nats?.urlFrom?.secretKeyRef, `${field}.messaging.nats.urlFrom`);
  }
  return found;
}

function add(
  found: InputReference[],
  kind: InputReference["kind"],
  reference: { readonly name: string; readonly key: string; readonly optional?: boolean } | undefined,
  field: string,
): void {
  if (reference === undefined) return;
  const { name, key, optional = false } = reference;
  found.push({ kind, name, key, optional, field });
}

/** The content of ConfigMaps and Secrets as one hash, or why there is none. */
export type InputsRead = { readonly hash: string } | { readonly outcome: Outcome };

/** ConfigMaps and Secrets with their data. */
type WithData = KubeObject & {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
};

/** Its watch wakes us; this is for what no watch tells. */
const missingMs = 600_000;

/**
 * Hashes what ConfigMaps and Secrets hold. The watches bring metadata only; the content is read once a version, hashed, and
 * not kept. A Secret is hashed with its uid, so that the hash, which pods carry, tells nobody what a guessable value is.
 */
export class Inputs {
  readonly #client: KubeClient;
  readonly #caches: { readonly ConfigMap: Cache; readonly Secret: Cache };
  /** By kind and key of the object: the hash of each key of its data, in one version. */
  readonly #remembered = new Map<string, { readonly version: string; readonly keys: ReadonlyMap<string, string> }>();

  constructor(client: KubeClient, caches: { readonly ConfigMap: Cache; readonly Secret: Cache }) {
    this.#client = client;
    this.#caches = caches;
    for (const [kind, cache] of Object.entries(caches)) {
      cache.onChange(({ type, object }) => {
        if (type === "deleted") this.#remembered.delete(`${kind} ${keyOf(object)}`);
      });
    }
  }

  /** Objects of which something is remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  /** Rejects with a `KubeError` where the API server does not answer. */
  async read(composition: Composition & KubeObject, signal: AbortSignal): Promise<InputsRead> {
    const namespace = composition.metadata.namespace ?? "";
    const lines: string[] = [];
    const missing: Missing[] = [];
    for (const reference of inputReferences(composition)) {
      const keys = await this.#keys(namespace, reference, signal);
      const lacks = keys === undefined || (reference.key !== undefined && !keys.has(reference.key));
      if (lacks && !reference.optional) missing.push({ ...reference, isThere: keys !== undefined });
      if (lacks) lines.push(`${reference.field} -`);
      else if (reference.key !== undefined) lines.push(`${reference.field} ${keys.get(reference.key)}`);
      else lines.push(`${reference.field} ${[...keys].sort().join(" ")}`);
    }
    if (missing.length > 0) return { outcome: explainMissing(missing) };
    return { hash: lines.length === 0 ? "" : sha256(lines.join("\n")).slice(0, 16) };
  }

  async #keys(
    namespace: string,
    { kind, name }: InputReference,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string> | undefined> {
    const cached = this.#caches[kind].get(`${namespace}/${name}`);
    if (cached === undefined) return undefined;
    const id = `${kind} ${namespace}/${name}`;
    const known = this.#remembered.get(id);
    if (known?.version === versionOf(cached)) return known.keys;
    const object = await this.#client.get<WithData>({ resource: kinds[kind], namespace, name }, { signal });
    if (object === undefined) return undefined;
    const { uid = "" } = object.metadata;
    const salt = kind === "Secret" ? uid : "";
    const all = Object.entries({ ...object.binaryData, ...object.data });
    const keys = new Map(all.map(([key, value]) => [key, sha256(`${salt}\n${key}\n${value}`)]));
    // Of an object that went meanwhile nobody would say that it can be forgotten.
    if (this.#caches[kind].get(`${namespace}/${name}`) !== undefined)
      this.#remembered.set(id, { version: versionOf(object), keys });
    return keys;
  }
}

const kinds: Readonly<Record<InputReference["kind"], Resource>> = {
  ConfigMap: resources.configMaps,
  Secret: resources.secrets,
};

function versionOf({ metadata: { uid, resourceVersion } }: KubeObject): string {
  return `${uid} ${resourceVersion}`;
}

/** A reference to nothing: the object is not there, or it is and lacks the key. */
interface Missing extends InputReference {
  readonly isThere: boolean;
}

function explainMissing(missing: readonly Missing[]): Outcome {
  const sentences = missing.map(({ kind, name, key, field, isThere }) => {
    const what = isThere ? `key "${key}" in ${kind} "${name}"` : `${kind} "${name}"`;
    return `Cannot find the ${what} in this namespace, make it or correct: ${field}`;
  });
  return { kind: "waiting", reason: "InputNotFound", message: numbered(sentences), afterMs: missingMs };
}
