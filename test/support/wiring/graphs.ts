import { decide } from "../../../wiring/decide.ts";
import { formatDiagnostic } from "../../../wiring/diagnostic.ts";
import type { WiringSpec } from "../../../wiring/spec.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import type { Workshop } from "./judge.ts";
import { Random } from "./random.ts";
import { type Report, Tally } from "./report.ts";

/** How many random compositions, of which sequence, and whether half of the components speak a newer version. */
export interface GraphOptions {
  readonly count: number;
  readonly seed: number;
  readonly semver: boolean;
}

interface Generated {
  readonly name: string;
  readonly resources: readonly string[];
  readonly text: string;
}

interface Components {
  readonly tables: Map<string, TypeTable>;
  readonly bytes: Map<string, Uint8Array>;
  readonly worlds: string[];
}

/**
 * Random compositions over interfaces that pass each other's resources on: who made which handle? Those that compose are
 * put into a second composition, since a composition is a component.
 */
export async function runGraphs(shop: Workshop, options: GraphOptions): Promise<{ flat: Report; nested: Report }> {
  const [flat, nested] = [new Tally(), new Tally()];
  for (let index = 0; flat.tried < options.count && flat.skipped < 10 * options.count; index++) {
    const random = new Random(options.seed * 7_000_003 + index);
    const interfaces = makeInterfaces(random, options.semver);
    const components = await makeComponents(shop, random, { interfaces, semver: options.semver, index });
    if (components.tables.size === 0) continue;
    const spec = makeSpec(random, components.tables, options.semver);
    const decision = decide(spec, components.tables);
    if (
      decision.diagnostics.some(
        ({ code }) => code === "ambiguous-import" || (/-item$/.test(code) && code !== "missing-item"),
      )
    ) {
      flat.skip();
      continue;
    }
    const verdict = await shop.compose(decision.attempt, components.bytes);
    const describe = () =>
      [
        ...interfaces.map(({ text }) => text),
        ...components.worlds,
        JSON.stringify(spec),
        ...decision.diagnostics.map(formatDiagnostic),
        verdict.ok ? "" : verdict.reason,
      ].join("\n");
    flat.add(decision.valid, verdict.ok, describe);
    if (decision.valid && verdict.ok && decision.attempt.exports.length > 0) {
      await composeAgain(shop, nested, { components, composed: verdict.bytes, describe });
    }
  }
  return { flat: flat.report(), nested: nested.report() };
}

async function composeAgain(
  shop: Workshop,
  tally: Tally,
  inner: { components: Components; composed: Uint8Array; describe: () => string },
): Promise<void> {
  const { tables, bytes } = inner.components;
  const some = [...tables.keys()].slice(0, 2).map((component) => ({ name: `o-${component}`, component }));
  const spec = { name: "outer", instances: [{ name: "inner", component: "composed" }, ...some] };
  const decision = decide(spec, new Map(tables).set("composed", await shop.inspect(inner.composed)));
  if (decision.diagnostics.some(({ code }) => code === "ambiguous-import")) {
    tally.skip();
    return;
  }
  const verdict = await shop.compose(decision.attempt, new Map(bytes).set("composed", inner.composed));
  const describe = () =>
    [inner.describe(), ...decision.diagnostics.map(formatDiagnostic), verdict.ok ? "" : verdict.reason].join("\n");
  tally.add(decision.valid, verdict.ok, describe);
}

function makeInterfaces(random: Random, semver: boolean): Generated[] {
  const all: Generated[] = [];
  const count = 2 + random.below(3);
  for (let index = 0; index < count; index++) {
    const version = semver || random.chance(0.2) ? "@0.2.0" : "";
    const uses = new Map(
      all
        .filter(() => random.chance(0.5))
        .flatMap(({ name, resources }) =>
          resources.filter(() => random.chance(0.7)).map((one) => [one, name] as const),
        ),
    );
    const own = random.chance(0.7) || uses.size === 0 ? [`r${index}`] : [];
    const resources = [...uses.keys(), ...own];
    const lines = [
      ...[...uses].map(([resource, from]) => `use ${from}.{${resource}};`),
      ...own.map((resource) => `resource ${resource} { constructor(); get: func() -> u32; }`),
      ...resources
        .filter(() => random.chance(0.9))
        .map((one, at) => `f${at}: func(a: ${handle(random, one)}) -> ${random.pick(resources)};`),
    ];
    const name = `t:i${index}/x${version}`;
    all.push({ name, resources, text: `package t:i${index}${version} { interface x { ${lines.join(" ")} } }` });
  }
  return all;
}

function handle(random: Random, resource: string): string {
  return random.chance(0.5) ? `borrow<${resource}>` : resource;
}

async function makeComponents(
  shop: Workshop,
  random: Random,
  { interfaces, semver, index }: { interfaces: readonly Generated[]; semver: boolean; index: number },
): Promise<Components> {
  const made: Components = { tables: new Map(), bytes: new Map(), worlds: [] };
  const newer = (text: string) =>
    text.replaceAll("@0.2.0", "@0.2.1").replace(/} }$/, index % 2 === 0 ? "extra: func(); } }" : "} }");
  const count = 2 + random.below(3);
  for (let at = 0; at < count; at++) {
    const world = [
      ...interfaces.filter(() => random.chance(0.4)).map(({ name }) => `import ${name};`),
      ...interfaces.filter(() => random.chance(0.4)).map(({ name }) => `export ${name};`),
    ];
    if (random.chance(0.2)) {
      const { name, resources } = random.pick(interfaces);
      const verb = random.pick(["import", "export"]);
      world.push(`use ${name}.{${resources[0]}}; ${verb} plain: func(a: ${handle(random, resources[0]!)});`);
    }
    // With `semver`, half of the components speak 0.2.1, which has a function more in some interfaces.
    const speaks = semver && random.chance(0.5) ? newer : (text: string) => text;
    const packages = interfaces.map(({ text }) => speaks(text)).join("\n");
    const text = `package t:w;\nworld w { ${speaks(world.join(" "))} }\n${packages}`;
    const name = `c${at}`;
    try {
      const { tables, bytes } = await shop.build(new Map([[name, { kind: "wit", text } as const]]));
      if (!tables.has(name)) continue;
      made.tables.set(name, tables.get(name)!);
      made.bytes.set(name, bytes.get(name)!);
      made.worlds.push(`${name}: ${speaks(world.join(" "))}`);
    } catch {
      // A world that imports and exports what it may not.
    }
  }
  return made;
}

function makeSpec(random: Random, tables: ReadonlyMap<string, TypeTable>, semver: boolean): WiringSpec {
  const names = [...tables.keys()];
  const count = 2 + random.below(4);
  const instances = Array.from({ length: count }, (_, at) => ({ name: `n${at}`, component: random.pick(names) }));
  const base = (name: string) => name.split("@")[0]!;
  const connections = instances.flatMap(({ name, component }, at) => {
    const imports = tables.get(component)!.imports.filter(() => random.chance(0.7));
    return imports.flatMap(({ name: item }) => {
      const makers = instances
        .slice(0, at)
        .filter((other) => tables.get(other.component)!.exports.some((offer) => base(offer.name) === base(item)));
      if (makers.length === 0) return [];
      return [{ from: `${name}/${item}`, to: `${random.pick(makers).name}/${semver ? base(item) : item}` }];
    });
  });
  const exports = new Map<string, { from: string }>();
  for (const { name, component } of instances) {
    for (const { name: item } of tables.get(component)!.exports) {
      if (random.chance(0.4)) exports.set(item, { from: `${name}/${item}` });
    }
  }
  const wiring = random.chance(0.5) ? ("Explicit" as const) : ("Auto" as const);
  return { name: "app", instances, connections, wiring, exports: [...exports.values()] };
}
