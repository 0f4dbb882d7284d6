import { createHash } from "node:crypto";
import type { ComposerErrorCode, ComposerFailure } from "../../composer/error.ts";
import type { Clock } from "../clock.ts";

const poisonous: ReadonlySet<ComposerErrorCode> = new Set(["aborted", "deadline", "memory-limit"]);

/** True for the ends of a call that cost its engine, or all the time and memory that a call may have. */
export function isPoison(code: ComposerErrorCode): boolean {
  return poisonous.has(code);
}

/** A deadline may have been missed because the machine was busy: after this long it is worth another try. */
const deadlineCountsMs = 10 * 60_000;

/** What a call is about: equal content is one call. */
export interface Content {
  /** Stage and options, as text. */
  readonly about: string;
  readonly parts: readonly Uint8Array[];
}

interface Entry {
  readonly size: number;
  readonly failure: ComposerFailure;
  /** Milliseconds of the clock; undefined: never. */
  readonly until: number | undefined;
}

/**
 * Remembers what broke the composer, by its content, so that it is not tried again for nothing. At most `limit` entries; the
 * ones that were asked for longest ago go first.
 */
export class Poison {
  readonly #limit: number;
  readonly #clock: Clock;
  /** By digest of the content, in the order of their last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How the same call ended before, where that is worth nothing to try again. */
  find(content: Content): ComposerFailure | undefined {
    const size = sizeOf(content);
    // A digest costs a pass over all bytes; sizes tell most apart.
    if (![...this.#entries.values()].some((entry) => entry.size === size)) return undefined;
    const key = digestOf(content);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until !== undefined && this.#clock.now() >= entry.until) return undefined;
    this.#entries.set(key, entry);
    return entry.failure;
  }

  /** Remembers the end of a call, where it is one of those that should not happen twice. */
  note(content: Content, { code, stage, message }: Pick<ComposerFailure, "code" | "stage" | "message">): void {
    if (!isPoison(code)) return;
    const until = code === "deadline" ? this.#clock.now() + deadlineCountsMs : undefined;
    this.#entries.set(digestOf(content), { size: sizeOf(content), failure: { code, stage, message }, until });
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break;
      this.#entries.delete(key);
    }
  }
}

/** Bytes of all parts. */
export function sizeOf({ parts }: Content): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function digestOf({ about, parts }: Content): string {
  const hash = createHash("sha256").update(`${JSON.stringify(about)}\n`);
  for (const part of parts) hash.update(`${part.byteLength}\n`).update(part);
  return hash.digest("hex");
}
