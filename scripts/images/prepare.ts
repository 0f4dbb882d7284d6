import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { makeBundle } from "./bundle.ts";
import { findPackages, makeNotices, type Package } from "./packages.ts";
import type { Program } from "./programs.ts";

/** What an image holds beside its base. */
export interface Prepared {
  readonly packages: readonly Package[];
  readonly bytes: number;
}

/** Where a program is read from and written to, and the time of all of its files (seconds since 1970). */
export interface PrepareOptions {
  readonly root: string;
  readonly folder: string;
  readonly epoch: number;
}

/**
 * Writes a program into a folder that is emptied before: one file for each of its entries, its data, the notices of the
 * packages in it. Nothing else is needed at run time but Node, on any processor. The same sources give the same bytes.
 */
export async function prepare(program: Program, { root, folder, epoch }: PrepareOptions): Promise<Prepared> {
  rmSync(folder, { recursive: true, force: true });
  const files = new Set<string>();
  for (const entry of program.entries) {
    const { code, packageFiles } = await makeBundle(root, entry);
    write(folder, entry.replace(/\.ts$/, ".js"), code);
    for (const file of packageFiles) files.add(file);
  }
  for (const file of program.data) copyFileSync(join(root, file), placeFor(folder, file));
  const packages = findPackages(files);
  const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  write(folder, "package.json", `${JSON.stringify({ name, version, license, type: "module" })}\n`);
  copyFileSync(join(root, "LICENSE"), placeFor(folder, "LICENSE"));
  write(folder, "NOTICES", makeNotices(packages));
  return { packages, bytes: settle(folder, epoch) };
}

function write(folder: string, file: string, text: string): void {
  writeFileSync(placeFor(folder, file), text);
}

function placeFor(folder: string, file: string): string {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** Gives all files the same time, and modes that the machine's umask has no part in; returns their bytes. */
function settle(folder: string, epoch: number): number {
  let bytes = 0;
  for (const path of [...globSync("**/*", { cwd: folder }).map((file) => join(folder, file)), folder]) {
    const stat = statSync(path);
    if (stat.isFile()) bytes += stat.size;
    chmodSync(path, stat.isFile() ? 0o644 : 0o755);
    utimesSync(path, epoch, epoch);
  }
  return bytes;
}
