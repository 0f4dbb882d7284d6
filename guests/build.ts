/**
 * `npm run guests [--force] [NAME…]`: builds the guests whose sources changed since they were built, or all that are named.
 * It goes on where a tool is missing, says which and how to get it, and then exits 1.
 */
import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { argv, exit, stderr } from "node:process";
import { parseArgs } from "node:util";
import { GuestError } from "./error.ts";
import { build, isFresh, recipeOf } from "./guest.ts";
import { root } from "./paths.ts";
import { recipes } from "./recipes.ts";

/** Builds these guests one after the other; true where all of them are at hand afterwards. */
export async function buildGuests(names: readonly string[], options: { readonly force: boolean }): Promise<boolean> {
  let allBuilt = true;
  for (const name of names) {
    const recipe = recipeOf(name);
    if (!options.force && (await isFresh(recipe))) {
      stderr.write(`${name}: up to date\n`);
      continue;
    }
    const started = performance.now();
    try {
      const path = await build(recipe);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      stderr.write(`${name}: ${(await stat(path)).size} bytes in ${seconds} s, ${relative(root, path)}\n`);
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      stderr.write(`${name}: ${error.message}\n`);
      allBuilt = false;
    }
  }
  return allBuilt;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: argv.slice(2),
    options: { force: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : recipes.map(({ name }) => name);
  try {
    if (!(await buildGuests(names, values))) exit(1);
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    stderr.write(`${error.message}\n`);
    exit(2);
  }
}
