import type { Source } from "../../api/source.ts";
import type { TypeTable } from "../../wiring/table.ts";

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
