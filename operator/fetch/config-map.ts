import type { KubeClient } from "../kube/client.ts";
import { type KubeObject, resources } from "../kube/object.ts";
import { FetchError } from "./error.ts";

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Which key of which ConfigMap. */
export interface ConfigMapRequest {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  /** More bytes than this are refused. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Reads the bytes of a key; `revision` is the ConfigMap's resourceVersion. Rejects with a `FetchError`. */
export async function fetchConfigMap(
  request: ConfigMapRequest,
  client: Pick<KubeClient, "get">,
): Promise<{ readonly bytes: Uint8Array; readonly revision: string | undefined }> {
  const { namespace, name, key, maxBytes, signal } = request;
  const map = await get(request, client);
  signal.throwIfAborted();
  if (map === undefined) {
    const message = `Cannot find the ConfigMap that source.configMap.name names in this namespace: ${name}. ${recipe(request)}`;
    throw new FetchError("SourceNotFound", message, { final: true });
  }
  const bytes = contentOf(map, request);
  if (bytes === undefined) {
    const keys = [...Object.keys(map.binaryData ?? {}), ...Object.keys(map.data ?? {})].slice(0, 10);
    const has = keys.length === 0 ? "it has no keys" : `it has: ${keys.join(", ")}`;
    const message = `Cannot find the key of source.configMap.key in ConfigMap "${name}", ${has}: ${key}`;
    throw new FetchError("SourceNotFound", message, { final: true });
  }
  if (bytes.byteLength > maxBytes) {
    const message = `Cannot take a component of more than ${maxBytes} bytes from source.configMap ${namespace}/${name}: ${bytes.byteLength}`;
    throw new FetchError("TooLarge", message, { final: true });
  }
  return { bytes, revision: map.metadata.resourceVersion };
}

async function get(
  { namespace, name, signal }: ConfigMapRequest,
  client: Pick<KubeClient, "get">,
): Promise<ConfigMap | undefined> {
  try {
    return await client.get<ConfigMap>({ resource: resources.configMaps, namespace, name }, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const { name: kind, message, retryAfterMs } = error as Error & { readonly retryAfterMs?: number };
    if (kind !== "KubeError") throw error;
    const said = `Cannot read the ConfigMap of source.configMap: ${message}`;
    throw new FetchError("SourceUnavailable", said, { final: false, retryAfterMs, cause: error });
  }
}

function contentOf({ binaryData, data }: ConfigMap, request: ConfigMapRequest): Uint8Array | undefined {
  const { name, key } = request;
  if (binaryData !== undefined && Object.hasOwn(binaryData, key)) return Buffer.from(binaryData[key]!, "base64");
  if (data === undefined || !Object.hasOwn(data, key)) return undefined;
  // kubectl puts a file into `data` whenever it happens to be valid UTF-8, and a small component may be.
  if (data[key]!.startsWith("\0asm")) return Buffer.from(data[key]!, "utf8");
  const message = `Cannot take text for a component, the key of source.configMap.key is in data, not in binaryData, of ConfigMap "${name}": ${key}. ${recipe(request)}`;
  throw new FetchError("InvalidSpec", message, { final: true });
}

function recipe({ name, key }: ConfigMapRequest): string {
  return `Make it with kubectl create configmap ${name} --from-file=${key}=FILE.wasm`;
}
