import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { WitSource } from "../composer/protocol.ts";
import { CliError } from "./error.ts";

const maxBytes = 1024 * 1024;
/** Of one folder, with its packages in `deps`. */
const maxFiles = 1000;

/**
 * The WIT text behind a path: a `.wit` file, or a folder with the packages that it needs in `deps`. Undefined for any other
 * file. A folder without WIT, and one of more than 1 MiB or 1000 files, is a `CliError` of the code `unreadable`.
 */
export async function readWit(path: string, cwd: string): Promise<readonly WitSource[] | undefined> {
  const root = resolve(cwd, path);
  const folder = await isFolder(root);
  if (!folder && !root.endsWith(".wit")) return undefined;
  const paths = folder ? await witFiles(root) : [basename(root)];
  if (!paths.some((one) => !one.includes("/")))
    throw new CliError("unreadable", `Cannot find a .wit file in the folder: ${path}`, {
      hint: "Name the folder that holds the .wit files of the package",
    });
  const { readBounded } = await import("../operator/local/read-file.ts");
  const sources: WitSource[] = [];
  let left = maxBytes;
  for (const one of paths) {
    const read = await readBounded(folder ? join(root, one) : root, left);
    if (!("bytes" in read)) throw new CliError("unreadable", read.message, { hint: read.hint });
    left -= read.bytes.byteLength;
    sources.push({ path: one, text: new TextDecoder().decode(read.bytes) });
  }
  return sources;
}

async function witFiles(root: string): Promise<string[]> {
  const found = await list(root, "");
  for (const name of await names(join(root, "deps"))) {
    if (name.endsWith(".wit")) found.push(`deps/${name}`);
    else if (await isFolder(join(root, "deps", name))) found.push(...(await list(root, `deps/${name}/`)));
    if (found.length > maxFiles)
      throw new CliError("unreadable", `Cannot read more than ${maxFiles} files of WIT: ${root}`);
  }
  return found;
}

async function list(root: string, prefix: string): Promise<string[]> {
  return (await names(join(root, prefix))).filter((name) => name.endsWith(".wit")).map((name) => prefix + name);
}

async function names(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
