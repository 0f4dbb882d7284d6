import type { HostInterface, ResourceClass } from "../host/host.ts";
import type { ResourceTypes } from "./context.ts";
import { LinkError } from "./error.ts";
import { GuestResource, type WrapResource } from "./guest-resource.ts";
import type { Plan } from "./plan.ts";

/** What the plan and the hosts say of resources; shared by all instances of a plan. */
export interface PlanResources extends Omit<ResourceTypes, "wrap"> {
  /** The component instance that a resource table belongs to. */
  ownerOf(table: number): number;
}

/** Reads the resources of a plan. */
export function planResources(plan: Plan, hosts: readonly HostInterface[]): PlanResources {
  const hostCount = plan.importedResources.length;
  const definers = new Map<number, number>();
  for (const step of plan.steps) if (step.op === "resource") definers.set(step.index, step.componentInstance);
  const classes = plan.importedResources.map(([interfaceName, path]) => classFor(hosts, interfaceName, path));
  const entry = (table: number) => {
    const found = plan.resourceTables[table];
    if (found === undefined || found === null)
      throw new LinkError("invalid-plan", `Cannot link the plan: there is no resource table: ${table}`);
    return found;
  };
  return {
    of: (table) => entry(table)[0],
    ownerOf: (table) => entry(table)[1],
    isHost: (resource) => resource < hostCount,
    definedBy: (resource) => definers.get(resource),
    classOf: (resource) => classes[resource],
    fits: (object, resource) => {
      const type = classes[resource];
      return type !== undefined && object instanceof type;
    },
  };
}

/** For instances whose resources need no class of their own. */
export const plainResource: WrapResource = (resource, rep) => new GuestResource(resource, rep);

function classFor(
  hosts: readonly HostInterface[],
  interfaceName: string,
  path: readonly string[],
): ResourceClass | undefined {
  const [base = "", version = ""] = interfaceName.split("@");
  const name = path[path.length - 1] ?? "";
  const host = hosts.find((one) => one.name === base && one.speaks(version) && one.resources !== undefined);
  const classes = host?.resources ?? {};
  return Object.hasOwn(classes, name) ? classes[name] : undefined;
}
