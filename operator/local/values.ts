import { resolve } from "node:path";
import { parse } from "yaml";
import { LocalError } from "./error.ts";
import { readBounded } from "./read-file.ts";

/** Values by key, as a ConfigMap or a Secret holds them. */
export type Values = ReadonlyMap<string, string>;

const maxBytes = 1024 * 1024;

/**
 * Reads what `--config NAME=FILE` names: a YAML or JSON map of strings, or a manifest of a ConfigMap or a Secret. It stands for
 * the ConfigMap or Secret of that name.
 */
export async function readValues(path: string, directory: string): Promise<Values> {
  const file = resolve(directory, path);
  const read = await readBounded(file, maxBytes);
  if (!("bytes" in read))
    throw new LocalError("option", read.message, { hint: "Correct the path after --config NAME=" });
  let data: unknown;
  try {
    data = parse(new TextDecoder("utf-8", { fatal: true }).decode(read.bytes), { maxAliasCount: 100 });
  } catch (cause) {
    throw new LocalError("option", `Cannot read the file as YAML or JSON: ${file}`, {
      cause,
      hint: "Write a map: KEY: value",
    });
  }
  const values = new Map<string, string>();
  for (const [key, value] of entriesOf(data)) {
    if (typeof value === "object" && value !== null) {
      throw new LocalError("option", `Must be a map of keys to text in ${file}, not a map or a list: ${key}`, {
        hint: "Write KEY: value",
      });
    }
    values.set(key, String(value ?? ""));
  }
  return values;
}

function entriesOf(data: unknown): [string, unknown][] {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return [];
  const { kind, data: inner, stringData } = data as { kind?: unknown; data?: object; stringData?: object };
  if (kind === "ConfigMap") return Object.entries(inner ?? {});
  if (kind !== "Secret") return Object.entries(data);
  const decoded = Object.entries(inner ?? {}).map(([key, value]): [string, unknown] => {
    return [key, Buffer.from(String(value), "base64").toString("utf8")];
  });
  return [...decoded, ...Object.entries(stringData ?? {})];
}
