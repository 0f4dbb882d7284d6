import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package of which something is in an image. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The texts under which it may be passed on, with its copyright. */
  readonly notices: readonly string[];
}

/** The packages that files of `node_modules` belong to, each version once, in the order of their names. */
export function findPackages(files: Iterable<string>): readonly Package[] {
  const folders = new Set<string>();
  for (const file of files) {
    const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = new Map<string, Package>();
  for (const folder of folders) {
    const found = readPackage(folder);
    packages.set(`${found.name}@${found.version}`, found);
  }
  return [...packages.keys()].sort().map((key) => packages.get(key)!);
}

/** One text with the notices of all packages: their licenses ask that these go with what is made of them. */
export function makeNotices(packages: readonly Package[]): string {
  const line = "=".repeat(80);
  return packages
    .map(({ name, version, license, notices }) =>
      [line, `${name} ${version}: ${license}`, ...notices.map((text) => `\n${text.trim()}`), ""].join("\n"),
    )
    .join("\n");
}

function readPackage(folder: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  return {
    name,
    version,
    license: typeof license === "string" ? license : "see below",
    notices: files.map((file) => readFileSync(join(folder, file), "utf8")),
  };
}
