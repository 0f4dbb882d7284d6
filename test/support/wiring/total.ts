import { decide } from "../../../wiring/decide.ts";
import { formatDiagnostic } from "../../../wiring/diagnostic.ts";
import type { Wiring, WiringSpec } from "../../../wiring/spec.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import type { Fixture } from "./fixtures.ts";
import type { Workshop } from "./judge.ts";
import { Random } from "./random.ts";
import { type Report, Tally } from "./report.ts";

const instanceNames = ["a", "b", "c", "d", "app"];
const junk = "| /|a|a/|/x|x/y|a/t:i/x@|a/t:i/x@9.9.9|app/t:i/x|__proto__/constructor|a/__proto__".split("|");

/**
 * Random specs over the components of all fixtures, junk included: `decide` never throws, says the same twice, and what
 * it finds valid composes.
 */
export async function runTotal(
  shop: Workshop,
  fixtures: readonly Fixture[],
  options: { count: number; seed: number },
): Promise<Report> {
  const random = new Random(options.seed);
  const [tables, bytes] = [new Map<string, TypeTable>(), new Map<string, Uint8Array>()];
  for (const fixture of fixtures) {
    const built = await shop.build(fixture.sources);
    for (const [name, table] of built.tables) {
      if (table.size.bytes > 4096 || random.chance(0.5)) continue;
      const id = `${name}-${tables.size}`;
      tables.set(id, table);
      bytes.set(id, built.bytes.get(name)!);
    }
  }
  const tally = new Tally();
  while (tally.tried < options.count) {
    const spec = makeSpec(random, tables);
    const decision = decide(spec, tables);
    if (JSON.stringify(decision) !== JSON.stringify(decide(spec, tables))) {
      tally.disagree(`Not the same twice: ${JSON.stringify(spec)}`);
    }
    decision.diagnostics.forEach(formatDiagnostic);
    // What we refuse may well have been understood too little to be composed: only our yes is held against theirs.
    if (!decision.valid) tally.add(false, false, () => "");
    else {
      const verdict = await shop.compose(decision.attempt, bytes);
      if (!verdict.ok && isKnownBug(decision.attempt, tables, verdict.reason)) tally.skip();
      else tally.add(true, verdict.ok, () => `${JSON.stringify(spec)}\n${verdict.ok ? "" : verdict.reason}`);
    }
  }
  return tally.report();
}

/**
 * wac looks a resource that a world `use`s up by its bare name among all host imports, and may tie it to another of this
 * name: see the fixture `plain-resource-and-another-of-its-name-at-the-host`.
 */
function isKnownBug(wiring: Wiring, tables: ReadonlyMap<string, TypeTable>, reason: string): boolean {
  const [, name] = /type mismatch for import `([^`]+)`\s+resource types are not the same/.exec(reason) ?? [];
  return wiring.hostImports.some(({ instance, item }) => {
    const component = wiring.instances.find((one) => one.name === instance)!.component;
    return item === name && tables.get(component)!.imports.some((one) => one.name === item && one.kind === "resource");
  });
}

function makeSpec(random: Random, tables: ReadonlyMap<string, TypeTable>): WiringSpec {
  const names = [...tables.keys()];
  const some = [random.pick(names), random.pick(names), random.pick(names)];
  const items = some.flatMap((name) => {
    const { imports, exports } = tables.get(name)!;
    return [...imports, ...exports].map((item) => item.name);
  });
  const end = () =>
    random.chance(0.1) || items.length === 0
      ? random.pick(junk)
      : `${random.pick(instanceNames)}/${random.pick(items)}`;
  const many = <T>(limit: number, make: () => T): T[] => Array.from({ length: random.below(limit) }, make);
  return {
    name: "app",
    wiring: random.chance(0.5) ? "Auto" : "Explicit",
    instances: many(5, () => {
      return { name: random.pick(instanceNames), component: random.chance(0.05) ? "nope" : random.pick(some) };
    }),
    connections: many(4, () => ({ from: end(), to: end() })),
    exports: many(3, () => {
      return random.chance(0.3)
        ? { name: random.pick([...items, "junk name", "spare"]), from: end() }
        : { from: end() };
    }),
  };
}
