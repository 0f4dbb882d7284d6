/** A finding with where it is: what `tenon check` shows and what the admission webhook answers. */
export interface Told {
  readonly severity: "error" | "warning" | "note";
  /** A diagnostic's code; left out where it would say nothing. */
  readonly code?: string | undefined;
  readonly message: string;
  /** A file with its line, or an object of a cluster. */
  readonly at: string;
  /** `spec.connections[2].from` */
  readonly path?: string | undefined;
  readonly interface?: string | undefined;
  readonly item?: string | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly hint?: string | undefined;
}

type Colour = "red" | "yellow" | "cyan" | "green" | "bold" | "dim";

/** How a finding is written. */
export interface TellOptions {
  /** Puts a colour around text; none where it is left out. */
  readonly style?: (format: Colour | Colour[], text: string) => string;
  /** Columns before the frame; 2 where it is left out. */
  readonly indent?: number;
  /** Lines between the place and the facts: the line of the file, with a mark below. */
  readonly excerpt?: readonly string[];
}

/** The colour of each severity. */
export const severityColours = { error: "red", warning: "yellow", note: "cyan" } as const;

/**
 * A finding for people, in the form that compilers made familiar: what is wrong, where, what was expected and found, and what
 * to do. Ends with a newline. Nothing that comes from others can move a cursor in it.
 */
export function tell(told: Told, { style = plain, indent = 2, excerpt = [] }: TellOptions = {}): string {
  const { severity, code, message, at, path, hint } = told;
  const label = code === undefined ? severity : `${severity}[${code}]`;
  const gutter = " ".repeat(indent);
  const lines = [
    `${style([severityColours[severity], "bold"], label)}${style("bold", `: ${printable(message)}`)}`,
    `${gutter}${style("dim", "╭─")} ${printable(at)}${path === undefined ? "" : style("dim", `  ${printable(path)}`)}`,
    ...excerpt,
    ...factsOf(told).map(([name, value]) => `${gutter}${style("dim", `│  ${name.padEnd(8)}`)}  ${printable(value)}`),
  ];
  if (hint !== undefined) lines.push(`${gutter}${style("dim", "╰─")} ${style("green", "hint")} ${printable(hint)}`);
  return `${lines.join("\n")}\n`;
}

/** Text of other people's binaries and files: nothing in it may move a cursor or hide what follows. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** `t:i/x#f(a)` in an interface; `log(text)`, `log->` for a plain function. */
export function placeOf(name: string, item: string): string {
  return `${name}${/^[\w[]/.test(item) ? "#" : ""}${item}`;
}

function factsOf({ interface: name = "", item, expected, found }: Told): [string, string][] {
  const facts: [string, string][] = [];
  if (item !== undefined) facts.push(["at", placeOf(name, item)]);
  if (expected !== undefined) facts.push(["expected", expected]);
  if (found !== undefined) facts.push(["found", found]);
  return facts;
}

function plain(_: unknown, text: string): string {
  return text;
}
