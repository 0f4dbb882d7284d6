/** `prepack`: builds `dist/`, the JavaScript and `.d.ts` that a published package holds. */
import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execPath, exit } from "node:process";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: ["ignore", 2, 2],
});
if (status !== 0) exit(status ?? 1);
// What the compiler does not copy: the engine and its glue, and other data beside the sources.
for (const file of globSync(["composer/composer.wasm", "composer/generated/**/*.{js,ts}", "runner/**/*.wasm"], {
  cwd: root,
})) {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  copyFileSync(join(root, file), join(dist, file));
}

// The runner's two processes start from one file each: a hundred small ones take longer to find than to run.
for (const entry of ["main", "worker"]) {
  const file = join(dist, "runner", `${entry}.js`);
  const bundle = await rolldown({ input: file, platform: "node", external: [/^node:/, /^[a-z@]/], logLevel: "warn" });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  writeFileSync(file, output[0].code);
}
