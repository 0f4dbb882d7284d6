import { camelCase, pascalCase } from "../abi/names.ts";
import { HostError } from "../host/host.ts";
import type { Callable } from "./callable.ts";
import { parseFunctionName } from "./function-names.ts";
import { GuestResource, type WrapResource } from "./guest-resource.ts";
import { ComponentError } from "./library-error.ts";
import type { LinkedInstance } from "./linked-instance.ts";
import type { Plan } from "./plan.ts";

/** The classes of a component's own resources, by resource number. */
export interface ResourceNames {
  readonly wrap: WrapResource;
  readonly classes: Map<number, typeof GuestResource>;
}

/** Classes are filled in when the exports are made: own handles that come out of the guest are of them. */
export function resourceNames(): ResourceNames {
  const classes = new Map<number, typeof GuestResource>();
  return {
    classes,
    wrap: (resource, rep) =>
      Reflect.construct(GuestResource, [resource, rep], classes.get(resource) ?? GuestResource) as GuestResource,
  };
}

/** The object that `instantiate` gives. */
export function makeExports(plan: Plan, linked: LinkedInstance, { classes }: ResourceNames): Record<string, unknown> {
  const exports: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(plan.exports)) {
    if ("func" in item) {
      exports[camelCase(name)] = asFunction(linked.func("", name)!);
      continue;
    }
    const members: Record<string, unknown> = {};
    for (const [resource, table] of Object.entries(item.resources ?? {})) {
      const number = plan.resourceTables[table]?.[0] ?? -1;
      const type = classes.get(number) ?? makeClass(pascalCase(resource), linked);
      classes.set(number, type);
      members[pascalCase(resource)] = type;
    }
    for (const member of Object.keys(item.instance)) addMember(members, member, linked.func(name, member)!);
    exports[name] = members;
    const [base = ""] = name.split("@");
    if (base !== name && !(base in plan.exports)) exports[base] = members;
  }
  return exports;
}

function makeClass(name: string, linked: LinkedInstance): typeof GuestResource {
  const type = class extends GuestResource {
    [Symbol.dispose](): void {
      linked.dropResource(this);
    }
  };
  Object.defineProperty(type, "name", { value: name });
  return type;
}

// biome-ignore lint/suspicious/noExplicitAny: classes whose members come from the plan
type AnyClass = any;

function addMember(members: Record<string, unknown>, name: string, callable: Callable): void {
  const { kind, resource, member } = parseFunctionName(name);
  if (kind === "plain") {
    members[camelCase(member)] = asFunction(callable);
    return;
  }
  const className = pascalCase(resource!);
  const type = members[className] as AnyClass;
  if (kind === "constructor") members[className] = withConstructor(type, callable);
  else if (kind === "static") type[camelCase(member)] = asFunction(callable);
  else {
    const call = asFunction(callable);
    type.prototype[camelCase(member)] = function (this: GuestResource, ...args: unknown[]) {
      return call(this, ...args);
    };
  }
}

/** `new` calls the guest at once. The class stays the same: what comes out of the guest is an instance of it. */
function withConstructor(type: AnyClass, callable: Callable): unknown {
  return new Proxy(type, {
    construct: (_, args) => failing(() => callable.callNow(...args)) as object,
  });
}

function asFunction(callable: Callable): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    try {
      return await callable.call(...args);
    } catch (error) {
      throw asComponentError(error);
    }
  };
}
function failing<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asComponentError(error);
  }
}
function asComponentError(error: unknown): unknown {
  return error instanceof HostError ? new ComponentError(error.payload) : error;
}
