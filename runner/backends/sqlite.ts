import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { KeyPage, KeyValueBackend } from "../host/host.ts";
import { BackendError } from "./error.ts";
import { addTo } from "./number.ts";

/** How long opening waits for another process, which may be making the file a database; the thread waits with it. */
const openTimeoutMs = 2000;
/** How long one call holds the thread for another process's transaction; then it fails as `busy`, to be tried again. */
const busyTimeoutMs = 10;
const pageKeys = 1000;
/** Bytes that the file grows to at most. */
export const sqliteBackendBytes = 1024 * 1024 * 1024;
/** Raised when a runner of today could not read a file of tomorrow. */
const schemaVersion = 1;

/**
 * Keeps keys and values in one SQLite file, shared by all processes that open it: write-ahead logging, so that readers
 * never wait, and every change is one transaction. Keys are kept as the bytes of their UTF-8.
 */
export class SqliteBackend implements KeyValueBackend {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;

  constructor(path: string, options: { readonly bytes?: number; readonly busyMs?: number } = {}) {
    this.#database = attempt(() => open(path, options.bytes ?? sqliteBackendBytes));
    this.#statements = attempt(() => prepare(this.#database));
    this.#database.exec(`PRAGMA busy_timeout = ${Math.trunc(options.busyMs ?? busyTimeoutMs)}`);
  }

  get(bucket: string, key: string): Uint8Array | undefined {
    const row = attempt(() => this.#statements.get.get(bucket, bytesOf(key)));
    return row?.["value"] as Uint8Array | undefined;
  }

  set(bucket: string, key: string, value: Uint8Array): void {
    attempt(() => this.#statements.set.run(bucket, bytesOf(key), value));
  }

  delete(bucket: string, key: string): void {
    attempt(() => this.#statements.delete.run(bucket, bytesOf(key)));
  }

  exists(bucket: string, key: string): boolean {
    return attempt(() => this.#statements.exists.get(bucket, bytesOf(key))) !== undefined;
  }

  keys(bucket: string, cursor: string | undefined): KeyPage {
    const rows = attempt(() => this.#statements.keys.all(bucket, bytesOf(cursor ?? ""), cursor === undefined ? 1 : 0));
    const keys = rows.slice(0, pageKeys).map((row) => textOf(row["key"] as Uint8Array));
    return rows.length > pageKeys ? { keys, cursor: keys.at(-1)! } : { keys };
  }

  increment(bucket: string, key: string, delta: bigint): bigint {
    return this.#transaction(() => {
      const { bytes, sum } = addTo(this.get(bucket, key), delta);
      this.set(bucket, key, bytes);
      return sum;
    });
  }

  compareAndSwap(bucket: string, key: string, expected: Uint8Array | undefined, value: Uint8Array): boolean {
    const { add, replace } = this.#statements;
    const { changes } = attempt(() =>
      expected === undefined
        ? add.run(bucket, bytesOf(key), value)
        : replace.run(value, bucket, bytesOf(key), expected),
    );
    return Number(changes) === 1;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction<T>(act: () => T): T {
    attempt(() => this.#database.exec("BEGIN IMMEDIATE"));
    try {
      const result = act();
      attempt(() => this.#database.exec("COMMIT"));
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

interface Statements {
  readonly get: StatementSync;
  readonly set: StatementSync;
  readonly delete: StatementSync;
  readonly exists: StatementSync;
  readonly keys: StatementSync;
  readonly add: StatementSync;
  readonly replace: StatementSync;
}

function open(path: string, bytes: number): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: openTimeoutMs });
  try {
    // A file that nobody else has touched yet is locked while it becomes a database: others wait here.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    const pageSize = Number(database.prepare("PRAGMA page_size").get()!["page_size"]);
    database.exec(`PRAGMA max_page_count = ${Math.max(8, Math.floor(bytes / pageSize))}`);
    const version = Number(database.prepare("PRAGMA user_version").get()!["user_version"]);
    if (version > schemaVersion) {
      throw new BackendError("unavailable", `Cannot open the database: it is of a newer version: ${version}`);
    }
    database.exec(`BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS tenon_keyvalue (
        bucket TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (bucket, key)
      ) STRICT;
      PRAGMA user_version = ${schemaVersion};
      COMMIT`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: DatabaseSync): Statements {
  const insert = "INSERT INTO tenon_keyvalue (bucket, key, value) VALUES (?, ?, ?) ON CONFLICT (bucket, key)";
  const where = "FROM tenon_keyvalue WHERE bucket = ?";
  return {
    get: database.prepare(`SELECT value ${where} AND key = ?`),
    exists: database.prepare(`SELECT 1 ${where} AND key = ?`),
    delete: database.prepare(`DELETE ${where} AND key = ?`),
    // The third parameter: no cursor, so that the empty key is on the first page.
    keys: database.prepare(`SELECT key ${where} AND (key > ? OR ?) ORDER BY key LIMIT ${pageKeys + 1}`),
    set: database.prepare(`${insert} DO UPDATE SET value = excluded.value`),
    add: database.prepare(`${insert} DO NOTHING`),
    replace: database.prepare("UPDATE tenon_keyvalue SET value = ? WHERE bucket = ? AND key = ? AND value = ?"),
  };
}

/** SQLite's errors carry the file's path and our statements; guests are told what kind it was. */
function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof BackendError) throw error;
    throw translate(error);
  }
}

const messages: Readonly<Record<number, string>> = {
  6: "a table of the database is locked",
  8: "the database is read-only",
  10: "the disk failed",
  11: "the database is corrupt",
  14: "the database file cannot be opened",
  26: "the file is not a database",
};
const fullCode = 13;
const busyCode = 5;

function translate(error: unknown): BackendError {
  const { code, errcode } = error as { readonly code?: string; readonly errcode?: number };
  const primary = (errcode ?? 0) & 0xff;
  if (primary === fullCode) {
    return new BackendError("full", "Cannot set a key: the database or its disk is full", { cause: error });
  }
  if (primary === busyCode) {
    const message = "Cannot use the key-value backend: other processes keep the database busy";
    return new BackendError("busy", message, { cause: error });
  }
  if (code === "ERR_INVALID_STATE") return new BackendError("closed", "The database is closed", { cause: error });
  const message = messages[primary] ?? `SQLite failed with code ${errcode ?? code ?? "unknown"}`;
  return new BackendError("unavailable", `Cannot use the key-value backend: ${message}`, { cause: error });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
