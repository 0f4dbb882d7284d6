import { join } from "node:path";
import { root } from "./paths.ts";
import type { Job } from "./recipe.ts";
import { run } from "./run.ts";
import { jco } from "./tools.ts";

/** Builds C files, with the bindings and the type object that `wit-bindgen c` made of their world. */
export async function buildC(files: readonly string[], { out, work }: Job): Promise<void> {
  const core = join(work, "core.wasm");
  const target = ["--target=wasm32-wasi", "--sysroot=/usr", "-I/usr/include/wasm32-wasi", "-mexec-model=reactor"];
  const sources = files.map((file) => join(root, file));
  await run("clang", [...target, "-Os", "-Wall", "-Wextra", "-Wl,--strip-debug", "-o", core, ...sources]);
  await jco(["new", core, "-o", out]);
}
