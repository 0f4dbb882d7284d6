import { parseName } from "./match.ts";

const keywords = new Set(
  `as async bool borrow char constructor enum error-context export f32 f64 flags from func future import include interface
  list map option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use
  variant with world`.split(/\s+/),
);

/** A name as WIT takes it: `%type` where it would be a keyword. */
export function identifier(name: string): string {
  return keywords.has(name) ? `%${name}` : name;
}

/** `wasi:io@0.2.6` of `wasi:io/streams@0.2.6`. */
export function packageOf(name: string): string {
  const { base, version } = parseName(name);
  return `${base.slice(0, Math.max(0, base.indexOf("/")))}${version === undefined ? "" : `@${version}`}`;
}

/** `streams` of `wasi:io/streams@0.2.6`. */
export function wordOf(name: string): string {
  const { base } = parseName(name);
  return base.slice(base.indexOf("/") + 1);
}
