/**
 * Writes what is generated from the sources and committed: `crds/*.yaml`, the same for the chart, and the reference parts of
 * `docs/*.md`. With `--check` it writes nothing and exits 1 when a file is not what it would write.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { argv, exit } from "node:process";
import { stringify } from "yaml";
import { makeCustomResourceDefinitions } from "../api/crd.ts";
import { generatedPages } from "./docs/pages.ts";

const root = resolve(import.meta.dirname, "..");
/** Helm can only read what is inside of a chart. */
const folders = [join(root, "crds"), join(root, "charts/tenon/files/crds")];
const header = "# Generated from api/ by `npm run generate`: change the schema there, not this file.\n";

const wanted = new Map<string, string>();
for (const definition of makeCustomResourceDefinitions()) {
  const { name } = definition["metadata"] as { name: string };
  // kubectl reads YAML 1.1, where a bare `Off` or `yes` is a boolean: version 1.1 quotes these.
  const text = header + stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
  for (const folder of folders) wanted.set(join(folder, `${name}.yaml`), text);
}
for (const [file, text] of generatedPages(root)) wanted.set(file, text);

function current(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

for (const folder of folders) mkdirSync(folder, { recursive: true });
const stale = [...wanted].filter(([file, text]) => current(file) !== text).map(([file]) => file);
const extra = folders
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => !wanted.has(file));

if (argv.includes("--check")) {
  for (const file of stale) console.error(`${relative(root, file)} is not what the sources say: run npm run generate`);
  for (const file of extra) console.error(`${relative(root, file)} is not generated any more: run npm run generate`);
  exit(stale.length + extra.length === 0 ? 0 : 1);
}
for (const file of stale) writeFileSync(file, wanted.get(file)!);
for (const file of extra) rmSync(file);
const changed = [...stale, ...extra].map((file) => relative(root, file));
console.log(changed.length === 0 ? "Nothing to change" : `Changed ${changed.join(", ")}`);
