import type { Component } from "../component.ts";
import type { Composition } from "../composition.ts";
import { type Kind, kinds, manifestSchema } from "../kinds.ts";
import { apiVersion, serviceNamePattern, toName } from "../names.ts";
import { nearest, suggestion } from "../nearest.ts";
import { joinPath } from "../path.ts";
import { type Problem, validate } from "../validate.ts";
import { found } from "../values.ts";
import { type Entry, readEntries } from "./compose-entries.ts";
import { asFinding, type Finding, type Locate, type Located } from "./finding.ts";
import type { TextOptions } from "./read.ts";
import type { YamlDocument } from "./yaml.ts";

/** More problems than this help nobody. */
const maxProblems = 100;
/** Undeclared names that are compared with the declared ones: more are not all slips of one pen. */
const maxUndeclared = 32;
const sections = ["components", "instances", "connections", "exports"];

interface Into {
  readonly components: Located<Component>[];
  readonly compositions: Located<Composition>[];
  readonly findings: Finding[];
}

/** True for a document of the published compose shape: `components`, `instances`, `connections`, `exports`, no `kind`. */
export function isComposeFile(data: unknown): boolean {
  return typeof data === "object" && data !== null && ("components" in data || "instances" in data);
}

/**
 * Reads the published compose shape (sections as maps or as lists) into the manifests that say the same: a Component
 * for every component, and one Composition. Every field of these finds its place in the file.
 */
export function readComposeFile(document: YamlDocument, options: TextOptions, into: Into): void {
  const problems: Problem[] = [];
  const data = document.data as Record<string, unknown>;
  for (const key of Object.keys(data)) {
    if (sections.includes(key)) continue;
    const known = suggestion(key, sections);
    const hint = known?.startsWith("Did")
      ? known
      : "Write manifests of kind Component and Composition where you need more than sections of a compose file";
    problems.push({ path: joinPath("", key), message: `Unknown field: ${found(key)}`, hint, key: true });
  }
  const section = (name: string, fields: readonly string[]) =>
    readEntries(data[name], { path: name, fields, problems });
  const components = section("components", ["name", "path"]);
  const instances = section("instances", ["name", "component"]);
  const connections = section("connections", ["from", "to"]);
  const exports = section("exports", ["name", "from"]);
  if (data["instances"] === undefined) problems.push({ path: "", message: 'Missing field: "instances"' });
  const mapped = { instances, connections, exports: [] as Entry[] };
  const name = nameComposition({ ...mapped, exports }, options.folder);
  const isDeclared = instances.some(({ fields }) => fields["name"] === name);
  if (isDeclared) mapped.exports = exports;
  else {
    const byEnd = endsOf(connections);
    mapped.exports = exports.map((entry) => resolveExport(entry, { name, byEnd, problems }));
  }
  const used = new Set(mapped.exports.map(({ via }) => via));
  mapped.connections = connections.filter((connection) => !used.has(connection));
  if (problems.length === 0) {
    addComponents(components, document, options, into);
    addComposition(name, mapped, { document, options, into });
  }
  into.findings.push(...problems.slice(0, maxProblems).map((problem) => asFinding(problem, document.locate)));
}

const endName = (end: string): string => end.split("/", 1)[0]!;

/** The one undeclared name among the ends that is no slip of the pen, else the folder's name. */
function nameComposition(
  parts: { readonly [part in "instances" | "connections" | "exports"]: readonly Entry[] },
  folder: string,
): string {
  const declared = new Set(parts.instances.map(({ fields }) => fields["name"]));
  const ends = [
    ...parts.connections.flatMap(({ fields }) => [fields["from"], fields["to"]]),
    ...parts.exports.map(({ fields }) => fields["from"]),
  ];
  const undeclared = new Set(ends.filter((end) => end?.includes("/")).map((end) => endName(end!)));
  for (const name of declared) if (name !== undefined) undeclared.delete(name);
  const strangers = [...undeclared]
    .slice(0, maxUndeclared)
    .filter((name) => nearest(name, declared as Set<string>) === undefined);
  const [only, ...others] = strangers;
  if (only !== undefined && others.length === 0 && new RegExp(serviceNamePattern).test(only)) return only;
  return toName(folder) ?? "composition";
}

/** Connections by both of their ends; of two with one end the first counts. */
function endsOf(connections: readonly Entry[]): ReadonlyMap<string, Entry> {
  const ends = new Map<string, Entry>();
  for (const connection of connections) {
    for (const end of [connection.fields["from"], connection.fields["to"]]) {
      if (end !== undefined && !ends.has(end)) ends.set(end, connection);
    }
  }
  return ends;
}

interface Outside {
  /** The composition's name, which no instance has. */
  readonly name: string;
  readonly byEnd: ReadonlyMap<string, Entry>;
  readonly problems: Problem[];
}

/** An export of the composition itself is what a connection ties to it: `from` becomes that connection's other end. */
function resolveExport(entry: Entry, { name, byEnd, problems }: Outside): Entry {
  const from = entry.fields["from"];
  if (from === undefined || endName(from) !== name) return entry;
  const via = byEnd.get(from);
  if (via === undefined && problems.length >= maxProblems) return entry;
  if (via !== undefined) {
    const other = via.fields["from"] === from ? via.fields["to"] : via.fields["from"];
    return { ...entry, via, fields: { ...entry.fields, from: other } };
  }
  const near = nearest(
    from,
    [...byEnd.keys()].filter((end) => endName(end) === name),
  );
  const connect = `Connect it, or export it from an instance: INSTANCE/${from.slice(name.length + 1)}`;
  problems.push({
    path: joinPath(entry.path, "from"),
    message: `No connection gives the composition this export: ${found(from)}`,
    hint: near === undefined ? connect : `Did you mean "${near}"?`,
  });
  return entry;
}

function addComponents(components: readonly Entry[], document: YamlDocument, { file }: TextOptions, into: Into): void {
  for (const { path, fields } of components) {
    const manifest = {
      apiVersion,
      kind: "Component",
      metadata: { name: fields["name"] },
      spec: { source: { file: { path: fields["path"] } } },
    };
    const { locate: inFile } = document;
    const locate: Locate = (made, wanted) => {
      return made.startsWith("spec") ? inFile(joinPath(path, "path"), wanted) : inFile(path, { key: true });
    };
    check<Component>(kinds.Component, manifest, { locate, file, into: into.components, findings: into.findings });
  }
}

function addComposition(
  name: string,
  parts: { readonly [part in "instances" | "connections" | "exports"]: readonly Entry[] },
  { document, options, into }: { document: YamlDocument; options: TextOptions; into: Into },
): void {
  const places: [string, string][] = [["", ""]];
  const list = <T>(
    part: "instances" | "connections" | "exports",
    make: (fields: Entry["fields"]) => T,
  ): T[] | undefined => {
    parts[part].forEach(({ path }, index) => void places.push([joinPath(`spec.${part}`, index), path]));
    return parts[part].length === 0 && part !== "instances" ? undefined : parts[part].map(({ fields }) => make(fields));
  };
  const manifest = {
    apiVersion,
    kind: "Composition",
    metadata: { name },
    spec: {
      instances: list("instances", ({ name: instance, component }) => ({
        name: instance,
        component: { name: component },
      })),
      connections: list("connections", ({ from, to }) => ({ from, to })),
      exports: list("exports", ({ name: exported, from }) => ({
        name: exported ?? from?.slice(endName(from).length + 1),
        from,
      })),
    },
  };
  const fixed: [string, string][] = ["instances", "connections", "exports"].map((part) => [`spec.${part}`, part]);
  const locate = relocate(document.locate, [...places, ...fixed]);
  check<Composition>(kinds.Composition, manifest, {
    locate,
    file: options.file,
    into: into.compositions,
    findings: into.findings,
  });
}

function check<T>(
  kind: Kind,
  manifest: unknown,
  { locate, file, into, findings }: { locate: Locate; file: string; into: Located<T>[]; findings: Finding[] },
): void {
  const result = validate<T>(manifestSchema(kind), manifest);
  if (result.valid) into.push({ manifest: result.value, file, locate });
  else findings.push(...result.problems.map((problem) => asFinding(problem, locate)));
}

/** Finds fields of a made manifest in the file that it was made from: the longest known prefix is replaced. */
function relocate(locate: Locate, places: readonly (readonly [made: string, original: string])[]): Locate {
  const byLength = [...places].sort(([a], [b]) => b.length - a.length);
  const isWithin = (path: string, prefix: string): boolean => {
    return path.startsWith(prefix) && (prefix === "" || /^($|[.[])/.test(path.slice(prefix.length)));
  };
  return (path, options) => {
    const [made, original] = byLength.find(([prefix]) => isWithin(path, prefix))!;
    if (made === "") return locate(original, options);
    const rest = path.slice(made.length).replace(/^\.component\.name$/, ".component");
    // Where a section is a map, the name is the key.
    if (rest === ".name" && !original.endsWith("]")) return locate(original, { key: true });
    return locate(original + rest, options);
  };
}
