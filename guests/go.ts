import { join } from "node:path";
import { root } from "./paths.ts";
import type { Job } from "./recipe.ts";
import { run } from "./run.ts";
import { jco, runWithDisk } from "./tools.ts";

/** A Go program with the bindings of `wit-bindgen go`; folders are relative to the repository. */
export interface GoProgram {
  readonly folder: string;
  readonly wit: string;
  readonly world: string;
}

/** Builds a Go program: the stock compiler for wasip1, then the world's type and the adapter from WASI 0.1 to 0.2. */
export async function buildGo({ folder, wit, world }: GoProgram, { out, work }: Job): Promise<void> {
  const core = join(work, "core.wasm");
  const typed = join(work, "typed.wasm");
  await run("go", ["build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o", core, "."], {
    cwd: join(root, folder),
    env: { GOOS: "wasip1", GOARCH: "wasm", GOFLAGS: "-mod=mod", GOWORK: "off" },
  });
  await runWithDisk("embed.js", [join(root, wit), world, core, typed]);
  await jco(["new", typed, "--wasi-reactor", "-o", out]);
}
