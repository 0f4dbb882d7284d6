/** The URL of a program next to the module `from`: TypeScript in a checkout, JavaScript in the published package. */
export function sibling(from: string, name: string): URL {
  return new URL(`./${name}${from.endsWith(".ts") ? ".ts" : ".js"}`, from);
}
