import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Grants, GrantsDocument, RunnerConfig, RunnerDocument } from "./config.ts";
import { RunnerError } from "./error.ts";

/** Bytes of one value, of all values of a runner, and files of one folder: more than ConfigMaps and Secrets hold. */
const maxValue = 1024 * 1024;
const maxTotal = 16 * 1024 * 1024;
const maxFiles = 10_000;

/**
 * Reads the values that a document has in files, once, before any worker is there: workers get them as data, and may not read
 * the files themselves. An optional variable whose file is missing is left out.
 * Throws `RunnerError` `bad-config`, naming the instance and the file, and never a value.
 */
export async function readValues(document: RunnerDocument): Promise<RunnerConfig> {
  const reader = new ValueReader();
  const grants: [string, Grants][] = [];
  for (const [instance, one] of Object.entries(document.grants)) {
    grants.push([instance, await resolve(one, new InstanceReader(instance, reader))]);
  }
  return { ...document, grants: Object.fromEntries(grants) };
}

async function resolve({ configFolders, env, ...rest }: GrantsDocument, reader: InstanceReader): Promise<Grants> {
  return {
    ...rest,
    ...(configFolders === undefined ? {} : { config: await reader.config(configFolders, rest.config) }),
    ...(env === undefined ? {} : { env: await reader.env(env) }),
  };
}

/** Reads for one instance; its name is in the messages. */
class InstanceReader {
  readonly #instance: string;
  readonly #reader: ValueReader;

  constructor(instance: string, reader: ValueReader) {
    this.#instance = instance;
    this.#reader = reader;
  }

  async config(folders: readonly string[], literal: Grants["config"] = {}): Promise<Record<string, string>> {
    const merged = new Map<string, string>();
    for (const folder of folders) {
      for (const key of await this.#attempt(folder, () => listKeys(folder))) {
        const file = join(folder, key);
        merged.set(key, await this.#attempt(file, () => this.#reader.read(file)));
      }
    }
    for (const [key, value] of Object.entries(literal)) merged.set(key, value);
    return Object.fromEntries(merged);
  }

  async env(variables: NonNullable<GrantsDocument["env"]>): Promise<NonNullable<Grants["env"]>> {
    const read: { name: string; value: string }[] = [];
    for (const variable of variables) {
      if ("value" in variable) read.push({ name: variable.name, value: variable.value });
      else {
        const { name, file, optional = false } = variable;
        const value = await this.#attempt(file, () => this.#reader.read(file), optional);
        if (value !== undefined) read.push({ name, value });
      }
    }
    return read;
  }

  async #attempt<T>(path: string, run: () => Promise<T>): Promise<T>;
  async #attempt<T>(path: string, run: () => Promise<T>, optional: boolean): Promise<T | undefined>;
  async #attempt<T>(path: string, run: () => Promise<T>, optional = false): Promise<T | undefined> {
    try {
      return await run();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (optional && code === "ENOENT") return undefined;
      const why = code === "ENOENT" ? "it is not there" : message;
      throw new RunnerError(
        "bad-config",
        `Cannot read the values of instance "${this.#instance}" from ${path}: ${why}`,
        {
          cause,
        },
      );
    }
  }
}

/** The keys of a mounted ConfigMap or Secret: the kubelet's own entries beside them begin with two dots. */
async function listKeys(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".."));
  if (names.length > maxFiles) throw new RangeError(`it has more than ${maxFiles} files`);
  return names.sort();
}

/** Reads files as text, within one bound for all of them. */
class ValueReader {
  #left = maxTotal;

  async read(file: string): Promise<string> {
    // Without O_NONBLOCK a pipe would be waited for.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return decode(await this.#bytes(handle));
    } finally {
      await handle.close();
    }
  }

  async #bytes(handle: FileHandle): Promise<Uint8Array> {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new RangeError("it is no file");
    if (stat.size > maxValue) throw new RangeError(`it has ${stat.size} bytes, and a value at most ${maxValue}`);
    this.#left -= stat.size;
    if (this.#left < 0) throw new RangeError(`all values together have more than ${maxTotal} bytes`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(stat.size), 0, stat.size, 0);
    return buffer.subarray(0, bytesRead);
  }
}

function decode(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new RangeError("it is not UTF-8 text, and guests read values as text only");
  }
  if (text.includes("\0")) throw new RangeError("it has a null character, which no value may have");
  return text;
}
