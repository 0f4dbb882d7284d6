import { type Diagnostic, inSpecOrder } from "./diagnostic.ts";
import { parseName } from "./match.ts";
import type { Components, HostImport, Wiring } from "./spec.ts";
import { isTypesOnly, type TypeTable } from "./table.ts";

/** An interface that a runner hosts, as data; `runner/host/catalogue.ts` lists them. */
export interface HostedInterface {
  /** Without a version: `wasi:io/streams`. */
  readonly name: string;
  /** `0.2.*` is every release of 0.2; anything else is one exact version, "" for a name without one. */
  readonly versions: readonly string[];
  /** What an instance must be granted; `none` where no grant means an honest empty form. */
  readonly grant: "none" | "keyvalue";
}

/** What a wiring is checked against. */
export interface RunnerOffer {
  readonly components: Components;
  readonly hosted: readonly HostedInterface[];
  /** By instance; one that is not here has no grants. */
  readonly grants: ReadonlyMap<string, { readonly keyvalue?: readonly unknown[] | undefined }>;
  /** Names of the declared key-value backends, for the hints. */
  readonly backends?: readonly string[];
}

/**
 * Says why a runner could not run a wiring that `decide` found valid: host imports that no runner serves, or that need a
 * grant that the instance lacks, and components that need what the engine does not have: async functions (WASI 0.3),
 * 64-bit or shared memories, garbage-collected objects. All are errors, in the order of the spec.
 */
export function checkRunner(wiring: Wiring, offer: RunnerOffer): Diagnostic[] {
  const tables = new Map<string, TypeTable>();
  for (const { name, component } of wiring.instances) {
    const table = offer.components.get(component);
    if (table !== undefined && !tables.has(name)) tables.set(name, table);
  }
  const fields = new Map([...tables.keys()].map((name) => [name, fieldOf(wiring, name)]));
  const hosted = new Map(offer.hosted.map((one) => [one.name, one]));
  const findings: Diagnostic[] = [];
  const ungranted: HostImport[] = [];
  for (const hostImport of wiring.hostImports) {
    const table = tables.get(hostImport.instance);
    const wanted = table === undefined ? undefined : neededInterface(table, hostImport);
    if (wanted === undefined) continue;
    const { base, version = "" } = parseName(wanted);
    const found = hosted.get(base);
    if (!found?.versions.some((pattern) => speaks(pattern, version)))
      findings.push(unhosted(hostImport, wanted, found));
    else if (found.grant !== "none" && (offer.grants.get(hostImport.instance)?.[found.grant] ?? []).length === 0) {
      ungranted.push(hostImport);
    }
  }
  for (const [instance, imports] of Map.groupBy(ungranted, (one) => one.instance)) {
    findings.push(missingGrant(fields.get(instance)!, imports, offer.backends ?? []));
  }
  for (const [instance, table] of tables) {
    findings.push(...unsupported(instance, fields.get(instance)!, table));
  }
  return inSpecOrder(findings);
}

/** The interface that has to be hosted for an import; nothing where there is nothing to call. */
function neededInterface(table: TypeTable, hostImport: HostImport): string | undefined {
  const item = table.imports.find(({ name }) => name === hostImport.item);
  if (item === undefined || isTypesOnly(table, item)) return undefined;
  // A resource that a world `use`s is part of the interface that makes it.
  if (item.kind === "resource") return table.resources[item.resource!]?.home[0];
  return hostImport.interface;
}

function unhosted(hostImport: HostImport, wanted: string, near: HostedInterface | undefined): Diagnostic {
  const { instance, item, field } = hostImport;
  const versions = near?.versions.map((version) => version || "no version").join(", ");
  return {
    code: "unhosted-import",
    severity: "error",
    field,
    instance,
    interface: item,
    message: `Cannot run "${instance}", no instance and no runner serves its import: ${wanted}`,
    hint:
      versions === undefined
        ? "Add an instance of a component that exports it, and connect the two"
        : `A runner hosts this interface in: ${versions}. Build the component against one of these`,
  };
}

function missingGrant(field: string, imports: readonly HostImport[], backends: readonly string[]): Diagnostic {
  const [{ instance, item }] = imports as readonly [HostImport, ...HostImport[]];
  const [backend = "store"] = backends;
  const declare =
    backends.length > 0 ? "" : `, and to spec: backends: [{ name: ${backend}, keyvalue: { memory: {} } }]`;
  return {
    code: "missing-grant",
    severity: "error",
    field: `${field}.grants`,
    instance,
    interface: item,
    message: `Cannot run "${instance}" without a keyvalue grant, it imports: ${imports.map((one) => one.interface).join(", ")}`,
    hint: `Add to ${field}: grants: { keyvalue: [{ backend: ${backend}, bucket: default, access: ReadWrite }] }${declare}`,
  };
}

/** Features that no runner has whatever the wiring is; imports of modules and components are in the wiring's own hands. */
const engineFeatures = ["memory64", "shared-memory", "custom-page-size", "garbage-collected-objects", "types-only"];

function unsupported(instance: string, field: string, { features }: TypeTable): Diagnostic[] {
  const base = { severity: "error", field, instance } as const;
  const findings: Diagnostic[] = [];
  const async = [...features.asyncLifts, ...(features.asyncLowers ?? [])];
  if (async.length > 0) {
    const more = async.length > 10 ? `, and ${async.length - 10} more` : "";
    findings.push({
      ...base,
      code: "async-lift",
      message: `Cannot run "${instance}", these functions of it are async: ${async.slice(0, 10).join(", ")}${more}`,
      hint: "WASI 0.3 does not run yet: build the component for WASI 0.2, with functions that are not async",
    });
  }
  const other = (features.other ?? []).filter(({ feature }) => engineFeatures.includes(feature));
  for (const [feature, found] of Map.groupBy(other, (one) => one.feature)) {
    findings.push({
      ...base,
      code: "unsupported-component",
      message: `Cannot run "${instance}", it uses ${feature}: ${found.map(({ name }) => name).join(", ")}`,
      hint: "Build the component without this feature",
    });
  }
  return findings;
}

function speaks(pattern: string, version: string): boolean {
  if (!pattern.endsWith(".*")) return pattern === version;
  const prefix = pattern.slice(0, -1);
  return version.startsWith(prefix) && /^\d+$/.test(version.slice(prefix.length));
}

function fieldOf(wiring: Wiring, instance: string): string {
  return `spec.instances[${wiring.instances.findIndex(({ name }) => name === instance)}]`;
}
