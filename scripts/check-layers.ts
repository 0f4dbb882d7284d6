/**
 * Checks that imports follow the data flow: each folder imports only what this table allows, the pure ones no I/O at all.
 * Prints every violation as `file:line` and exits 1 if there are any.
 */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { argv, exit } from "node:process";
import { sourceFiles } from "./files.ts";

/** The longest matching prefix of a file's path says what it may import; its own folder is always allowed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "api/": [],
  "wiring/": ["api/"],
  "composer/": ["wiring/", "runner/link/plan.ts"],
  "runner/link/": ["runner/abi/", "runner/host/host.ts", "runner/config.ts", "composer/", "runner/artifact.ts"],
  "runner/abi/": ["runner/link/plan.ts", "runner/host/host.ts"],
  "runner/host/": ["api/special-addresses.ts", "runner/config.ts", "runner/abi/", "runner/error.ts"],
  "runner/backends/": ["runner/config.ts", "runner/host/host.ts", "runner/error.ts"],
  "runner/": ["api/", "composer/"],
  "operator/local/": [
    "api/",
    "wiring/",
    "composer/",
    "runner/",
    "operator/compose/",
    "operator/desired/",
    "operator/digest.ts",
  ],
  "operator/kube/": ["api/", "operator/clock.ts", "operator/log.ts"],
  "operator/runtime/": ["operator/clock.ts", "operator/log.ts"],
  "operator/desired/": ["api/", "wiring/", "runner/config.ts", "operator/config.ts", "operator/kube/object.ts"],
  "operator/observe/": ["api/", "operator/kube/object.ts"],
  "operator/fetch/": [
    "api/",
    "wiring/",
    "composer/",
    "operator/",
    "runner/host/http/allow.ts",
    "runner/host/http/lookup.ts",
  ],
  "operator/compose/": [
    "api/",
    "wiring/",
    "composer/",
    "runner/artifact.ts",
    "runner/link/plan.ts",
    "runner/host/catalogue.ts",
    "operator/clock.ts",
    "operator/digest.ts",
  ],
  "operator/package/": [
    "runner/artifact.ts",
    "operator/clock.ts",
    "operator/log.ts",
    "operator/digest.ts",
    "operator/compose/artifact.ts",
  ],
  "operator/": ["api/", "wiring/", "composer/", "runner/artifact.ts", "runner/config.ts", "runner/link/plan.ts"],
  "cli/": ["operator/local/", "wiring/", "composer/", "api/", "runner/"],
  "scripts/": ["api/", "composer/", "guests/", "cli/", "test/support/"],
  "scripts/docs/": ["api/", "wiring/diagnostic.ts", "runner/host/catalogue.ts"],
  "bench/": ["api/", "wiring/", "composer/", "runner/", "operator/", "guests/", "scripts/", "test/"],
  "guests/": ["scripts/"],
};
/** No I/O, no clock, no chance: everything they need is an argument. */
const pure = ["api/", "wiring/", "operator/desired/", "operator/observe/"];
const impure =
  /\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandom[A-Z]\w*\(|\bset(Timeout|Interval|Immediate)\b|\bfetch\(/;
/** Modules without I/O that they may import: of `node:crypto` the digests, as `impure` has its chance. */
const harmless = ["yaml", "node:crypto"];

/** Only these may import the Kubernetes client; its errors are translated there. */
const clientImporters = "operator/kube/";

const root = resolve(import.meta.dirname, "..");
const problems: string[] = [];
for (const file of sourceFiles(root, Object.keys(allowed))) {
  const layer = Object.keys(allowed)
    .filter((prefix) => file.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0]!;
  const text = readFileSync(resolve(root, file), "utf8");
  const isPure = pure.some((prefix) => file.startsWith(prefix));
  text.split("\n").forEach((line, index) => {
    const at = `${file}:${index + 1}`;
    const specifier = /^\s*(?:import|export)\b.*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\("([^"]+)"\)/
      .exec(line)
      ?.slice(1)
      .find((x) => x !== undefined);
    if (specifier?.startsWith(".")) {
      const target = relative(root, resolve(root, dirname(file), specifier));
      const fits = [layer, ...allowed[layer]!].some((prefix) => target.startsWith(prefix));
      if (!fits) problems.push(`${at}: ${layer} may not import ${target}`);
    } else if (specifier !== undefined && isPure && !harmless.includes(specifier)) {
      problems.push(`${at}: ${layer} is pure and may not import ${specifier}`);
    }
    if (specifier?.startsWith("@kubernetes/") && !file.startsWith(clientImporters))
      problems.push(`${at}: only ${clientImporters} may import ${specifier}`);
    if (isPure && impure.test(line) && !/^\s*(\*|\/\/)/.test(line))
      problems.push(`${at}: ${layer} is pure: ${line.trim()}`);
  });
}
for (const problem of problems) console.error(problem);
if (argv.includes("-v") || problems.length > 0) console.error(`${problems.length} imports against the layers`);
exit(problems.length === 0 ? 0 : 1);
