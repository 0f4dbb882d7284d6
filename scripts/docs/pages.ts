/**
 * The parts of the pages in docs/ that are made from the sources: a part stands between `<!-- generated: NAME -->` and
 * `<!-- end -->`, the words around it are written by hand.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { kinds } from "../../api/kinds.ts";
import type { Schema } from "../../api/schema.ts";
import { catalogue } from "../../runner/host/catalogue.ts";
import { documentedMembers, renderConstants } from "./constants.ts";
import { renderDiagnostics } from "./diagnostics.ts";
import { fieldsOf, renderFields } from "./fields.ts";
import { renderHosts } from "./hosts.ts";

const part = /(<!-- generated: (\S+) -->)[\s\S]*?(<!-- end -->)/g;

/** The pages that have generated parts, with these as they should be, by absolute path. */
export function generatedPages(root: string): ReadonlyMap<string, string> {
  const parts = makeParts(root);
  const pages = new Map<string, string>();
  for (const file of globSync("docs/*.md", { cwd: root })) {
    const path = join(root, file);
    const text = readFileSync(path, "utf8");
    if (text.includes("<!-- generated: ")) pages.set(path, fillPage(text, parts));
  }
  return pages;
}

/** A page with its generated parts filled in. Throws for a part of an unknown name. */
export function fillPage(text: string, parts: ReadonlyMap<string, () => string>): string {
  return text.replaceAll(part, (_, begin: string, name: string, end: string) => {
    const make = parts.get(name);
    if (make === undefined) throw new RangeError(`Cannot generate this part of a page: ${name}`);
    return `${begin}\n\n${make()}\n\n${end}`;
  });
}

/** What can be generated, by name: `composition.spec.instances` is the table of that field. */
export function makeParts(root: string): ReadonlyMap<string, () => string> {
  const read = (file: string): string => readFileSync(join(root, file), "utf8");
  const conditions = (constant: string) => documentedMembers(read("api/conditions.ts"), constant);
  const common = conditions("commonConditions");
  const parts = new Map<string, () => string>([
    ["hosts", () => renderHosts(catalogue)],
    ["diagnostics", () => renderDiagnostics((name) => findingsOf(join(root, "test/fixtures/compositions", name)))],
    ["reasons", () => renderConstants("reason", conditions("reasons"))],
    ["component.conditions", () => renderConstants("condition", [...common, ...conditions("componentConditions")])],
    ["composition.conditions", () => renderConstants("condition", [...common, ...conditions("compositionConditions")])],
  ]);
  for (const { kind, spec, status } of Object.values(kinds)) {
    addFields(parts, kind.toLowerCase(), "spec", spec);
    const fields = fieldsOf("status", status).slice(1);
    parts.set(`${kind.toLowerCase()}.status`, () => renderFields(fields));
  }
  return parts;
}

/** What is said of a fixture: errors, or the warnings of one that is valid. */
function findingsOf(folder: string): string {
  const errors = join(folder, "error.txt");
  if (existsSync(errors)) return readFileSync(errors, "utf8");
  const { warnings = [] } = parse(readFileSync(join(folder, "wiring.yaml"), "utf8"));
  return (warnings as readonly string[]).join("\n");
}

function addFields(parts: Map<string, () => string>, kind: string, path: string, schema: Schema): void {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const required = schema.required?.includes(name) === true;
    const fields = fieldsOf(`${path}.${name}`, field, required);
    parts.set(`${kind}.${path}.${name}`, () => renderFields(fields));
  }
  const simple = Object.entries(schema.properties ?? {}).filter(
    ([, field]) => field.properties === undefined && field.items === undefined,
  );
  const fields = simple.flatMap(([name, field]) =>
    fieldsOf(`${path}.${name}`, field, schema.required?.includes(name) === true),
  );
  parts.set(`${kind}.${path}.simple`, () => renderFields(fields));
}
