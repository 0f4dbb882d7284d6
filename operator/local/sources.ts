import { resolve } from "node:path";
import type { Locate } from "../../api/manifests/finding.ts";
import type { Source } from "../../api/source.ts";
import type { Composer } from "../../composer/index.ts";
import type { Failure } from "../../wiring/failure.ts";
import type { TypeTable } from "../../wiring/table.ts";
import { sha256 } from "../digest.ts";
import { readBounded } from "./read-file.ts";
import { makeError, type Remark } from "./remark.ts";

/** A component whose bytes were read. `table` or `failure` says what they are. */
export interface LoadedComponent {
  readonly name: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly table: TypeTable | undefined;
  readonly failure: Failure | undefined;
}

/** Bytes of one component. */
const maxComponent = 256 * 1024 * 1024;

/** What is known of binaries by digest, so that equal bytes are inspected once and share one table. */
export type Tables = Map<string, TypeTable>;

/** What reading a source needs. */
export interface SourceReader {
  readonly composer: Composer;
  readonly tables: Tables;
  readonly signal?: AbortSignal | undefined;
}

/** Where the source is written, and what its relative path is relative to. */
export interface SourceAt {
  readonly name: string;
  readonly directory: string;
  /** The field of the source: `spec.source`. */
  readonly field: string;
  readonly locate: Locate;
}

/** Reads and inspects a component. What cannot be read is an error; bytes that are no component are `failure`. */
export async function readSource(
  source: Source,
  at: SourceAt,
  reader: SourceReader,
): Promise<LoadedComponent | Remark> {
  if (source.file === undefined) {
    const kind = Object.keys(source)[0];
    return makeError("source", at.locate(kind === undefined ? at.field : `${at.field}.${kind}`), refuse(source));
  }
  const file = resolve(at.directory, source.file.path);
  const read = await readBounded(file, maxComponent, reader.signal);
  if (!("bytes" in read)) return makeError("source", at.locate(`${at.field}.file.path`), read);
  const { bytes } = read;
  const digest = `sha256:${sha256(bytes)}`;
  const { table, failure } = await inspect(bytes, digest, reader);
  return { name: at.name, file, digest, bytes, table, failure };
}

async function inspect(
  bytes: Uint8Array,
  digest: string,
  { composer, tables, signal }: SourceReader,
): Promise<{ table: TypeTable | undefined; failure: Failure | undefined }> {
  const known = tables.get(digest);
  if (known !== undefined) return { table: known, failure: undefined };
  try {
    const table = await composer.inspect(bytes);
    tables.set(digest, table);
    return { table, failure: undefined };
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as Error).name !== "ComposerError") throw error;
    const { code, message } = error as Failure;
    return { table: undefined, failure: { code, message } };
  }
}

/** Only files are read on a laptop: nothing here fetches. */
function refuse({ oci, http, package: pack, configMap }: Source): { message: string; hint: string } {
  if (oci !== undefined) {
    return {
      message: `Cannot pull an oci source locally: ${oci.image}`,
      hint: `Pull it to a file (wkg oci pull ${oci.image}:TAG -o FILE.wasm) and write source: { file: { path: FILE.wasm } }`,
    };
  }
  if (http !== undefined) {
    return {
      message: `Cannot download an http source locally: ${http.url}`,
      hint: "Download it to a file and write source: { file: { path: FILE.wasm } }",
    };
  }
  if (pack !== undefined) {
    return {
      message: `Cannot fetch a package locally: ${pack.name}`,
      hint: `Fetch it to a file (wkg get ${pack.name}) and write source: { file: { path: FILE.wasm } }`,
    };
  }
  return {
    message: `Cannot read a configMap source without a cluster: ${configMap?.name}`,
    hint: "Write source: { file: { path: FILE.wasm } } with the file that the ConfigMap was made from",
  };
}
