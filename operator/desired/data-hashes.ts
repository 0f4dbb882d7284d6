import type { KubeObject } from "../kube/object.ts";
import { hashOf } from "./hash.ts";

type Content = Readonly<Record<string, string>>;
type ConfigMap = KubeObject & {
  readonly data?: Content | undefined;
  readonly binaryData?: Content | undefined;
  readonly dataHashes?: Content;
};

/**
 * A ConfigMap with `dataHashes` in the place of its content, a hash a key: enough to see whether a value stands. Any other
 * object, and one that is so already, as it is.
 */
export function hashData<T extends KubeObject>(object: T): T {
  const { data, binaryData, dataHashes, ...rest }: ConfigMap = object;
  if (object.kind !== "ConfigMap" || dataHashes !== undefined) return object;
  const values = Object.entries({ ...binaryData, ...data });
  const hashes = Object.fromEntries(values.map(([key, value]) => [key, hashOf(value, 32)]));
  return { ...rest, dataHashes: hashes } as unknown as T;
}
