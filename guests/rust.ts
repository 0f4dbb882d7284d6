import { copyFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { cache, root } from "./paths.ts";
import type { Job } from "./recipe.ts";
import { run } from "./run.ts";

/** A crate for wasm32-wasip2, which is a component as cargo builds it. */
export interface Crate {
  /** The folder of its workspace, relative to the repository. */
  readonly folder: string;
  readonly crate: string;
  readonly profile?: string;
}

/** Builds a crate. The paths of this machine are kept out of the messages of its panics. */
export async function buildCrate({ folder, crate, profile = "release" }: Crate, { out }: Job): Promise<void> {
  const target = join(cache, "cargo");
  const registry = join(env["CARGO_HOME"] ?? join(homedir(), ".cargo"), "registry/src");
  const flags = [`--remap-path-prefix=${registry}=/cargo`, `--remap-path-prefix=${root}=/tenon`];
  await run("cargo", ["build", "--locked", "--target", "wasm32-wasip2", "--profile", profile, "-p", crate], {
    cwd: join(root, folder),
    env: { CARGO_TARGET_DIR: target, CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") },
  });
  await copyFile(join(target, "wasm32-wasip2", profile, `${crate.replaceAll("-", "_")}.wasm`), out);
}
