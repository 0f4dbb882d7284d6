import { globSync } from "node:fs";

/** The TypeScript sources below some folders, relative to the root, sorted; build outputs and generated files are left out. */
export function sourceFiles(root: string, folders: readonly string[]): string[] {
  const found = new Set<string>();
  for (const folder of folders) {
    for (const file of globSync(`${folder}**/*.ts`, { cwd: root })) {
      if (!/(^|\/)(generated|target|node_modules|gen|\.cache|dist)\//.test(file) && !file.endsWith(".d.ts"))
        found.add(file);
    }
  }
  return [...found].sort();
}
