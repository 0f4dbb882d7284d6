import type { TypeTable } from "../../wiring/table.ts";
import { engineDigest } from "../compose/engine.ts";
import { sha256 } from "../digest.ts";
import type { Store } from "../package/store.ts";
import { FetchError } from "./error.ts";

/**
 * Bytes of JSON of one component's types. Those of all of WASI take 40 KiB; what is much larger was written to fill memory:
 * 100 KB of a binary can describe 10 MB of types, and everything that is in use stays in memory.
 */
const maxTable = 2 ** 20;

/**
 * Types of components by digest: in memory up to a number of bytes, and in the store, where they count for one engine only.
 * One digest is one object as long as anybody has it: the wiring tells components apart by their tables.
 */
export class Tables {
  readonly #store: Pick<Store, "note" | "keepNote">;
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #recent = new Map<string, { readonly table: TypeTable; readonly bytes: number }>();
  readonly #alive = new Map<string, WeakRef<TypeTable>>();
  readonly #gone = new FinalizationRegistry<string>((digest) => {
    if (this.#alive.get(digest)?.deref() === undefined) this.#alive.delete(digest);
  });
  #bytes = 0;

  /** `bytes` bounds the JSON of the tables that are kept in memory for nobody in particular. */
  constructor(store: Pick<Store, "note" | "keepNote">, { bytes }: { readonly bytes: number }) {
    this.#store = store;
    this.#limit = bytes;
  }

  async get(digest: string): Promise<TypeTable | undefined> {
    const recent = this.#recent.get(digest);
    if (recent !== undefined) {
      this.#recent.delete(digest);
      this.#recent.set(digest, recent);
      return recent.table;
    }
    const alive = this.#alive.get(digest)?.deref();
    if (alive !== undefined) return alive;
    const text = await this.#store.note(await nameOf(digest));
    if (text === undefined) return undefined;
    return this.#remember(digest, JSON.parse(text), text.length);
  }

  /** Keeps it, and gives the one object that stands for it. Rejects with a `StoreError`, or a `FetchError` for too many types. */
  async put(digest: string, table: TypeTable): Promise<TypeTable> {
    const text = JSON.stringify(table);
    if (text.length > maxTable) {
      const message = `Cannot use a component whose imports and exports take more than ${maxTable} bytes to describe: ${text.length}`;
      throw new FetchError("TooLarge", message, { final: true });
    }
    await this.#store.keepNote(await nameOf(digest), text);
    return this.#remember(digest, table, text.length);
  }

  #remember(digest: string, read: TypeTable, bytes: number): TypeTable {
    // Somebody else may have read it at the same time.
    const table = this.#alive.get(digest)?.deref() ?? read;
    if (table === read) {
      this.#alive.set(digest, new WeakRef(table));
      this.#gone.register(table, digest);
    }
    if (this.#recent.has(digest)) return table;
    this.#recent.set(digest, { table, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: size }] of this.#recent) {
      if (this.#bytes <= this.#limit) break;
      this.#recent.delete(oldest);
      this.#bytes -= size;
    }
    return table;
  }
}

async function nameOf(digest: string): Promise<string> {
  return sha256(`${await engineDigest()} ${digest}`);
}
