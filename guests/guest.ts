import { randomUUID } from "node:crypto";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GuestError } from "./error.ts";
import { cache, root } from "./paths.ts";
import { digestOf, type Recipe } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import { lacksTool } from "./tools.ts";

/**
 * The path of a guest's component: the committed one as it is, or one from the cache, which is built first where its sources
 * changed or nobody built it yet. A GuestError says which tool that needs and how to get it.
 */
export async function guest(name: string): Promise<string> {
  const recipe = recipeOf(name);
  if (recipe.committed !== undefined) return join(root, recipe.committed);
  const path = await cachedPath(recipe);
  if (!(await exists(path))) await build(recipe);
  return path;
}

/** What is missing to have this guest, for a test to be skipped with; undefined where it can be had. */
export async function lacks(name: string): Promise<string | undefined> {
  const recipe = recipeOf(name);
  if (recipe.committed !== undefined || (await exists(await cachedPath(recipe)))) return undefined;
  const missing = await Promise.all(recipe.needs.map(lacksTool));
  const said = missing.filter((one) => one !== undefined);
  return said.length === 0 ? undefined : said.join("; ");
}

/** Whether the component is at hand and made from the sources as they are. */
export async function isFresh(recipe: Recipe): Promise<boolean> {
  if (recipe.committed === undefined) return await exists(await cachedPath(recipe));
  const recorded = await readDigests();
  return recorded[recipe.name] === (await digestOf(recipe)) && (await exists(join(root, recipe.committed)));
}

/** Builds a guest from its sources, and puts it in its place only when it is whole. */
export async function build(recipe: Recipe): Promise<string> {
  const missing = (await Promise.all(recipe.needs.map(lacksTool))).filter((one) => one !== undefined);
  if (missing.length > 0) {
    throw new GuestError("missing-tool", `Cannot build the guest "${recipe.name}", install ${missing.join("; ")}`);
  }
  const digest = await digestOf(recipe);
  const path = recipe.committed === undefined ? await cachedPath(recipe) : join(root, recipe.committed);
  const work = join(cache, "work", randomUUID());
  await mkdir(work, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  try {
    const out = join(work, "out.wasm");
    await recipe.build({ out, work });
    // Two test processes may build the same guest: each renames a whole file.
    await rename(out, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  if (recipe.committed !== undefined) await recordDigest(recipe.name, digest);
  return path;
}

/** The recipe of a name; a GuestError lists the names where there is none. */
export function recipeOf(name: string): Recipe {
  const found = recipes.find((recipe) => recipe.name === name);
  if (found !== undefined) return found;
  const names = recipes.map((recipe) => recipe.name).join(", ");
  throw new GuestError("unknown-guest", `Cannot find the guest "${name}": there are ${names}`);
}

const digests = join(root, "guests/built/digests.json");

async function readDigests(): Promise<Readonly<Record<string, string>>> {
  return JSON.parse(await readFile(digests, "utf8").catch(() => "{}"));
}

async function recordDigest(name: string, digest: string): Promise<void> {
  const recorded = { ...(await readDigests()), [name]: digest };
  const sorted = Object.fromEntries(Object.entries(recorded).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(digests, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

async function cachedPath(recipe: Recipe): Promise<string> {
  return join(cache, `${recipe.name}-${(await digestOf(recipe)).slice(0, 16)}.wasm`);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
