import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { componentConditions, compositionConditions, reasons } from "../../../api/conditions.ts";
import { grants } from "../../../api/grants.ts";
import { type Kind, kinds } from "../../../api/kinds.ts";
import { readManifests } from "../../../api/manifests/read.ts";
import type { Schema } from "../../../api/schema.ts";
import { defaultLimits } from "../../../runner/config.ts";
import { catalogue } from "../../../runner/host/catalogue.ts";
import { diagnosticTexts } from "../../../scripts/docs/diagnostic-texts.ts";
import { fillPage, generatedPages } from "../../../scripts/docs/pages.ts";

const root = join(import.meta.dirname, "../../..");
const page = (name: string): string => readFileSync(join(root, "docs", name), "utf8");
const source = (name: string): string => readFileSync(join(root, name), "utf8");
const headings = (text: string): readonly string[] => [...text.matchAll(/^#{2,4} (.*)$/gm)].map(([, title]) => title!);

/** Paths of all fields, walked here again so that the pages' own walk is not its own judge. */
function pathsOf(schema: Schema, path: string): string[] {
  const inner = schema.items ?? schema;
  const at = schema.items === undefined ? path : `${path}[]`;
  return Object.entries(inner.properties ?? {}).flatMap(([name, field]) => [
    `${at}.${name}`,
    ...pathsOf(field, `${at}.${name}`),
  ]);
}

describe("the generated parts of docs/", () => {
  test.each([...generatedPages(root)])("%s has what the sources say", (path, wanted) => {
    expect(readFileSync(path, "utf8")).toBe(wanted);
  });
  test("fillPage() keeps the words around a part, and parts that follow each other", () => {
    const parts = new Map([["x", () => "new"]]);
    const text = "a\n<!-- generated: x -->\n<!-- end -->\nb\n<!-- generated: x -->\nold\n<!-- end -->\nc\n";
    const filled = "<!-- generated: x -->\n\nnew\n\n<!-- end -->";
    expect(fillPage(text, parts)).toBe(`a\n${filled}\nb\n${filled}\nc\n`);
    expect(fillPage(fillPage(text, parts), parts)).toBe(fillPage(text, parts));
  });
  test("fillPage() refuses a part that nobody makes", () => {
    expect(() => fillPage("<!-- generated: y --><!-- end -->", new Map())).toThrow("Cannot generate this part");
  });
});

describe.each(Object.values(kinds) as readonly Kind[])("the page of $kind", ({ kind, spec, status }) => {
  const text = page(`${kind.toLowerCase()}.md`);
  test("has the chapters of every resource", () => {
    const chapters = ["Example", "Writing the spec", "Status", "Conditions", "Debugging"];
    expect(headings(text).filter((title) => chapters.includes(title))).toEqual(chapters);
  });
  test("has a row for every field of the spec and of the status", () => {
    const fields = [...pathsOf(spec, "spec"), ...pathsOf(status, "status")];
    expect(fields.length).toBeGreaterThan(30);
    expect(fields.filter((field) => !text.includes(`\n| \`${field}\` |`))).toEqual([]);
  });
  test("has every condition", () => {
    const conditions = Object.keys(kind === "Component" ? componentConditions : compositionConditions);
    expect(conditions.filter((name) => !text.includes(`\n| \`${name}\` |`))).toEqual([]);
  });
});

test("the page of Component has every reason", () => {
  const text = page("component.md");
  expect(Object.keys(reasons).filter((name) => !text.includes(`\n| \`${name}\` |`))).toEqual([]);
});

describe("docs/diagnostics.md", () => {
  test("has a section for every code of wiring/diagnostic.ts, and no other", () => {
    const union = source("wiring/diagnostic.ts").split("export type Code =")[1]!.split(";")[0]!;
    const codes = [...union.matchAll(/^ *\| "([a-z-]+)"/gm)].map(([, code]) => code!);
    expect(headings(page("diagnostics.md")).filter((title) => title !== "Codes")).toEqual(codes);
    expect(Object.keys(diagnosticTexts)).toEqual(codes);
  });
});

describe("docs/hosts.md", () => {
  test("has every interface of the catalogue with its versions", () => {
    const rows = page("hosts.md").split("\n");
    for (const { name, versions } of catalogue) {
      const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
      expect([name, row]).toEqual([name, expect.any(String)]);
      for (const version of versions) expect(row).toContain(version === "" ? "without a version" : `\`${version}\``);
    }
  });
  test("has a chapter for every package of the catalogue", () => {
    const packages = new Set(catalogue.map(({ name }) => name.split("/")[0]!));
    expect(headings(page("hosts.md"))).toEqual([...packages]);
  });
});

test("docs/grants.md has a chapter for every grant", () => {
  expect(headings(page("grants.md"))).toEqual(Object.keys(grants.properties));
});

describe("docs/runner.md", () => {
  test("has every limit of runner/config.ts", () => {
    const text = page("runner.md");
    expect(Object.keys(defaultLimits).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
  test("has every metric of runner/serve/metrics.ts, and no other", () => {
    const names = (text: string) => [...new Set(text.match(/\btenon_[a-z_]+[a-z]\b/g))].sort();
    expect(names(page("runner.md"))).toEqual(names(source("runner/serve/metrics.ts")));
  });
});

test("docs/README.md names every page", () => {
  const index = page("README.md");
  const pages = ["component", "composition", "concepts", "compose-file", "wac", "cli", "runner", "hosts", "grants"];
  const more = ["call", "link", "diagnostics", "writing-components"];
  expect([...pages, ...more].filter((name) => !index.includes(`(${name}.md)`))).toEqual([]);
});

describe.each(globSync("docs/*.md", { cwd: root }).map((file) => basename(file)))("docs/%s", (name) => {
  const anchors = (text: string) =>
    headings(text).map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
  test("links to headings that exist", () => {
    const links = [...page(name).matchAll(/\]\((?!https?:)([\w-]+\.md)?#([^)]+)\)/g)];
    const broken = links.filter(([, file, anchor]) => !anchors(page(file ?? name)).includes(anchor!));
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

const blocks = globSync("docs/*.md", { cwd: root }).flatMap((file) =>
  [...source(file).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => [file, text!] as const),
);

test("every manifest and compose file of the pages is valid", () => {
  const whole = blocks.filter(([, text]) => /^(apiVersion|components):/m.test(text));
  const findings = whole.flatMap(([file, text]) => readManifests(text, { file, folder: "docs" }).findings);
  expect(whole.length).toBeGreaterThanOrEqual(4);
  expect(findings).toEqual([]);
});

test("every grant of docs/grants.md is valid", () => {
  const grantsOf = (text: string): string => text.trimEnd().replaceAll("\n", "\n      ");
  const alone = blocks.filter(([file, text]) => file === "docs/grants.md" && text.startsWith("grants:"));
  const head = "apiVersion: tenon.dev/v1alpha1\nkind: Composition\nmetadata: { name: a }\nspec:\n  instances:\n";
  const findings = alone.flatMap(([file, text]) => {
    const manifest = `${head}    - name: a\n      component: { name: a }\n      ${grantsOf(text)}\n`;
    return readManifests(manifest, { file, folder: "docs" }).findings;
  });
  expect(alone.length).toBeGreaterThan(5);
  expect(findings).toEqual([]);
});
