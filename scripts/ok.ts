/** Everything that a contributor must see green, in the order in which it fails fastest. `npm run ok`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { env, execPath, exit } from "node:process";

const root = join(import.meta.dirname, "..");
const steps: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ["layers", "scripts/check-layers.ts"],
  ["docs", "scripts/check-docs.ts"],
  ["generated", "scripts/generate.ts", "--check"],
  ["lint", "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
  ["types", "node_modules/typescript/bin/tsc", "--noEmit"],
  ["unit", "scripts/test.ts", "unit"],
];

let failed = 0;
for (const [name, script, ...args] of steps) {
  const started = performance.now();
  const { status } = spawnSync(execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...env, NODE_NO_WARNINGS: "1" },
  });
  if (status !== 0) failed++;
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
exit(failed === 0 ? 0 : 1);
