/**
 * `tenon/link`: components in Node without generated code.
 *
 * Values are mapped as jco maps them. Exported functions return promises: a host function may be asynchronous, the guest
 * waits. A trap rejects, and poisons the instance: every later call rejects with the same trap.
 */
import { startComposer } from "../../composer/index.ts";
import { makeExports, resourceNames } from "./library-exports.ts";
import { type ComponentImports, hostsOf } from "./library-imports.ts";
import { refuseMissing } from "./link.ts";
import type { LinkOptions } from "./linked.ts";
import { LinkedInstance } from "./linked-instance.ts";
import { prepare } from "./prepare.ts";

export { AbiError } from "../abi/error.ts";
export { Trap } from "../host/host.ts";
export { LinkError } from "./error.ts";
export { ComponentError } from "./library-error.ts";
export type { ComponentImports } from "./library-imports.ts";

/** Bounds of one instance. */
export interface InstantiateOptions {
  /** Bytes that one linear memory may grow to; 1 GiB. */
  readonly memoryBytes?: number;
}

/**
 * The exports of a component: interfaces by their names, with and without a version, holding functions in camelCase and
 * resources as classes; functions exported by themselves beside them.
 */
export type ComponentExports = Readonly<Record<string, unknown>>;

const defaultMemoryBytes = 1024 * 1024 * 1024;

/** Whether the bytes are a valid component that can run here. Says no more; `instantiate` says why not. */
export async function validate(bytes: Uint8Array): Promise<boolean> {
  const composer = startComposer();
  try {
    const { modules } = await composer.flatten(bytes, { deadlines: false });
    return modules.every((module) => WebAssembly.validate(module as Uint8Array<ArrayBuffer>));
  } catch {
    return false;
  } finally {
    await composer.close();
  }
}

/**
 * Instantiates a component. `imports` are given as jco takes them: interfaces by name (with or without a version), each
 * with functions in camelCase and resources as classes. A function whose type is a `result` fails by throwing the error's
 * payload, or an error with a `payload`; any other error ends the guest as a trap.
 * Rejects with a `ComposerError` for bytes that are no component, a `LinkError` for missing imports, or a `Trap`.
 */
export async function instantiate(
  bytes: Uint8Array,
  imports: ComponentImports = {},
  options: InstantiateOptions = {},
): Promise<ComponentExports> {
  const composer = startComposer();
  try {
    const { plan, modules } = await composer.flatten(bytes, { deadlines: false });
    const compiled = await Promise.all(modules.map((one) => WebAssembly.compile(one as Uint8Array<ArrayBuffer>)));
    const linkOptions: LinkOptions = {
      hosts: hostsOf(plan, imports),
      hostInstance: () => noHostInstance,
      memoryBytes: options.memoryBytes ?? defaultMemoryBytes,
    };
    const prepared = prepare(plan, compiled, linkOptions);
    refuseMissing(prepared);
    const resources = resourceNames();
    const linked = new LinkedInstance(prepared, linkOptions, resources.wrap);
    return makeExports(plan, linked, resources);
  } finally {
    await composer.close();
  }
}

/** Imports come from the caller, not from grants. */
const noHostInstance = { instance: "", grants: {}, services: undefined as never };
