import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./paths.ts";
import type { Tool } from "./tools.ts";

/** How one guest is made. */
export interface Recipe {
  readonly name: string;
  /** Where the component lies in the repository; without it, it is kept in the cache as it is too large for git. */
  readonly committed?: string;
  readonly needs: readonly Tool[];
  /** Files and folders that it is made from, relative to the repository. */
  readonly sources: readonly string[];
  /** What else it depends on: the version of a tool whose output is not committed. */
  readonly salt?: string;
  /** Writes the component to `out`. `work` is an empty folder of this build's own. */
  readonly build: (job: Job) => Promise<void>;
}

/** Absolute paths of one build. */
export interface Job {
  readonly out: string;
  readonly work: string;
}

/** The sha256 of a recipe's sources, their paths included: the same in every working tree. */
export async function digestOf(recipe: Recipe): Promise<string> {
  const hash = createHash("sha256").update(recipe.salt ?? "");
  for (const path of await filesOf(recipe.sources)) {
    const bytes = await readFile(join(root, path));
    hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

const ignored = new Set(["target", "node_modules", "__pycache__", ".gitignore", "README.md"]);

async function filesOf(sources: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const source of sources) {
    const entries = await readdir(join(root, source), { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) files.push(source);
    else {
      const inside = entries.filter(({ name }) => !ignored.has(name)).map(({ name }) => `${source}/${name}`);
      files.push(...(await filesOf(inside)));
    }
  }
  return files.sort();
}
