import type { Source } from "../../api/source.ts";
import type { Composer } from "../../composer/index.ts";
import type { TypeTable } from "../../wiring/table.ts";
import type { Store } from "../package/store.ts";
import type { Library, Resolved } from "../reconcile/library.ts";
import { FetchError } from "./error.ts";
import { SingleFlight } from "./single-flight.ts";
import { type FetchDeps, type Fetched, type FetchRequest, fetchSource } from "./source.ts";
import { Tables } from "./tables.ts";

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

  const acquire = async (request: FetchRequest): Promise<Resolved> => {
    const { digest, revision, bytes } = (await kept(request.source, store)) ?? (await fetchSource(request, deps));
    try {
      await store.keepComponent(digest, bytes);
      const table = await inspections.run(digest, request.signal, () => inspect(digest, bytes));
      return { digest, revision, size: bytes.byteLength, table };
    } catch (error) {
      throw explainStore(error);
    }
  };
  return {
    types: (digest) => tables.get(digest),
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

/** What an http source names, where it was read before: its digest says that it is the same. */
async function kept({ http }: Source, store: LibraryDeps["store"]): Promise<Fetched | undefined> {
  if (http === undefined) return undefined;
  const digest = `sha256:${http.sha256}`;
  const bytes = await store.component(digest);
  return bytes === undefined ? undefined : { digest, revision: undefined, bytes };
}
