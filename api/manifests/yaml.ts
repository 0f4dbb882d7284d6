import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from "yaml";
import { formatPath, joinPath, parsePath } from "../path.ts";
import type { Finding, Locate, Place } from "./finding.ts";

/** One YAML document as plain data, and where each of its fields is. */
export interface YamlDocument {
  readonly data: unknown;
  readonly locate: Locate;
}

/** What a YAML text holds. A document with a mistake in it is not among `documents`. */
export interface YamlText {
  readonly documents: readonly YamlDocument[];
  readonly findings: readonly Finding[];
}

/** Characters of one document. */
export const maxDocument = 1024 * 1024;
/** Characters of a whole file. */
export const maxText = 16 * maxDocument;
/** How often anchors may be repeated, nested repetitions multiplied: enough for people, too little for a bomb. */
const maxAliases = 100;
const maxDepth = 64;
/** More mistakes in one document than this help nobody. */
const maxFindings = 20;

/** Reads the documents of a YAML text (YAML 1.2). It says every mistake with its place and never throws. */
export function readYaml(text: string, file: string): YamlText {
  const tooLarge = findTooLarge(text);
  if (tooLarge !== undefined) {
    return {
      documents: [],
      findings: [{ severity: "error", ...tooLarge.what, place: { file, line: tooLarge.line, column: 1 } }],
    };
  }
  const lines = new LineCounter();
  // Its own check of duplicate keys takes the square of their number: ours is in `findMistakes`.
  const parsed = attempt(() => parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false }));
  if (parsed === undefined || !Array.isArray(parsed)) {
    const findings: Finding[] = parsed === undefined ? [tooDeep(file)] : [];
    return { documents: [], findings };
  }
  const documents: YamlDocument[] = [];
  const findings: Finding[] = [];
  for (const document of parsed as Document.Parsed[]) {
    const read = attempt(() => readDocument(document, lines, file)) ?? { findings: [tooDeep(file)] };
    findings.push(...read.findings);
    if (read.document !== undefined) documents.push(read.document);
  }
  return { documents, findings };
}

function findTooLarge(text: string): { line: number; what: { message: string; hint: string } } | undefined {
  const hint = "Split it, or check that this is the right file";
  if (text.length > maxText) {
    return { line: 1, what: { message: `Cannot read more than ${maxText} characters: ${text.length}`, hint } };
  }
  if (text.length <= maxDocument) return undefined;
  let start = 0;
  // A line that starts with --- ends a document wherever it stands, in a block of text too.
  for (const { index } of [...text.matchAll(/^---/gm), { index: text.length }]) {
    if (index - start > maxDocument) {
      const line = text.slice(0, start).split("\n").length;
      return {
        line,
        what: { message: `Cannot read a document of more than ${maxDocument} characters: ${index - start}`, hint },
      };
    }
    start = index;
  }
  return undefined;
}

/** The result, or undefined when the stack was too small: the parser recurses. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function tooDeep(file: string): Finding {
  const message = `Cannot read a document that is nested deeper than ${maxDepth} levels`;
  return { severity: "error", message, place: { file, line: 1, column: 1 } };
}

function readDocument(
  document: Document.Parsed,
  lines: LineCounter,
  file: string,
): { document?: YamlDocument; findings: Finding[] } {
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const findings: Finding[] = [];
  const report: Report = (message, offset, path = "") => {
    if (findings.length >= maxFindings) return;
    findings.push({ severity: "error", message, place: { ...at(offset), ...(path === "" ? {} : { path }) } });
  };
  // The parser catches its own stack overflow and reports it as a mistake of the text.
  if (document.errors.some(({ message }) => /call stack|stack overflow/i.test(message)))
    return { findings: [tooDeep(file)] };
  for (const { message, pos } of document.errors) report(asSentence(message), pos[0]);
  if (findings.length === 0) findMistakes(document.contents, report);
  if (findings.length > 0) return { findings };
  const locate = locator(document, at);
  try {
    return { document: { data: document.toJS({ maxAliasCount: maxAliases }), locate }, findings };
  } catch {
    const message = `Cannot repeat anchors more than ${maxAliases} times, or one that is not defined before`;
    return { findings: [{ severity: "error", message, hint: "Write the values out", place: locate("") }] };
  }
}

/** The parser's sentences end with a period or name its own options. */
function asSentence(message: string): string {
  return message.split("\n")[0]!.slice(0, 200).replace(/\.$/, "");
}

type Report = (message: string, offset: number, path?: string) => void;

/** Finds what the parser lets pass: duplicate keys, keys that are not plain, too many levels. */
function findMistakes(node: unknown, report: Report, path = "", depth = 0): void {
  if (depth > maxDepth) throw new RangeError("too deep");
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) findMistakes(item, report, joinPath(path, index), depth + 1);
  }
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const offset = (key as Node | null)?.range?.[0] ?? node.range?.[0] ?? 0;
    const name = keyOf(key);
    if (name === undefined) {
      report("Must be a plain key, not a map, a list or an alias", offset, path);
      continue;
    }
    const inner = joinPath(path, name);
    if (seen.has(name)) report(`Already set above: ${JSON.stringify(name.slice(0, 60))}`, offset, inner);
    seen.add(name);
    findMistakes(value, report, inner, depth + 1);
  }
}

function keyOf(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function locator(document: Document.Parsed, at: (offset: number) => Place): Locate {
  return (path, { key = false } = {}) => {
    const segments = parsePath(path);
    let node: unknown = document.contents;
    let offset = (node as Node | null)?.range?.[0] ?? document.range[0];
    for (const segment of segments) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.find((item) => keyOf(item.key) === String(segment));
        if (pair === undefined) break;
        node = pair.value;
        const value = node as Node | null;
        // A map or a list starts on a line of its own: its key says better where it is.
        const shown = !key && isScalar(value) && value.value !== null ? value : (pair.key as Node);
        offset = shown.range?.[0] ?? offset;
      } else if (isSeq(node) && typeof segment === "number" && node.items[segment] !== undefined) {
        node = node.items[segment];
        offset = (node as Node).range?.[0] ?? offset;
      } else break;
    }
    return { ...at(offset), ...(segments.length === 0 ? {} : { path: formatPath(segments) }) };
  };
}
