/**
 * Proves that what is committed of the composer comes from its sources: builds `composer.wasm` again where Rust is at hand,
 * and the glue around it everywhere, and compares byte for byte.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exit } from "node:process";
import { buildComponent, buildGlue, GLUE, whyNotBuildable } from "./build-composer.ts";

const committed = resolve(import.meta.dirname, "../composer");
const scratch = mkdtempSync(join(tmpdir(), "verify-"));
const different: string[] = [];

function compare(file: string, built: string): void {
  const same = readFileSync(join(committed, file)).equals(readFileSync(built));
  console.log(`${same ? "ok     " : "DIFFERS"} composer/${file}`);
  if (!same) different.push(file);
}

try {
  buildGlue(join(committed, "composer.wasm"), scratch);
  for (const file of GLUE) compare(join("generated", file), join(scratch, file));
  const why = whyNotBuildable();
  if (why === undefined) {
    buildComponent(join(scratch, "composer.wasm"));
    compare("composer.wasm", join(scratch, "composer.wasm"));
  } else {
    console.log(`skipped composer/composer.wasm: not built again, ${why}`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
if (different.length > 0) console.error("Run `node bin/node.js scripts/build-composer.ts` and commit what it writes.");
exit(different.length === 0 ? 0 : 1);
