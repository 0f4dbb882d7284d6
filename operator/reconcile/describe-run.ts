import type { Composition, CompositionStatus } from "../../api/composition.ts";
import type { GrantsSpec } from "../../api/grants.ts";
import { parseName } from "../../wiring/match.ts";
import type { HostImport, Wiring } from "../../wiring/spec.ts";
import { componentName } from "../compose/spec.ts";
import type { Resolved } from "../fetch/library.ts";

type InstanceStatus = NonNullable<CompositionStatus["instances"]>[number];

/** The bounds of the CRD. */
const maxListed = 10_000;

/** Every instance with the bytes that it runs. `old` has what was seen of them before. */
export function describeInstances(
  { spec }: Composition,
  components: ReadonlyMap<string, Resolved>,
  old: readonly InstanceStatus[] = [],
): InstanceStatus[] {
  const before = new Map(old.map((instance) => [instance.name, instance]));
  return spec.instances.map(({ name, component }) => {
    const wiringName = componentName(component);
    const digest = components.get(wiringName)?.digest;
    const known = before.get(name);
    const same = known !== undefined && known.digest === digest;
    return {
      name,
      component: component.name ?? wiringName.slice(0, 600),
      ...(digest === undefined ? {} : { digest }),
      state: same ? known.state : "Unknown",
      ...(same && known.lastTrap !== undefined ? { lastTrap: known.lastTrap } : {}),
    };
  });
}

/** Every connection, those that were made implicitly too. */
export function describeEdges({ edges }: Wiring): NonNullable<CompositionStatus["edges"]> {
  return edges
    .slice(0, maxListed)
    .map(({ from, to, how }) => ({ from: from.instance, to: to.instance, interface: from.item, how }));
}

/** Every import that the runner serves, and whether more than its empty form is. */
export function describeHostImports(
  { spec }: Composition,
  { hostImports }: Wiring,
): NonNullable<CompositionStatus["hostImports"]> {
  const grants = new Map(spec.instances.map((instance) => [instance.name, instance.grants]));
  return hostImports.slice(0, maxListed).map((one) => {
    return {
      instance: one.instance,
      interface: one.interface,
      granted: isGranted(one, grants.get(one.instance) ?? {}),
    };
  });
}

function isGranted({ interface: name }: HostImport, grants: GrantsSpec): boolean {
  const { base } = parseName(name);
  const needs = needed.find(([prefix]) => base.startsWith(prefix));
  return needs === undefined || needs[1].some((grant) => grants[grant] !== undefined);
}

/** Which grant opens an interface; what is not here needs none: clocks, randomness, the log. */
const needed: readonly (readonly [string, readonly (keyof GrantsSpec)[]])[] = [
  ["wasi:http/outgoing-handler", ["http"]],
  ["wasi:filesystem/", ["filesystem"]],
  ["wasi:sockets/", ["sockets"]],
  ["wasi:keyvalue/", ["keyvalue"]],
  ["wasi:config/", ["config", "configFrom"]],
  ["wasi:cli/environment", ["env", "args"]],
];
