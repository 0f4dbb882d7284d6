import { fieldManager } from "../../api/names.ts";
import type { Clock } from "../clock.ts";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { type KubeObject, resources } from "../kube/object.ts";
import type { Log } from "../log.ts";
import { makeAdmissionPath } from "./admission-path.ts";
import { keepBundle, type ServiceName } from "./certificate-bundle.ts";
import { type Judgement, judgeMaterial } from "./certificate-judge.ts";
import { type Authority, type Material, makeAuthority, makeLeaf, renewAuthority } from "./certificate-make.ts";

/** What a server needs. PEM. */
export type Tls = Omit<Material, "authorityKey">;

/** Keeps a certificate for the operator's Service in a Secret that all replicas share. */
export interface CertificateKeeper {
  /** What is in use. */
  current(): Tls;
  /** Where the webhook answers: it is written beside the CA bundle, and is another one when the authority's key is. */
  admissionPath(): string;
  /** Calls back with what is in use from now on, whoever renewed it. */
  onChange(listener: (tls: Tls) => void): void;
  /** Looks at once, and repairs what is wrong. Rejects with a `KubeError`; it is tried again by itself. */
  check(): Promise<void>;
  /** Looks no more. */
  stop(): void;
}

/** What the keeper is told. */
export interface CertificateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly secret: ServiceName;
  readonly service: ServiceName;
  /** Name of the ValidatingWebhookConfiguration that has to trust the authority; undefined: there is none. */
  readonly webhook: string | undefined;
  /** Aborted: it stops, at the start too. */
  readonly signal?: AbortSignal;
  /** How often the Secret and the webhook's CA bundle are looked at, with a tenth of jitter. 60,000 where it is not given. */
  readonly checkMs?: number;
}

/** Of a Secret of type `kubernetes.io/tls`, and beside it the authority's key. */
const entries: readonly (readonly [keyof Material, string])[] = [
  ["certificate", "tls.crt"],
  ["key", "tls.key"],
  ["authority", "ca.crt"],
  ["authorityKey", "ca.key"],
];

type Secret = KubeObject & { readonly type?: string; readonly data?: Readonly<Record<string, string>> };

/** Times that another replica may be faster in a row before we give up for now. */
const maxConflicts = 5;

/**
 * Reads the Secret, or makes it, and keeps it right until it is stopped: what is missing, damaged, foreign or near its end is
 * made anew. Settles once a certificate is there; rejects with a `KubeError` where that fails. A webhook configuration that
 * cannot be written keeps nobody from starting: it is tried again.
 */
export async function startCertificate(options: CertificateOptions): Promise<CertificateKeeper> {
  const keeper = new Keeper(options);
  try {
    await keeper.check();
  } catch (error) {
    if (!keeper.has()) {
      keeper.stop();
      throw error;
    }
    keeper.complain(error);
  }
  return keeper;
}

/** The names under which clients inside a cluster reach a Service. */
export function serviceNames({ name, namespace }: ServiceName): string[] {
  return [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
}

class Keeper implements CertificateKeeper {
  readonly #options: CertificateOptions;
  readonly #names: readonly string[];
  readonly #listeners: ((tls: Tls) => void)[] = [];
  readonly #stopped = new AbortController();
  #material: Material | undefined;
  #running: Promise<void> | undefined;
  #cancel = (): void => {};

  constructor(options: CertificateOptions) {
    this.#options = options;
    this.#names = serviceNames(options.service);
    const { signal } = options;
    if (signal?.aborted) this.stop();
    signal?.addEventListener("abort", () => this.stop(), { once: true });
  }

  current(): Tls {
    const { certificate, key, authority } = this.#material!;
    return { certificate, key, authority };
  }

  admissionPath(): string {
    return makeAdmissionPath(this.#material!.authorityKey);
  }

  onChange(listener: (tls: Tls) => void): void {
    this.#listeners.push(listener);
  }

  check(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
    return this.#running;
  }

  stop(): void {
    this.#stopped.abort();
    this.#cancel();
  }

  /** True once there is a certificate. */
  has(): boolean {
    return this.#material !== undefined;
  }

  complain(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    const reason = error instanceof KubeError ? error.message : String(error);
    this.#options.log.warn("Cannot look after the certificate, it is tried again", { reason });
  }

  #schedule(): void {
    const { clock, checkMs = 60_000 } = this.#options;
    this.#cancel();
    if (this.#stopped.signal.aborted) return;
    this.#cancel = clock.after(checkMs * (0.95 + clock.random() / 10), () => {
      this.check().catch((error: unknown) => this.complain(error));
    });
  }

  async #look(): Promise<void> {
    const { client, log, webhook, service } = this.#options;
    const { signal } = this.#stopped;
    this.#adopt(await this.#obtain());
    if (webhook === undefined || signal.aborted) return;
    const trust = { service, authority: this.current().authority, path: this.admissionPath() };
    await keepBundle({ configuration: webhook, ...trust }, { client, log, signal });
  }

  /** What the Secret holds once it is right. Of two replicas that write at once, one finds what the other wrote. */
  async #obtain(): Promise<Material> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#readOrWrite();
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== "conflict" || attempt >= maxConflicts) throw error;
      }
    }
  }

  async #readOrWrite(): Promise<Material> {
    const { client, clock, log, secret } = this.#options;
    const { signal } = this.#stopped;
    const found = await client.get<Secret>({ resource: resources.secrets, ...secret }, { signal });
    // Where somebody deleted it, clients still trust what is in use.
    const material = found === undefined ? { ...this.#material } : readSecret(found);
    const judged = judgeMaterial(material, { names: this.#names, now: clock.now() });
    if (judged.renew === "nothing" && found !== undefined) return material as Material;
    const made = await this.#renew(material as Material, judged);
    const fields = { secret: `${secret.namespace}/${secret.name}` };
    if (found === undefined) {
      await client.create(resources.secrets, newSecret(secret, made), { namespace: secret.namespace, signal });
      log.info("Wrote the certificate into a new Secret", fields);
    } else {
      await client.replace(resources.secrets, { ...found, data: { ...found.data, ...encode(made) } } as Secret, {
        signal,
      });
      log.warn("Renewed the certificate", {
        ...fields,
        renewed: judged.renew,
        reason: "why" in judged ? judged.why : "",
      });
    }
    return made;
  }

  async #renew(material: Material, { renew }: Judgement): Promise<Material> {
    if (renew === "nothing") return material;
    const now = this.#options.clock.now();
    let authority: Authority = material;
    if (renew === "all") authority = await makeAuthority({ now });
    if (renew === "authority") authority = await renewAuthority(material, { now });
    return {
      authority: authority.authority,
      authorityKey: authority.authorityKey,
      ...(await makeLeaf(authority, { names: this.#names, now })),
    };
  }

  #adopt(material: Material): void {
    const before = this.#material;
    this.#material = material;
    if (before === undefined || entries.every(([field]) => before[field] === material[field])) return;
    for (const listener of this.#listeners) listener(this.current());
  }
}

function readSecret({ data = {} }: Secret): Partial<Material> {
  return Object.fromEntries(
    entries.flatMap(([field, key]) => {
      const value = data[key];
      return value === undefined ? [] : [[field, Buffer.from(value, "base64").toString("utf8")]];
    }),
  );
}

function newSecret({ name, namespace }: ServiceName, material: Material): Secret {
  const labels = { "app.kubernetes.io/managed-by": fieldManager };
  return {
    apiVersion: resources.secrets.apiVersion,
    kind: resources.secrets.kind,
    metadata: { name, namespace, labels },
    type: "kubernetes.io/tls",
    data: encode(material),
  };
}

function encode(material: Material): Record<string, string> {
  return Object.fromEntries(entries.map(([field, key]) => [key, Buffer.from(material[field]).toString("base64")]));
}
