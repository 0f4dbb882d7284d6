import type { KubeClient } from "../../../../operator/kube/client.ts";
import { KubeError } from "../../../../operator/kube/error.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";

/** One object more than `KubeObject` has, as these tests read it. */
export type Stored = KubeObject & Readonly<Record<string, unknown>>;

/** The few calls of a KubeClient that `serve` makes, over objects in memory, with the server's rules for versions. */
export class MemoryClient {
  readonly objects = new Map<string, Stored>();
  /** `create secrets ns/name`, in order; reads too. */
  readonly calls: string[] = [];
  /** Runs before a call, and may throw, or write in between. */
  before: (call: string) => void | Promise<void> = () => {};
  #version = 0;

  /** What is stored under `secrets ns/name`. */
  stored(key: string): Stored | undefined {
    return this.objects.get(key);
  }

  put(key: string, object: object): Stored {
    const base = object as Stored;
    const stored = { ...base, metadata: { ...base.metadata, resourceVersion: String(++this.#version) } };
    this.objects.set(key, stored);
    return stored;
  }

  writes(): string[] {
    return this.calls.filter((call) => !call.startsWith("get "));
  }

  asClient(): KubeClient {
    const only: Pick<KubeClient, "get" | "create" | "replace" | "mergePatch"> = {
      get: async <T extends KubeObject>({ resource, namespace, name }: Parameters<KubeClient["get"]>[0]) => {
        const key = keyOf(resource.plural, namespace, name);
        await this.#call(`get ${key}`);
        return this.objects.get(key) as T | undefined;
      },
      create: async <T extends KubeObject>(
        resource: Parameters<KubeClient["create"]>[0],
        object: object,
        options?: Parameters<KubeClient["create"]>[2],
      ) => {
        const { name } = (object as KubeObject).metadata;
        const key = keyOf(resource.plural, options?.namespace, name);
        await this.#call(`create ${key}`);
        if (this.objects.has(key)) throw new KubeError("conflict", `Cannot create ${key}: it exists`, { status: 409 });
        return this.put(key, object) as unknown as T;
      },
      replace: async <T extends KubeObject>(resource: Parameters<KubeClient["replace"]>[0], object: KubeObject) => {
        const { namespace, name, resourceVersion } = object.metadata;
        const key = keyOf(resource.plural, namespace, name);
        await this.#call(`replace ${key}`);
        this.#checkVersion(key, resourceVersion);
        return this.put(key, object) as unknown as T;
      },
      mergePatch: async <T extends KubeObject>(ref: Parameters<KubeClient["mergePatch"]>[0], patch: object) => {
        const key = keyOf(ref.resource.plural, ref.namespace, ref.name);
        await this.#call(`patch ${key}`);
        const { metadata, ...rest } = patch as Partial<Stored>;
        this.#checkVersion(key, metadata?.resourceVersion);
        return this.put(key, { ...this.objects.get(key), ...rest }) as unknown as T;
      },
    };
    return only as KubeClient;
  }

  async #call(call: string): Promise<void> {
    this.calls.push(call);
    await this.before(call);
  }

  #checkVersion(key: string, version: string | undefined): void {
    const stored = this.objects.get(key);
    if (stored === undefined) throw new KubeError("not-found", `Cannot find ${key}`, { status: 404 });
    if (version !== undefined && version !== stored.metadata.resourceVersion)
      throw new KubeError("conflict", `Cannot write ${key}: it has changed`, { status: 409 });
  }
}

function keyOf(plural: string, namespace: string | undefined, name: string): string {
  return `${plural} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
