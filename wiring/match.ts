import type { Item } from "./table.ts";

/** How an offered interface answers a wanted one. `near`: the same interface on another version track. */
export type Match = "exact" | "compatible" | "near" | "none";

/** An interface name in parts: `wasi:io/streams@0.2.6` has the track `wasi:io/streams@0.2`. */
export interface InterfaceName {
  readonly full: string;
  readonly base: string;
  readonly version: string | undefined;
  /** Names on one track may stand for each other; a pre-release and `0.0.x` are alone on theirs. */
  readonly track: string;
}

/** Names repeat a thousandfold within one decision. Bounded in number and in length. */
const parsed = new Map<string, InterfaceName>();

/** Splits a name. Anything that is not a semantic version counts as part of the track. */
export function parseName(full: string): InterfaceName {
  const known = parsed.get(full);
  if (known !== undefined) return known;
  const at = full.indexOf("@");
  const base = at < 0 ? full : full.slice(0, at);
  const version = at < 0 ? undefined : full.slice(at + 1);
  const name = { full, base, version, track: version === undefined ? full : `${base}@${track(version)}` };
  if (parsed.size > 10_000) parsed.clear();
  if (full.length < 200) parsed.set(full, name);
  return name;
}

/** Compares two names. */
export function matchNames(wanted: string, offered: string): Match {
  if (wanted === offered) return "exact";
  const [a, b] = [parseName(wanted), parseName(offered)];
  if (a.base !== b.base) return "none";
  return a.track === b.track ? "compatible" : "near";
}

/** The interface that an item carries, whatever it is called. */
export function interfaceOf(item: Item): string {
  return item.implements ?? item.name;
}

/**
 * Finds the item that a user's word means: a name, an interface, an interface without its version, a compatible version.
 * Nothing where more than one is meant equally well.
 */
export function findItem(
  items: readonly Item[],
  wanted: string,
): { readonly item: Item; readonly match: Match } | undefined {
  const exact = items.find((item) => item.name === wanted) ?? only(items.filter((item) => item.implements === wanted));
  if (exact !== undefined) return { item: exact, match: "exact" };
  const unversioned = wanted.includes("@")
    ? undefined
    : only(items.filter((item) => parseName(interfaceOf(item)).base === wanted));
  if (unversioned !== undefined) return { item: unversioned, match: "exact" };
  for (const match of ["compatible", "near"] as const) {
    const item = only(items.filter((candidate) => matchNames(wanted, interfaceOf(candidate)) === match));
    if (item !== undefined) return { item, match };
  }
  return undefined;
}

const word = "(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)";
const label = `${word}(?:-(?:[a-z0-9]+|[A-Z0-9]+))*`;
const exportName = new RegExp(`^${label}$|^${label}:${label}/${label}(?:@\\d+\\.\\d+\\.\\d+\\S*)?$`);

/** True for what the component model takes as the name of an export. */
export function isExportName(name: string): boolean {
  return exportName.test(name);
}

function only<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}

function track(version: string): string {
  const parts = /^(\d+)\.(\d+)\.(\d+)(-[^+]+)?(\+.*)?$/.exec(version);
  if (parts === null) return version;
  const [, major, minor, patch, pre] = parts;
  if (pre !== undefined) return `${major}.${minor}.${patch}${pre}`;
  if (major !== "0") return major!;
  return minor !== "0" ? `0.${minor}` : `0.0.${patch}`;
}
