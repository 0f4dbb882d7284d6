import { readFile, stat } from "node:fs/promises";

/** The bytes of a file, or a sentence saying why not and what to do. */
export type FileRead = { readonly bytes: Uint8Array } | { readonly message: string; readonly hint: string };

/** Reads a regular file of at most `limit` bytes. Pipes and devices, which may never end, are refused. */
export async function readBounded(path: string, limit: number, signal?: AbortSignal): Promise<FileRead> {
  try {
    const { size, ...kind } = await stat(path).then((found) => ({
      size: found.size,
      file: found.isFile(),
      folder: found.isDirectory(),
    }));
    if (!kind.file) {
      const hint = kind.folder ? "Name the file inside" : "Name a regular file";
      return { message: `Cannot read ${kind.folder ? "a folder" : "what is no regular file"}: ${path}`, hint };
    }
    if (size > limit)
      return { message: `Cannot read more than ${limit} bytes, ${path} has: ${size}`, hint: "Make it smaller" };
    return { bytes: await readFile(path, signal === undefined ? {} : { signal }) };
  } catch (error) {
    signal?.throwIfAborted();
    return explain(path, (error as NodeJS.ErrnoException).code);
  }
}

function explain(path: string, code: string | undefined): { message: string; hint: string } {
  switch (code) {
    case "ENOENT":
      return {
        message: `Cannot find the file: ${path}`,
        hint: "Build it, or correct the path; it is relative to the manifest",
      };
    case "EACCES":
    case "EPERM":
      return { message: `Cannot read the file, permission is denied: ${path}`, hint: "Let this user read it" };
    default:
      return { message: `Cannot read the file (${code ?? "unknown reason"}): ${path}`, hint: "Correct the path" };
  }
}
