import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";

const file = "holds.json";
/** All owners are in one file: many changes in a short time are one write. What is new stays for a while anyway. */
const gatherMs = 100;

interface HoldsOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Who uses which artifacts. It is written down, so that after a restart nothing that runs is removed before its owner was
 * looked at again.
 */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #owners: Map<string, readonly string[]>;
  /** How many owners hold a digest. */
  readonly #counts = new Map<string, number>();
  #dirty = false;
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(owners: ReadonlyMap<string, readonly string[]>, options: HoldsOptions) {
    this.#options = options;
    this.#owners = new Map(owners);
    for (const digests of owners.values()) this.#count(digests, 1);
  }

  /** Replaces what the owner held; true where that is something else. */
  set(owner: string, digests: readonly string[]): boolean {
    const before = this.of(owner);
    const now = [...new Set(digests)];
    if (before.length === now.length && now.every((digest) => before.includes(digest))) return false;
    this.#count(now, 1);
    this.#count(before, -1);
    if (now.length === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, now);
    this.#dirty = true;
    this.#cancelTimer ??= this.#options.clock.after(gatherMs, () => void this.flush());
    return true;
  }

  of(owner: string): readonly string[] {
    return this.#owners.get(owner) ?? [];
  }

  owners(): readonly string[] {
    return [...this.#owners.keys()];
  }

  /** Each digest that anybody holds. */
  digests(): readonly string[] {
    return [...this.#counts.keys()];
  }

  has(digest: string): boolean {
    return this.#counts.has(digest);
  }

  /** Settles when all is written down. Changes that come during a write are written together. */
  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false;
      await this.#write().catch(this.#options.onError);
    }
  }

  async #write(): Promise<void> {
    const { folder } = this.#options;
    const path = join(folder, "partial", randomUUID());
    try {
      await writeFile(path, JSON.stringify({ format: 1, owners: Object.fromEntries(this.#owners) }), { mode: 0o600 });
      await rename(path, join(folder, file));
    } catch (error) {
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
  }

  #count(digests: readonly string[], by: 1 | -1): void {
    for (const digest of digests) {
      const count = (this.#counts.get(digest) ?? 0) + by;
      if (count === 0) this.#counts.delete(digest);
      else this.#counts.set(digest, count);
    }
  }
}

/** What was written down last; nothing where that is lost or damaged. */
export async function readHolds(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  try {
    const { format, owners } = JSON.parse(await readFile(join(folder, file), "utf8"));
    if (format !== 1) return new Map();
    return new Map(
      Object.entries(owners as Record<string, unknown>).filter((entry): entry is [string, string[]] =>
        isDigests(entry[1]),
      ),
    );
  } catch {
    return new Map();
  }
}

function isDigests(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && /^sha256:[0-9a-f]{64}$/.test(one));
}
