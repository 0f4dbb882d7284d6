import { suggestion } from "../nearest.ts";
import { joinPath } from "../path.ts";
import type { Problem } from "../validate.ts";
import { found, typeOf, wantedType } from "../values.ts";

/** One entry of a section, its text fields, and where it is. */
export interface Entry {
  readonly path: string;
  readonly fields: { readonly [name: string]: string | undefined };
  /** The connection that an export was resolved through. */
  readonly via?: Entry;
}

interface Options {
  readonly path: string;
  /** The fields of an entry. In a map the key is the first, and text instead of a map is the second: `auth: ./auth.wasm`. */
  readonly fields: readonly [string, string] | readonly string[];
  readonly problems: Problem[];
}

/** Reads a section that is a list of maps, or a map by the first field. An absent one is empty. */
export function readEntries(section: unknown, options: Options): Entry[] {
  const { path, problems } = options;
  if (section === undefined || section === null) return [];
  switch (typeOf(section)) {
    case "array":
      return (section as readonly unknown[]).map((item, index) => readEntry(item, joinPath(path, index), options, {}));
    case "object":
      return Object.entries(section as object).map(([key, item]) => {
        const [first, second] = options.fields as readonly [string, string];
        const inner = joinPath(path, key);
        if (typeof item === "string") return { path: inner, fields: { [first]: key, [second]: item } };
        return readEntry(item, inner, options, { [first]: key });
      });
    default:
      problems.push({ path, message: `Must be a map or a list: ${found(section)}` });
      return [];
  }
}

function readEntry(item: unknown, path: string, { fields, problems }: Options, given: Entry["fields"]): Entry {
  const [first, second] = fields as readonly [string, string];
  if (typeOf(item) !== "object") {
    problems.push({ path, message: `Must be a map of ${first} and ${second}: ${found(item)}` });
    return { path, fields: given };
  }
  const read: Record<string, string | undefined> = { ...given };
  for (const [key, value] of Object.entries(item as object)) {
    const at = joinPath(path, key);
    if (!fields.includes(key))
      problems.push({ path: at, message: `Unknown field: ${found(key)}`, key: true, ...hint(suggestion(key, fields)) });
    else if (typeof value !== "string")
      problems.push({ path: at, message: `Must be ${wantedType("string")}: ${found(value)}` });
    else read[key] = value;
  }
  const optional = second === "from" ? "name" : undefined;
  for (const field of fields) {
    if (read[field] === undefined && field !== optional && !(field in (item as object))) {
      problems.push({ path, message: `Missing field: "${field}"`, key: true });
    }
  }
  return { path, fields: read };
}

function hint(text: string | undefined): { hint?: string } {
  return text === undefined ? {} : { hint: text };
}
