import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { fail } from "./error.ts";

/** The enum `descriptor-type`. */
export type FileType =
  | "unknown"
  | "block-device"
  | "character-device"
  | "directory"
  | "fifo"
  | "symbolic-link"
  | "regular-file"
  | "socket";

/** The record `wasi:clocks/wall-clock.datetime`. */
export interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** The variant `new-timestamp`. */
export type NewTimestamp =
  | { readonly tag: "no-change" }
  | { readonly tag: "now" }
  | { readonly tag: "timestamp"; readonly val: Datetime };

/** What the questions of `Stats` and `Dirent` have in common. */
interface Typed {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
}

/** The type of what was looked at. */
export function typeOf(found: Typed): FileType {
  if (found.isFile()) return "regular-file";
  if (found.isDirectory()) return "directory";
  if (found.isSymbolicLink()) return "symbolic-link";
  if (found.isFIFO()) return "fifo";
  if (found.isSocket()) return "socket";
  if (found.isBlockDevice()) return "block-device";
  if (found.isCharacterDevice()) return "character-device";
  return "unknown";
}

/** The record `descriptor-stat`. */
export function describe(stats: BigIntStats) {
  return {
    type: typeOf(stats),
    linkCount: stats.nlink,
    size: stats.size,
    dataAccessTimestamp: datetime(stats.atimeNs),
    dataModificationTimestamp: datetime(stats.mtimeNs),
    statusChangeTimestamp: datetime(stats.ctimeNs),
  };
}

/** The record `metadata-hash-value`: the same for the same file as long as it exists (C libraries make it `st_ino`). */
export function metadataHash({ dev, ino }: BigIntStats): { lower: bigint; upper: bigint } {
  const digest = createHash("sha256").update(`${dev}:${ino}`).digest();
  return { lower: digest.readBigUInt64LE(0), upper: digest.readBigUInt64LE(8) };
}

/**
 * Both timestamps in seconds, for Node's `utimes`, or undefined where neither is to change. Node takes them as doubles:
 * below a microsecond they are not exact, nor is then one that should not change.
 */
export function newTimes(
  access: NewTimestamp,
  modification: NewTimestamp,
  current: BigIntStats,
): readonly [number, number] | undefined {
  if (access.tag === "no-change" && modification.tag === "no-change") return undefined;
  const now = Date.now() / 1000;
  return [newTime(access, current.atimeNs, now), newTime(modification, current.mtimeNs, now)];
}

function newTime(wanted: NewTimestamp, current: bigint, now: number): number {
  if (wanted.tag === "now") return now;
  if (wanted.tag === "no-change") return Number(current) / 1e9;
  const { seconds, nanoseconds } = wanted.val;
  if (nanoseconds >= 1e9 || seconds > BigInt(Number.MAX_SAFE_INTEGER)) fail("invalid");
  return Number(seconds) + nanoseconds / 1e9;
}

/** WASI has no time before 1970. */
function datetime(nanoseconds: bigint): Datetime | undefined {
  if (nanoseconds < 0n) return undefined;
  return { seconds: nanoseconds / 1_000_000_000n, nanoseconds: Number(nanoseconds % 1_000_000_000n) };
}
