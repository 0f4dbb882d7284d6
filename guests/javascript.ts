import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { root } from "./paths.ts";
import type { Job } from "./recipe.ts";
import { jco } from "./tools.ts";

/** JavaScript modules beside each other; paths are relative to the repository. */
export interface Script {
  readonly folder: string;
  /** The module that exports the world. */
  readonly entry: string;
  readonly wit: string;
  /** A folder of further WIT packages that the world needs. */
  readonly packages?: string;
  readonly world: string;
}

/** Builds a script into StarlingMonkey: SpiderMonkey, 12 MB, with all of its own WASI imports off. */
export async function buildStarlingMonkey(script: Script, { out, work }: Job): Promise<void> {
  await lay(script, work);
  await jco(
    ["componentize", join(work, script.entry), "-w", join(work, "wit"), "-n", script.world, "-d", "all", "-o", out],
    { disk: true },
  );
}

/**
 * Builds a script into QuickJS, 1.7 MB.
 *
 * The engine's own WASI imports are replaced by stubs that trap, so that the script reaches nothing but its world. The
 * tool (componentize-qjs 0.4) takes every `wasi:` import for the engine's, and fails on wasi:http. So the script's world is
 * built under names that it does not know, of the same length, and these are put right in the component. The version is
 * another one than the stubs', because the names are imported side by side.
 */
export async function buildQuickJS(script: Script, { out, work }: Job): Promise<void> {
  await lay(script, work);
  for (const name of await readdir(work, { recursive: true })) {
    if (![".js", ".wit"].includes(extname(name))) continue;
    const text = await readFile(join(work, name), "utf8");
    await writeFile(join(work, name), text.replaceAll(standard, hidden).replaceAll("@0.2.12", "@0.2.11"));
  }
  const made = join(work, "made.wasm");
  const options = ["--backend", "qjs", "--backend-qjs-disable-async", "--backend-qjs-stub-wasi"];
  const world = ["-w", join(work, "wit"), "-n", script.world];
  await jco(["componentize", join(work, script.entry), ...world, ...options, "-o", made]);
  const text = (await readFile(made)).toString("latin1");
  await writeFile(out, Buffer.from(text.replaceAll(renamed, "wasi:$1/"), "latin1"));
}

/** The packages of WASI that the host serves; `wasi:keyvalue` is one of the composition's own here. */
const standard = /wasi:(?=(?:cli|clocks|filesystem|http|io|random|sockets)\b)/g;
const hidden = "waxi:";
const renamed = /waxi:([a-z]+)\//g;

async function lay({ folder, wit, packages }: Script, work: string): Promise<void> {
  await cp(join(root, folder), work, { recursive: true });
  await cp(join(root, wit), join(work, "wit"), { recursive: true });
  if (packages !== undefined) await cp(join(root, packages), join(work, "wit/deps"), { recursive: true });
}
