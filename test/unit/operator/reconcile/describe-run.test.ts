import { describe, expect, test } from "@jest/globals";
import type { Composition } from "../../../../api/composition.ts";
import type { Resolved } from "../../../../operator/fetch/library.ts";
import { describeItems } from "../../../../operator/reconcile/describe-items.ts";
import { describeEdges, describeHostImports, describeInstances } from "../../../../operator/reconcile/describe-run.ts";
import type { Wiring } from "../../../../wiring/spec.ts";
import { table } from "../../../support/wiring/tables.ts";

const composition = {
  spec: {
    instances: [
      { name: "a", component: { name: "auth" }, grants: { http: { allowedHosts: ["*"] }, env: [] } },
      { name: "b", component: { source: { http: { url: "http://x/y", sha256: "0" } } } },
    ],
  },
} as unknown as Composition;
const resolved = (digest: string): Resolved => ({ digest, revision: undefined, size: 1, table: table({}) });

describe("describeInstances()", () => {
  const components = new Map([["auth", resolved("sha256:1")]]);
  const trap = { time: "2026-01-01T00:00:00Z", message: "unreachable" };

  test("names the component and its bytes, and knows nothing of the state of new ones", () => {
    expect(describeInstances(composition, components)).toEqual([
      { name: "a", component: "auth", digest: "sha256:1", state: "Unknown" },
      { name: "b", component: expect.stringMatching(/^source:/), state: "Unknown" },
    ]);
  });

  test("keeps what was seen of the same bytes, and forgets what was seen of others", () => {
    const old = (digest: string) => [
      { name: "a", component: "auth", digest, state: "Failing", lastTrap: trap } as const,
    ];
    expect(describeInstances(composition, components, old("sha256:1"))[0]).toMatchObject({
      state: "Failing",
      lastTrap: trap,
    });
    expect(describeInstances(composition, components, old("sha256:2"))[0]).toEqual({
      name: "a",
      component: "auth",
      digest: "sha256:1",
      state: "Unknown",
    });
  });
});

describe("describeHostImports()", () => {
  test("says what is granted, and what is served in its empty form", () => {
    const of = (instance: string, name: string) => ({ instance, item: name, interface: name, field: "" });
    const wiring = {
      instances: [],
      edges: [],
      exports: [],
      hostImports: [
        of("a", "wasi:http/outgoing-handler@0.2.3"),
        of("b", "wasi:http/outgoing-handler@0.2.3"),
        of("a", "wasi:cli/environment@0.2.3"),
        of("b", "wasi:filesystem/preopens@0.2.3"),
        of("b", "wasi:clocks/wall-clock@0.2.3"),
      ],
    } as Wiring;
    expect(describeHostImports(composition, wiring).map(({ granted }) => granted)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

describe("describeEdges()", () => {
  test("names both instances, the import, and who made the edge", () => {
    const edge = {
      from: { instance: "a", item: "x:y/z" },
      to: { instance: "b", item: "x:y/z@1.0.0" },
      how: "Implicit",
      field: "",
    } as const;
    expect(describeEdges({ instances: [], edges: [edge], hostImports: [], exports: [] })).toEqual([
      { from: "a", to: "b", interface: "x:y/z", how: "Implicit" },
    ]);
  });
});

describe("describeItems()", () => {
  test("splits the version off, and names the interface behind a plain label", () => {
    expect(
      describeItems([
        { name: "wasi:io/poll@0.2.3", kind: "instance" },
        { name: "primary", implements: "wasi:keyvalue/store@0.2.0-draft", kind: "instance" },
        { name: "run", kind: "func" },
        { name: "thing", kind: "resource" },
        { name: "core", kind: "module" },
      ]),
    ).toEqual([
      { name: "wasi:io/poll@0.2.3", interface: "wasi:io/poll", version: "0.2.3", kind: "instance" },
      { name: "primary", interface: "wasi:keyvalue/store", version: "0.2.0-draft", kind: "instance" },
      { name: "run", kind: "function" },
      { name: "thing", kind: "type" },
    ]);
  });

  test("lists at most 1000", () => {
    const many = Array.from({ length: 1001 }, (_, index) => ({ name: `f${index}`, kind: "func" as const }));
    expect(describeItems(many).length).toBe(1000);
    expect(describeItems(many.slice(0, 1000)).length).toBe(1000);
  });
});
