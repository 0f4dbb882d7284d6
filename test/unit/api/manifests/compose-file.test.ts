import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { type Manifests, readManifests } from "../../../../api/manifests/read.ts";

const published = readFileSync(new URL("../../../fixtures/manifests/compose.yaml", import.meta.url), "utf8");

const read = (text: string, folder = "shop"): Manifests => readManifests(text, { file: "compose.yaml", folder });

const findings = (text: string): string[] =>
  read(text).findings.map(
    ({ message, place, hint }) =>
      `${place.line}:${place.column} ${place.path ?? "-"} ${message}${hint === undefined ? "" : ` / ${hint}`}`,
  );

describe("readComposeFile()", () => {
  test("reads the published shape as it stands", () => {
    const { components, compositions, findings: none } = read(published);
    expect(none).toEqual([]);
    expect(components.map(({ manifest }) => [manifest.metadata.name, manifest.spec.source.file?.path])).toEqual([
      ["authentication", "./auth.wasm"],
      ["user-database", "./userdb.wasm"],
    ]);
    const [composition, ...others] = compositions;
    expect(others).toEqual([]);
    expect(composition!.manifest.metadata.name).toBe("new-api");
    expect(composition!.manifest.spec).toMatchObject({
      instances: [
        { name: "auth-instance", component: { name: "authentication" } },
        { name: "db-instance", component: { name: "user-database" } },
      ],
      connections: [{ from: "auth-instance/wasi:keyvalue/readwrite", to: "db-instance/wasi:keyvalue/readwrite" }],
      exports: [{ name: "example:http/auth", from: "auth-instance/example:http/auth" }],
      wiring: "Auto",
    });
  });

  test("finds the fields of the made manifests in the file", () => {
    const { components, compositions } = read(published);
    const locate = compositions[0]!.locate;
    expect(components[1]!.locate("spec.source.file.path")).toMatchObject({ line: 4, column: 18 });
    expect(locate("spec.instances[1].component.name")).toEqual({
      file: "compose.yaml",
      line: 10,
      column: 16,
      path: "instances.db-instance.component",
    });
    expect(locate("spec.instances[0]")).toMatchObject({ line: 7, column: 3, path: "instances.auth-instance" });
    expect(locate("spec.connections[0].to")).toMatchObject({ line: 14, column: 9, path: "connections[0].to" });
    expect(locate("spec.exports[0].from")).toMatchObject({ line: 20, column: 11, path: "exports[0].from" });
    expect(locate("spec.connections")).toMatchObject({ line: 12, column: 1 });
  });

  test("reads every section as a list or as a map", () => {
    const lists = `
components: [{ name: a, path: ./a.wasm }]
instances: [{ name: one, component: a }, { name: two, component: a }]
connections: [{ from: one/x:y/z, to: two/x:y/z }]
exports: [{ from: one/x:y/w }, { name: renamed, from: two/x:y/w }]
`;
    const maps = `
components: { a: { path: ./a.wasm } }
instances: { one: a, two: { component: a } }
connections: [{ from: one/x:y/z, to: two/x:y/z }]
exports: { "x:y/w": one/x:y/w, renamed: { from: two/x:y/w } }
`;
    const [fromLists, fromMaps] = [read(lists), read(maps)];
    expect(fromLists.findings).toEqual([]);
    expect(fromMaps.findings).toEqual([]);
    expect(fromMaps.compositions[0]!.manifest).toEqual(fromLists.compositions[0]!.manifest);
    expect(fromMaps.components[0]!.manifest).toEqual(fromLists.components[0]!.manifest);
    expect(fromLists.compositions[0]!.manifest.spec.exports).toEqual([
      { name: "x:y/w", from: "one/x:y/w" },
      { name: "renamed", from: "two/x:y/w" },
    ]);
  });

  test("calls the composition after its one undeclared name, else after the folder", () => {
    const name = (ends: string, folder = "01-User_API") => {
      const text = `components: { a: ./a.wasm }\ninstances: { auth: a, db: a }\nconnections:\n${ends}`;
      return read(text, folder).compositions[0]?.manifest.metadata.name;
    };
    expect(name("  - { from: auth/x:y/z, to: outside/x:y/z }")).toBe("outside");
    expect(name("  - { from: auth/x:y/z, to: db/x:y/z }")).toBe("user-api");
    expect(name("  - { from: auht/x:y/z, to: db/x:y/z }")).toBe("user-api");
    expect(name("  - { from: first/x:y/z, to: db/x:y/z }\n  - { from: second/x:y/z, to: db/x:y/z }")).toBe("user-api");
    const slipBeside = "  - { from: auht/x:y/z, to: db/x:y/z }\n  - { from: auth/x:y/z, to: outside/x:y/z }";
    expect(name(slipBeside)).toBe("outside");
    expect(name("  - { from: auth/x:y/z, to: db/x:y/z }", "42")).toBe("composition");
  });

  test("keeps a connection of the composition that no export names", () => {
    const text =
      "components: { a: ./a.wasm }\ninstances: { auth: a }\nconnections: [{ from: outside/x:y/z, to: auth/x:y/z }]\n";
    const { manifest } = read(text).compositions[0]!;
    expect(manifest.spec.connections).toEqual([{ from: "outside/x:y/z", to: "auth/x:y/z" }]);
    expect(manifest.spec.exports).toBeUndefined();
  });

  test("says which connection an export of the composition misses", () => {
    const text = `components: { a: ./a.wasm }
instances: { auth: a }
connections: [{ from: auth/x:y/one, to: outside/x:y/one }]
exports:
  - { name: one, from: outside/x:y/onn }
  - { name: two, from: outside/other }
`;
    expect(findings(text)).toEqual([
      '5:24 exports[0].from No connection gives the composition this export: "outside/x:y/onn" / Did you mean "outside/x:y/one"?',
      '6:24 exports[1].from No connection gives the composition this export: "outside/other" / Connect it, or export it from an instance: INSTANCE/other',
    ]);
  });

  test("says all mistakes with their places in the file", () => {
    const text = `component: {}
components:
  authentication: 3
  User_DB: ./b.wasm
instances:
  auth: { componnt: authentication }
connections:
  - from: auth
    to: auth/x
exports: 3
`;
    expect(findings(text)).toEqual([
      '1:1 component Unknown field: "component" / Did you mean "components"?',
      "3:19 components.authentication Must be a map of name and path: 3",
      '6:11 instances.auth.componnt Unknown field: "componnt" / Did you mean "component"?',
      '6:3 instances.auth Missing field: "component"',
      "10:10 exports Must be a map or a list: 3",
    ]);
    expect(
      findings(
        "components: { User_DB: ./b.wasm }\ninstances: { auth: User_DB }\nconnections: [{ from: auth, to: a/b }]\n",
      ),
    ).toEqual([
      '1:15 components.User_DB Must match ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$: "User_DB"',
      '3:23 connections[0].from Must match ^[^/]+/.+$: "auth" / One end, INSTANCE/INTERFACE: auth/wasi:keyvalue/store',
    ]);
    expect(findings("components: {}\n")).toEqual(['1:1 - Missing field: "instances"']);
  });
});
