/** `prepack`: builds `dist/`, the JavaScript and `.d.ts` that a published package holds. */
import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

// A program starts from one file: a hundred small ones take longer to find than to run.
for (const entry of ["main", "worker"]) await bundle(`runner/${entry}.js`, [/^[a-z@]/]);
// Of the Kubernetes client the operator uses a kubeconfig's reader: the other 1,300 modules would be its largest part. What
// finds files beside itself stays where it is.
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const others = Object.keys(dependencies).filter((name) => name !== "@kubernetes/client-node");
await bundle("operator/main.js", [new RegExp(`^(${others.join("|")})(/|$)`), /^[./]+\/composer\//, /\/engine\.js$/]);

/** Puts a program of `dist/` and what it imports into one file, but for these. */
async function bundle(entry: string, external: RegExp[]): Promise<void> {
  const file = join(dist, entry);
  const made = await rolldown({
    input: file,
    platform: "node",
    external: [/^node:/, ...external],
    treeshake: { moduleSideEffects: (id) => !id.includes("/@kubernetes/client-node/") },
    logLevel: "warn",
  });
  const { output } = await made.generate({ format: "esm", codeSplitting: false });
  writeFileSync(file, output[0].code);
}
