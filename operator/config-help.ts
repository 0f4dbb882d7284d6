import { type Flag, flags, variableOf } from "./config-flags.ts";

/** The text of `--help`. */
export function renderHelp(): string {
  const rows = entries().map(([name, flag]) => [`  --${name}=${flag.value}`, help(flag)] as const);
  const others = [
    ["  -h, --help", "Print this"],
    ["  --version", "Print the version"],
  ] as const;
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    "Usage: node bin/node.js operator/main.ts FLAGS",
    "",
    "Turns Component and Composition resources into running pods. Each flag may also be set by an environment variable:",
    `--lease-name by ${variableOf("lease-name")}. A flag goes before its variable. Lists are written with commas.`,
    "",
    ...[...rows, ...others].map(([left, right]) => `${left.padEnd(width)}${right}`),
  ].join("\n");
}

/** The same as a table of Markdown, for docs/operator-configuration.md. */
export function renderTable(): string {
  const rows = entries().map(([name, flag]) => {
    const value = flag.value.replaceAll("|", "\\|");
    return `| \`--${name}=${value}\` | \`${variableOf(name)}\` | ${cell(defaultOf(flag))} | ${flag.help}. |`;
  });
  return ["| flag | variable | default | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function help(flag: Flag): string {
  const value = defaultOf(flag);
  if (flag.fallback === undefined) return `${flag.help} (must be given)`;
  return value === undefined || value === "" ? flag.help : `${flag.help} (${value})`;
}

function cell(value: string | undefined): string {
  if (value === undefined) return "must be given";
  return value === "" ? "" : `\`${value}\``;
}

/** Undefined where it has to be given; empty where there is none, or it is the machine's. */
function defaultOf({ fallback }: Flag): string | undefined {
  return typeof fallback === "function" ? "" : fallback;
}

function entries(): readonly [string, Flag][] {
  return Object.entries(flags);
}
