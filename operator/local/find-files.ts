import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { type Manifests, readManifests } from "../../api/manifests/read.ts";
import { readBounded } from "./read-file.ts";
import { fromFinding, makeError, type Remark } from "./remark.ts";

/** A WAC script as it was found. */
export interface Script {
  readonly file: string;
  readonly path: string;
  readonly text: string;
}

/** What the paths of a command line hold. */
export interface Found {
  readonly manifests: readonly { readonly directory: string; readonly manifests: Manifests }[];
  readonly scripts: readonly Script[];
  readonly remarks: readonly Remark[];
  /** Every file and folder that was looked at, absolute: a change of one may change the answer. */
  readonly files: readonly string[];
}

type Collect = { -readonly [K in keyof Found]: Found[K][number][] };

/** Bytes of one text. */
const maxText = 16 * 1024 * 1024;

/**
 * Reads manifests, compose files and WAC scripts. A folder means the manifests of Tenon's kinds in it; where it has none, its
 * compose.yaml; where it has none of these, its only .wac. What else a folder holds is passed over without a word.
 */
export async function findFiles(paths: readonly string[], cwd: string): Promise<Found> {
  const found: Collect = { manifests: [], scripts: [], remarks: [], files: [] };
  for (const path of new Set(paths.map((one) => resolve(cwd, one)))) {
    const isFolder = await stat(path).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    if (isFolder) await readFolder(path, cwd, found);
    else await readOne(path, cwd, found);
  }
  return found;
}

/** A path as messages show it: relative where that is shorter. */
export function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short !== "" && short.length < path.length ? short : path;
}

async function readOne(path: string, cwd: string, found: Collect): Promise<void> {
  const file = shown(path, cwd);
  found.files.push(path);
  if (extname(path) === ".wasm") {
    const hint = "Write a Composition that uses it, or look at it with `tenon inspect`, or run it with `tenon run`";
    found.remarks.push(
      makeError(
        "input",
        { file },
        { message: `Must be a manifest, a compose file or a .wac, not a component: ${file}`, hint },
      ),
    );
    return;
  }
  const text = await readText(path, file);
  if (typeof text !== "string") found.remarks.push(text);
  else if (extname(path) === ".wac") found.scripts.push({ file, path, text });
  else add(path, readManifests(text, { file, folder: basename(dirname(path)) }), found);
}

async function readText(path: string, file: string): Promise<string | Remark> {
  const read = await readBounded(path, maxText);
  if (!("bytes" in read))
    return makeError("input", { file }, { ...read, hint: read.hint.replace("; it is relative to the manifest", "") });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(read.bytes);
  } catch {
    return makeError(
      "input",
      { file },
      {
        message: `Cannot read the file, it is not UTF-8 text: ${file}`,
        hint: "Name a manifest, a compose file or a .wac",
      },
    );
  }
}

function add(path: string, manifests: Manifests, found: Collect): void {
  found.manifests.push({ directory: dirname(path), manifests });
  found.remarks.push(...manifests.findings.map(fromFinding));
}

async function readFolder(folder: string, cwd: string, found: Collect): Promise<void> {
  found.files.push(folder);
  const names = (await readdir(folder)).sort();
  const composeFiles: string[] = [];
  const before = found.manifests.length;
  for (const name of names.filter((one) => /\.ya?ml$/.test(one))) {
    const path = join(folder, name);
    const text = await readText(path, shown(path, cwd));
    if (typeof text !== "string") continue;
    if (/^(tenon-)?compose\.ya?ml$/.test(name)) composeFiles.push(path);
    // A cheap look first: a folder may be full of other people's YAML, some of it templates that are not YAML yet.
    if (!/^[ \t]*["']?apiVersion["']?[ \t]*:[ \t]*["']?tenon\.dev\//m.test(text)) continue;
    const { findings, ...manifests } = readManifests(text, { file: shown(path, cwd), folder: basename(folder) });
    found.files.push(path);
    add(path, { ...manifests, findings: findings.filter(({ severity }) => severity !== "note") }, found);
  }
  if (found.manifests.length > before) return;
  if (composeFiles.length > 0) return readOne(composeFiles[0]!, cwd, found);
  const scripts = names.filter((name) => name.endsWith(".wac"));
  if (scripts.length === 1) return readOne(join(folder, scripts[0]!), cwd, found);
  const hint =
    scripts.length > 1
      ? `Name one of: ${scripts.slice(0, 8).join(", ")}`
      : "Write a manifest, a compose.yaml or a .wac in it";
  const file = shown(folder, cwd);
  found.remarks.push(
    makeError("input", { file }, { message: `Cannot find a composition in the folder: ${file}`, hint }),
  );
}
