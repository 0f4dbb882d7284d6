import { types } from "node:util";
import { camelCase, pascalCase } from "../abi/names.ts";
import {
  HostError,
  type HostFunction,
  type HostInterface,
  type ResourceClass,
  type TypedFunction,
} from "../host/host.ts";
import { parseFunctionName } from "./function-names.ts";
import type { Plan } from "./plan.ts";

// biome-ignore lint/suspicious/noExplicitAny: the caller's own functions and classes
type Given = any;
/** Interfaces by name; a function that is imported by itself stands under its own name, or as `default` of it. */
export type ComponentImports = Readonly<Record<string, Given>>;

/** The caller's imports as host interfaces: one for each that the component asks for and that is given. */
export function hostsOf(plan: Plan, imports: ComponentImports): HostInterface[] {
  const wanted = new Map<string, string[]>();
  for (const step of plan.steps) {
    if (step.op !== "lower") continue;
    const name = step.path.length === 0 ? "" : step.interface;
    wanted.set(name, [...(wanted.get(name) ?? []), step.path[0] ?? step.interface]);
  }
  return [...wanted].map(([name, functions]) => {
    const [base = "", version = ""] = name.split("@");
    const given = name === "" ? imports : (own(imports, name) ?? own(imports, base));
    const found = functions.flatMap((one): [string, HostFunction][] => {
      const call = findFunction(given, one);
      return call === undefined ? [] : [[one, { kind: "typed", blocking: true, call: withPayload(call) }]];
    });
    const functionsByName = Object.fromEntries(found);
    return {
      name: base,
      speaks: (asked) => asked === version,
      bind: () => functionsByName,
      resources: classesOf(plan, name, given),
    };
  });
}

function own(object: Given, key: string): Given {
  return (typeof object === "object" || typeof object === "function") && object !== null && key in object
    ? unlessInherited(object, key)
    : undefined;
}

/** What every object or function has (`constructor`, `toString`…) was not given by the caller. */
function unlessInherited(object: Given, key: string): Given {
  const value = object[key];
  if (Object.hasOwn(object, key)) return value;
  const root = (typeof object === "function" ? Function : Object).prototype as Given;
  return key === "constructor" || (key in root && value === root[key]) ? undefined : value;
}

function findFunction(given: Given, name: string): TypedFunction | undefined {
  const { kind, resource, member } = parseFunctionName(name);
  const type = resource === undefined ? undefined : own(given, pascalCase(resource));
  if (kind === "plain") {
    const call = own(given, camelCase(member)) ?? own(given, member);
    const plain = typeof call === "function" ? call : own(call, "default");
    return typeof plain === "function" ? (...args) => plain.call(given, ...args) : undefined;
  }
  if (typeof type !== "function") return undefined;
  const key = camelCase(member);
  if (kind === "constructor") return (...args) => new type(...args);
  if (kind === "static") return typeof type[key] === "function" ? (...args) => type[key](...args) : undefined;
  // not asked of the prototype: an object may hold its methods itself
  return (self, ...args) => self[key](...args);
}

function classesOf(plan: Plan, name: string, given: Given): Record<string, ResourceClass> {
  const classes: Record<string, ResourceClass> = {};
  for (const [interfaceName, [resource]] of plan.importedResources) {
    const type = resource === undefined ? undefined : own(given, pascalCase(resource));
    if (interfaceName === name && typeof type === "function") classes[resource!] = type;
  }
  return classes;
}

/** As in jco: the `payload` of an error, or whatever else was thrown, is the `err`; other errors are mistakes. */
function withPayload(call: TypedFunction): TypedFunction {
  const translate = (error: unknown): never => {
    if (error instanceof HostError) throw error;
    if (typeof error === "object" && error !== null && Object.hasOwn(error, "payload"))
      throw new HostError((error as { payload: unknown }).payload);
    throw types.isNativeError(error) ? error : new HostError(error);
  };
  return (...args) => {
    try {
      const answer = call(...args);
      return types.isPromise(answer) ? answer.catch(translate) : answer;
    } catch (error) {
      return translate(error);
    }
  };
}
