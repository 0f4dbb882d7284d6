import { access, cp } from "node:fs/promises";
import { join } from "node:path";
import { cache, root } from "./paths.ts";
import type { Job } from "./recipe.ts";
import { run } from "./run.ts";

/** The version of componentize-py that guests are built with. */
export const componentizePy = "componentize-py==0.25.1";

/** A Python module; folders are relative to the repository. */
export interface PythonModule {
  readonly folder: string;
  readonly module: string;
  readonly wit: string;
  readonly world: string;
}

/** Builds a Python module with CPython inside, 18 MB; its own WASI imports are replaced by stubs. */
export async function buildPython({ folder, module, wit, world }: PythonModule, { out, work }: Job): Promise<void> {
  const tool = await installed();
  // Python leaves compiled files beside what it reads.
  await cp(join(root, folder), work, { recursive: true });
  const args = ["-d", join(root, wit), "-w", world, "componentize", "--stub-wasi", module, "-o", out];
  await run(tool, args, { cwd: work });
}

/** componentize-py in a virtual environment of this repository's own. */
async function installed(): Promise<string> {
  const environment = join(cache, "python");
  const tool = join(environment, "bin/componentize-py");
  const isThere = await access(tool).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await run("python3", ["-m", "venv", environment]);
    await run(join(environment, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", componentizePy]);
  }
  return tool;
}
