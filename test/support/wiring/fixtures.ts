import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { WiringSpec } from "../../../wiring/spec.ts";
import type { Source } from "./dummy.ts";

/** One folder of `test/fixtures/compositions`. */
export interface Fixture {
  readonly name: string;
  readonly folder: string;
  readonly spec: WiringSpec;
  /** By component name. */
  readonly sources: ReadonlyMap<string, Source>;
  /** It is also checked against what a runner hosts. */
  readonly runner: boolean;
  /** By instance, and the names of the declared backends. */
  readonly grants: ReadonlyMap<string, { readonly keyvalue?: readonly unknown[] }>;
  readonly backends: readonly string[];
  /** We refuse what wac would compose, on purpose. */
  readonly stricter: boolean;
  /** We accept what wac should compose, and it does not: a bug of it. */
  readonly wacFails: boolean;
}

const root = join(import.meta.dirname, "../../fixtures/compositions");

/** Reads every fixture, by name. */
export function readFixtures(): Fixture[] {
  const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => readFixture(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readFixture(name: string): Fixture {
  const folder = join(root, name);
  const { metadata, spec } = parse(readFileSync(join(folder, "composition.yaml"), "utf8"));
  const sources = new Map<string, Source>();
  for (const file of readdirSync(folder)) {
    const [, component, kind] = /^(.+)\.(wit|wat|wasm)$/.exec(file) ?? [];
    if (component === undefined) continue;
    const bytes = readFileSync(join(folder, file));
    if (kind === "wasm") sources.set(component, { kind: "bytes", bytes });
    else sources.set(component, { kind: kind === "wit" ? "wit" : "wat", text: bytes.toString("utf8") });
  }
  return {
    name,
    folder,
    sources,
    spec: {
      ...spec,
      name: metadata.name,
      instances: spec.instances.map((instance: { name: string; component: { name: string } }) => {
        return { name: instance.name, component: instance.component.name };
      }),
    },
    runner: metadata.annotations?.["runner"] === "true",
    grants: new Map(
      spec.instances.map((instance: { name: string; grants?: object }) => [instance.name, instance.grants ?? {}]),
    ),
    backends: (spec.backends ?? []).map((backend: { name: string }) => backend.name),
    stricter: metadata.annotations?.["stricter"] === "true",
    wacFails: metadata.annotations?.["wac-fails"] === "true",
  };
}
