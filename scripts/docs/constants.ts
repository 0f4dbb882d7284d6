/** A constant of `api/conditions.ts` with its doc comment. */
export interface Documented {
  readonly name: string;
  readonly text: string;
}

/**
 * The members of one `export const NAME = { … } as const` of a source, with their doc comments. A member without a comment is
 * left out; spreads are not followed.
 */
export function documentedMembers(source: string, constant: string): readonly Documented[] {
  const start = source.indexOf(`export const ${constant} = {`);
  const body = source.slice(start, source.indexOf("} as const", start));
  return [...body.matchAll(/\/\*\* (.*?) \*\/\n\s*(\w+):/g)].map(([, text = "", name = ""]) => ({ name, text }));
}

/** Constants as a table of Markdown. */
export function renderConstants(title: string, constants: readonly Documented[]): string {
  const rows = constants.map(({ name, text }) => `| \`${name}\` | ${text} |`);
  return [`| ${title} | meaning |`, "| --- | --- |", ...rows].join("\n");
}
