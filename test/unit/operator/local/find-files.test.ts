import { execFileSync } from "node:child_process";
import { join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { findFiles } from "../../../../operator/local/find-files.ts";
import { withFolder } from "../../../support/local/folder.ts";

const component = (name: string) =>
  `apiVersion: tenon.dev/v1alpha1\nkind: Component\nmetadata: { name: ${name} }\nspec: { source: { file: { path: a.wasm } } }\n`;
const composeFile = "components: { a: a.wasm }\ninstances: { a: a }\n";

const find = (files: Readonly<Record<string, string | Uint8Array>>, ...paths: readonly string[]) =>
  withFolder(files, async (folder) => {
    const found = await findFiles(paths.length === 0 ? ["."] : paths, folder);
    return {
      components: found.manifests.flatMap(({ manifests }) =>
        manifests.components.map((one) => one.manifest.metadata.name),
      ),
      scripts: found.scripts.map(({ file }) => file),
      remarks: found.remarks.map(({ code, severity, message }) => `${severity} ${code} ${message}`),
      files: found.files.map((file) => relative(folder, file)),
    };
  });

describe("findFiles()", () => {
  test("takes a folder's manifests of Tenon's kinds, and no other file of it", async () => {
    const files = {
      "b.yaml": component("b"),
      "a.yml": component("a"),
      "service.yaml": "apiVersion: v1\nkind: Service\n",
      "template.yaml": "{{ if .Values.x }}\na: 1\n",
      "compose.yaml": composeFile,
      "app.wac": "",
      "deep/c.yaml": component("c"),
    };
    expect(await find(files)).toEqual({
      components: ["a", "b"],
      scripts: [],
      remarks: [],
      files: ["", "a.yml", "b.yaml"],
    });
  });

  test("takes a folder's compose file where it has no manifest, else its only script", async () => {
    expect(await find({ "compose.yaml": composeFile, "app.wac": "" })).toMatchObject({
      components: ["a"],
      scripts: [],
    });
    expect(await find({ "app.wac": "", "readme.md": "" })).toMatchObject({ scripts: ["app.wac"] });
    expect(await find({ "a.wac": "", "b.wac": "" }, ".")).toMatchObject({
      scripts: [],
      remarks: [expect.stringMatching(/^error input Cannot find a composition in the folder/)],
    });
  });

  test("takes named files, and says what it passes over in them", async () => {
    const files = { "a.yaml": `${component("a")}---\napiVersion: v1\nkind: Service\n`, "c.json": "{}" };
    expect(await find(files, "a.yaml", "./a.yaml")).toMatchObject({
      components: ["a"],
      remarks: ['note manifest Passed over, not a kind of Tenon\'s: "v1" "Service"'],
    });
  });

  test.each([
    ["a missing file", "nowhere.yaml", "error input Cannot find the file: "],
    ["a component", "a.wasm", "error input Must be a manifest, a compose file or a .wac, not a component: a.wasm"],
    ["what is no text", "binary.yaml", "error input Cannot read the file, it is not UTF-8 text: binary.yaml"],
  ])("refuses %s", async (_, path, message) => {
    const { remarks } = await find({ "a.wasm": "", "binary.yaml": new Uint8Array([0xff, 0xff]) }, path);
    expect(remarks).toEqual([expect.stringContaining(message)]);
  });

  test("watches a file that does not exist yet", async () => {
    expect((await find({}, "later.yaml")).files).toEqual(["later.yaml"]);
  });

  test("does not wait for a pipe", () =>
    withFolder({}, async (folder) => {
      execFileSync("mkfifo", [join(folder, "pipe.yaml")]);
      const { remarks } = await findFiles(["pipe.yaml"], folder);
      expect(remarks).toMatchObject([
        { code: "input", message: `Cannot read what is no regular file: ${join(folder, "pipe.yaml")}` },
      ]);
    }));
});
