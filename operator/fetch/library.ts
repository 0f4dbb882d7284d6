import type { Source } from "../../api/source.ts";
import type { Composer } from "../../composer/index.ts";
import type { TypeTable } from "../../wiring/table.ts";
import { sha256 } from "../digest.ts";
import type { Store } from "../package/store.ts";
import { FetchError } from "./error.ts";
import { SingleFlight } from "./single-flight.ts";
import { type FetchDeps, type Fetched, type FetchRequest, fetchSource } from "./source.ts";
import { Tables } from "./tables.ts";

/** A component whose bytes were read and understood. */
export interface Resolved {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** What the source calls these bytes, where it has a word for it. */
  readonly revision: string | undefined;
  /** Bytes. */
  readonly size: number;
  readonly table: TypeTable;
}

/** Components by their digest: bytes and types, kept on disk, fetched and inspected once. */
export interface Library {
  /** The types of bytes that were inspected before; undefined where they are not known (any more). */
  types(digest: string): Promise<TypeTable | undefined>;
  /**
   * The digest of what this namespace fetched from this source before, by whichever process, where the source cannot give
   * anything else by now. Bytes that somebody else fetched do not count: to know a digest is no right to its bytes.
   */
  recall(request: { readonly namespace: string; readonly source: Source }): Promise<string | undefined>;
  /**
   * Reads the source, checks and keeps the bytes, and inspects them where nobody did before. Rejects with a `FetchError`
   * or a `ComposerError`.
   */
  acquire(request: {
    readonly namespace: string;
    readonly source: Source;
    readonly signal: AbortSignal;
  }): Promise<Resolved>;
  /** The bytes, where they are kept; checked against the digest. */
  bytes(digest: string): Promise<Uint8Array | undefined>;
}

/** What a library works with. */
export interface LibraryDeps extends FetchDeps {
  readonly store: Pick<Store, "component" | "keepComponent" | "note" | "keepNote">;
  readonly composer: Pick<Composer, "inspect">;
  /** Bytes of JSON of the types that are kept in memory; 32 MiB. */
  readonly tableBytes?: number;
}

/** Makes the library: what is asked for twice at once is fetched once, and equal bytes are inspected once. */
export function makeLibrary(deps: LibraryDeps): Library {
  const { store, composer, tableBytes = 32 * 2 ** 20 } = deps;
  const tables = new Tables(store, { bytes: tableBytes });
  const sources = new SingleFlight<Resolved>();
  const inspections = new SingleFlight<TypeTable>();

  const inspect = async (digest: string, bytes: Uint8Array): Promise<TypeTable> =>
    (await tables.get(digest)) ?? tables.put(digest, await composer.inspect(bytes));

  const recall: Library["recall"] = async ({ namespace, source }) => {
    if (source.http === undefined) return undefined;
    return store.note(nameOf(namespace, source));
  };

  /** What the namespace fetched before. */
  const kept = async (request: FetchRequest): Promise<Fetched | undefined> => {
    const digest = await recall(request);
    const bytes = digest === undefined ? undefined : await store.component(digest);
    return digest === undefined || bytes === undefined ? undefined : { digest, revision: undefined, bytes };
  };

  const fetch = async (request: FetchRequest): Promise<Fetched> => {
    const fetched = await fetchSource(request, deps);
    await store.keepComponent(fetched.digest, fetched.bytes);
    const { namespace, source } = request;
    if (source.http !== undefined) await store.keepNote(nameOf(namespace, source), fetched.digest);
    return fetched;
  };

  const acquire = async (request: FetchRequest): Promise<Resolved> => {
    try {
      const { digest, revision, bytes } = (await kept(request)) ?? (await fetch(request));
      const table = await inspections.run(digest, request.signal, () => inspect(digest, bytes));
      return { digest, revision, size: bytes.byteLength, table };
    } catch (error) {
      throw explainStore(error);
    }
  };
  return {
    types: (digest) => tables.get(digest),
    recall,
    bytes: (digest) => store.component(digest),
    acquire({ namespace, source, signal }) {
      return sources.run(`${namespace} ${JSON.stringify(source)}`, signal, (shared) =>
        acquire({ namespace, source, signal: shared }),
      );
    },
  };
}

function explainStore(error: unknown): unknown {
  const { name, message } = error as Error;
  if (name !== "StoreError") return error;
  return new FetchError("StoreUnavailable", message, { final: false, cause: error });
}

/** Of the note that says what a namespace fetched from a source. */
function nameOf(namespace: string, source: Source): string {
  return sha256(`fetched\n${namespace}\n${JSON.stringify(source)}`);
}
