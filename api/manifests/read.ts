import type { Component } from "../component.ts";
import type { Composition } from "../composition.ts";
import { type Kind, kinds, manifestSchema } from "../kinds.ts";
import { apiVersion, group } from "../names.ts";
import { suggestion } from "../nearest.ts";
import { parsePath } from "../path.ts";
import { type Problem, validate } from "../validate.ts";
import { found, typeOf } from "../values.ts";
import { isComposeFile, readComposeFile } from "./compose-file.ts";
import { asFinding, type Finding, type Located } from "./finding.ts";
import { readYaml, type YamlDocument } from "./yaml.ts";

/** What a text declares, sound as far as its schema and its rules say, and everything to tell about it. */
export interface Manifests {
  readonly components: readonly Located<Component>[];
  readonly compositions: readonly Located<Composition>[];
  /** Names of Components with mistakes that leave nothing of them: whoever names one need not be told that it is missing. */
  readonly broken: readonly string[];
  readonly findings: readonly Finding[];
}

/** What the text is called in messages, and the name of its folder, after which a nameless composition is called. */
export interface TextOptions {
  readonly file: string;
  readonly folder: string;
}

type Read = { -readonly [K in keyof Manifests]: Manifests[K][number][] };

/**
 * Reads a YAML text of manifests, of any number of documents, or of a compose file. All mistakes are said at once, each
 * with line and column; other kinds are passed over with a note. It never throws.
 */
export function readManifests(text: string, options: TextOptions): Manifests {
  const { documents, findings } = readYaml(text, options.file);
  const read: Read = { components: [], compositions: [], broken: [], findings: [...findings] };
  for (const document of documents) readOne(document, options, read);
  return read;
}

function readOne(document: YamlDocument, options: TextOptions, read: Read): void {
  const { data } = document;
  if (data === null) return;
  const judged = judge(data);
  if (judged === "compose file") readComposeFile(document, options, read);
  else if ("kind" in judged) addManifest(judged, document, options, read);
  else {
    const { path, ...rest } = judged;
    read.findings.push({ ...rest, place: document.locate(path) });
  }
}

type Refusal = Omit<Finding, "place"> & { readonly path: string };

/** What a document is, by its first fields. */
function judge(data: unknown): Kind | "compose file" | Refusal {
  if (typeOf(data) !== "object") return { severity: "error", message: `Must be a manifest: ${found(data)}`, path: "" };
  const { apiVersion: wanted, kind: name } = data as { apiVersion?: unknown; kind?: unknown };
  if (wanted === undefined && name === undefined)
    return isComposeFile(data) ? "compose file" : passOver(data as object);
  if (typeof wanted !== "string" || wanted.split("/")[0] !== group) {
    return {
      severity: "note",
      message: `Passed over, not a kind of Tenon's: ${found(wanted)} ${found(name)}`,
      path: "kind",
    };
  }
  if (wanted !== apiVersion) {
    return { severity: "error", message: `Must be ${apiVersion}: ${found(wanted)}`, path: "apiVersion" };
  }
  if (typeof name === "string" && Object.hasOwn(kinds, name)) return kinds[name as Kind["kind"]];
  const names = Object.keys(kinds);
  const hint = suggestion(String(name), names);
  const message = `Must be one of ${names.join(", ")}: ${found(name)}`;
  return { severity: "error", message, path: "kind", ...(hint === undefined ? {} : { hint }) };
}

function passOver(data: object): Refusal {
  const message = "Passed over: neither a manifest (apiVersion, kind) nor a compose file (components, instances)";
  const hint = "This looks like a compose file of containers: Tenon's has components and instances";
  return { severity: "note", message, path: "", ...("services" in data ? { hint } : {}) };
}

function addManifest(kind: Kind, { data, locate }: YamlDocument, { file }: TextOptions, read: Read): void {
  const { status: _, ...manifest } = data as Record<string, unknown>;
  const result = validate<Component | Composition>(manifestSchema(kind), manifest);
  if (result.valid) {
    add(result.value, { file, locate }, read);
    return;
  }
  read.findings.push(...result.problems.map((problem) => asFinding(problem, locate)));
  const rest = salvage(kind, manifest, result.problems);
  if (rest !== undefined) add(rest, { file, locate, partial: true }, read);
  else if (kind.kind === "Component") {
    const { name } = (manifest["metadata"] ?? {}) as { name?: unknown };
    if (typeof name === "string") read.broken.push(name);
  }
}

function add(manifest: Component | Composition, place: Omit<Located<never>, "manifest">, read: Read): void {
  if (manifest.kind === "Component") read.components.push({ manifest, ...place });
  else read.compositions.push({ manifest, ...place });
}

/** The manifest without the fields of `spec` that have mistakes, so that more can be said about the rest at once. */
function salvage(
  { essential, ...kind }: Kind,
  manifest: Record<string, unknown>,
  problems: readonly Problem[],
): Component | Composition | undefined {
  const wrong = new Set(problems.map(({ path }) => (path.startsWith("spec.") ? String(parsePath(path)[1]) : "")));
  if (wrong.has("") || essential.some((field) => wrong.has(field))) return undefined;
  const kept = Object.entries(manifest["spec"] as object).filter(([field]) => !wrong.has(field));
  const spec = Object.fromEntries(kept);
  const result = validate<Component | Composition>(manifestSchema({ essential, ...kind }), { ...manifest, spec });
  return result.valid ? result.value : undefined;
}
