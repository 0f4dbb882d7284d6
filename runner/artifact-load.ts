import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactIndex, Blob } from "./artifact.ts";
import { RunnerError } from "./error.ts";

/** An artifact as a runner uses it. `digest` is that of the index: `sha256:…`. */
export interface LoadedArtifact {
  readonly digest: string;
  readonly index: ArtifactIndex;
  /** By module number of the plan. */
  readonly modules: readonly WebAssembly.Module[];
}

/**
 * Reads the artifact in `folder` and compiles its modules. Every blob is checked against its size and digest first:
 * what was not made by the composer is never compiled.
 * Throws `RunnerError` `artifact-unreadable` or `artifact-corrupt`, naming the file.
 */
export async function loadArtifact(folder: string): Promise<LoadedArtifact> {
  const path = join(folder, "index.json");
  const bytes = await read(path);
  const index = parseIndex(bytes, path);
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  const modules = index.blobs.map((blob) => {
    const known = compiled.get(blob.digest);
    if (known !== undefined) return known;
    const module = loadBlob(folder, blob);
    compiled.set(blob.digest, module);
    return module;
  });
  return { digest: `sha256:${sha256(bytes)}`, index, modules: await Promise.all(modules) };
}

async function loadBlob(folder: string, blob: Blob): Promise<WebAssembly.Module> {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(blob.digest)?.[1];
  if (hex === undefined) throw corrupt(join(folder, "index.json"), `it names a blob by ${JSON.stringify(blob.digest)}`);
  const path = join(folder, "blobs", hex);
  const bytes = await read(path);
  if (bytes.length !== blob.size) throw corrupt(path, `it has ${bytes.length} bytes, the index says ${blob.size}`);
  if (sha256(bytes) !== hex) throw corrupt(path, `its sha256 is ${sha256(bytes)}`);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new RunnerError("link-failed", `Cannot compile ${path}: ${(cause as Error).message}`, { cause });
  }
}

function parseIndex(bytes: Uint8Array, path: string): ArtifactIndex {
  let index: ArtifactIndex;
  try {
    index = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw corrupt(path, `it is not JSON: ${(cause as Error).message}`);
  }
  if (index?.format !== 1)
    throw corrupt(path, `this runner reads format 1, and the index has format ${JSON.stringify(index?.format)}`);
  if (!Array.isArray(index.blobs) || index.plan?.modules?.length !== index.blobs.length)
    throw corrupt(path, "its plan and its blobs do not have the same number of modules");
  return index;
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return (await readFile(path)) as Uint8Array<ArrayBuffer>;
  } catch (cause) {
    throw new RunnerError("artifact-unreadable", `Cannot read the artifact: ${(cause as Error).message}`, { cause });
  }
}

function corrupt(path: string, why: string): RunnerError {
  return new RunnerError("artifact-corrupt", `Cannot use the artifact file ${path}: ${why}. Build it again`);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
