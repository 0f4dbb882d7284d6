import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Remark } from "../../operator/local/remark.ts";
import { severityColours, tell } from "../../wiring/text.ts";
import type { Style } from "../terminal.ts";
import { count, printable } from "../text.ts";

const maxLine = 120;

/**
 * Remarks for people, in the form that compilers made familiar: what is wrong, where, the line itself with a mark below, what
 * was expected and found, and what to do.
 */
export function renderRemarks(
  remarks: readonly Remark[],
  { style, cwd }: { readonly style: Style; readonly cwd: string },
): string {
  const texts = new Map<string, readonly string[]>();
  const lineOf = (file: string, line: number): string | undefined => {
    if (!texts.has(file)) texts.set(file, readLines(resolve(cwd, file)));
    return texts.get(file)![line - 1];
  };
  return remarks.map((remark) => renderRemark(remark, style, lineOf)).join("\n");
}

function renderRemark(
  remark: Remark,
  style: Style,
  lineOf: (file: string, line: number) => string | undefined,
): string {
  const { code, place } = remark;
  const indent = Math.max(String(place.line ?? 0).length, 2);
  const told = {
    ...remark,
    code: code === "manifest" || code === "input" || code === "local" ? undefined : code,
    at: place.line === undefined ? place.file : `${place.file}:${place.line}:${place.column}`,
    path: place.path,
  };
  return tell(told, { style, indent, excerpt: frame(remark, { gutter: " ".repeat(indent), style, lineOf }) });
}

interface FrameContext {
  readonly gutter: string;
  readonly style: Style;
  readonly lineOf: (file: string, line: number) => string | undefined;
}

/** The line of the file, with a mark below the place. */
function frame({ place, severity }: Remark, { gutter, style, lineOf }: FrameContext): string[] {
  if (place.line === undefined || place.column === undefined) return [];
  const line = lineOf(place.file, place.line);
  if (line === undefined || place.column > maxLine) return [];
  const number = String(place.line).padStart(gutter.length);
  const shown = line.length > maxLine ? `${line.slice(0, maxLine)}…` : line;
  return [
    `${style("dim", `${number}│`)}  ${printable(shown.replaceAll("\t", " "))}`,
    `${gutter}${style("dim", "│")}  ${" ".repeat(place.column - 1)}${style(severityColours[severity], "▲")}`,
  ];
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/);
  } catch {
    return [];
  }
}

/** `2 errors, 1 warning`; the empty text where there is nothing but notes. */
export function summarize(remarks: readonly Remark[]): string {
  const of = (severity: Remark["severity"]) => remarks.filter((remark) => remark.severity === severity).length;
  return [
    [of("error"), "error"],
    [of("warning"), "warning"],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, noun]) => count(number as number, noun as string))
    .join(", ");
}
