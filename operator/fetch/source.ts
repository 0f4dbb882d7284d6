import type { Source } from "../../api/source.ts";
import { sha256 } from "../digest.ts";
import type { KubeClient } from "../kube/client.ts";
import { fetchConfigMap } from "./config-map.ts";
import { FetchError } from "./error.ts";
import type { Downloader } from "./http.ts";

/** What to read, for whom. */
export interface FetchRequest {
  /** Of the object that has the source: references do not leave it. */
  readonly namespace: string;
  readonly source: Source;
  readonly signal: AbortSignal;
}

/** What reading needs. */
export interface FetchDeps {
  readonly client: Pick<KubeClient, "get">;
  readonly http: Downloader;
  /** Of one component. */
  readonly maxBytes: number;
}

/** The bytes of a source. */
export interface Fetched {
  /** `sha256:` and 64 hexadecimal digits, of `bytes`. */
  readonly digest: string;
  /** What the source calls these bytes, where it has a word for it: a resourceVersion. */
  readonly revision: string | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Reads a source. An http source's bytes are those that its sha256 names. Rejects with a `FetchError`, or with the signal's
 * reason.
 */
export async function fetchSource(
  { namespace, source, signal }: FetchRequest,
  { client, http, maxBytes }: FetchDeps,
): Promise<Fetched> {
  signal.throwIfAborted();
  if (source.http !== undefined) {
    const bytes = await http.download(source.http, signal);
    return { digest: `sha256:${sha256(bytes)}`, revision: undefined, bytes };
  }
  if (source.configMap !== undefined) {
    const { bytes, revision } = await fetchConfigMap({ namespace, ...source.configMap, maxBytes, signal }, client);
    return { digest: `sha256:${sha256(bytes)}`, revision, bytes };
  }
  throw refuse(source);
}

/** Why a source is none that an operator of this version reads: a file, or one of those that come later. */
export function refuse({ file, oci, package: pack }: Source): FetchError {
  if (file !== undefined) {
    const message = `Cannot read source.file in a cluster, it is for the command line: ${file.path}. Put the file into a ConfigMap and write source: { configMap: { name, key } }, or use source.http`;
    return new FetchError("FileSourceRefused", message, { final: true });
  }
  const [field, value] = oci !== undefined ? ["source.oci", oci.image] : ["source.package", pack?.name];
  const message = `This version does not read ${field}: ${value}. Use source.http or source.configMap`;
  return new FetchError("InvalidSpec", message, { final: true });
}
