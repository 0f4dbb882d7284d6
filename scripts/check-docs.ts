/**
 * Checks that every export of a source file has a doc comment, that links between the pages resolve, and with `-v` lists
 * the sizes that are a smell (files over 250 lines) without failing.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, exit } from "node:process";
import { sourceFiles } from "./files.ts";

const root = join(import.meta.dirname, "..");
const documented = ["api/", "wiring/", "composer/", "runner/", "operator/", "cli/"];
const declaration = /^export (?:async |abstract |declare )*(?:function\*?|class|interface|type|const|let) ([\w$]+)/;

const problems: string[] = [];
for (const file of sourceFiles(root, documented)) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  lines.forEach((line, index) => {
    const name = declaration.exec(line)?.[1];
    if (name !== undefined && !isDocumented(lines, index))
      problems.push(`${file}:${index + 1}: \`${name}\` has no doc comment`);
  });
  if (argv.includes("-v") && lines.length > 250) console.log(`${file}: ${lines.length} lines`);
}
for (const page of [...globSync("*.md", { cwd: root }), ...globSync("{docs,examples}/**/*.md", { cwd: root })]) {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)) {
    if (!existsSync(join(root, dirname(page), target!))) problems.push(`${page}: the link to ${target} leads nowhere`);
  }
}
for (const problem of problems) console.error(problem);
exit(problems.length === 0 ? 0 : 1);

/** True where the line above (past decorations of the linter, and overloads) ends a doc comment. */
function isDocumented(lines: readonly string[], index: number): boolean {
  let above = index - 1;
  while (/^\s*\/\/ (biome-ignore|@ts-)/.test(lines[above] ?? "")) above--;
  if (/^export (async )?function/.test(lines[above] ?? "")) return true;
  return (lines[above] ?? "").trimEnd().endsWith("*/");
}
