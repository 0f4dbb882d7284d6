import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@bytecodealliance/jco";
import { type Composer, startComposer } from "../../../../composer/index.ts";
import type { HostFunction, HostInstance, HostInterface } from "../../../../runner/host/host.ts";
import { link } from "../../../../runner/link/link.ts";
import type { Linker, LinkOptions } from "../../../../runner/link/linked.ts";
import type { Plan } from "../../../../runner/link/plan.ts";

const root = join(import.meta.dirname, "../../../..");

/** Bytes of a guest of guests/built. */
export function built(name: string): Uint8Array {
  return readFileSync(join(root, "guests/built", `${name}.wasm`));
}
/** Bytes of a guest of guests/wat. */
export async function wat(name: string): Promise<Uint8Array> {
  return parse(readFileSync(join(root, "guests/wat", `${name}.wat`), "utf8"));
}

export interface Flat {
  readonly plan: Plan;
  readonly modules: readonly WebAssembly.Module[];
}
/** A composer for one test file; close it at the end. */
export function flattener(): { flatten(bytes: Uint8Array): Promise<Flat>; readonly composer: Composer } {
  const composer = startComposer();
  return {
    composer,
    async flatten(bytes) {
      const { plan, modules } = await composer.flatten(bytes, { deadlines: true });
      return { plan, modules: modules.map((one) => new WebAssembly.Module(one as Uint8Array<ArrayBuffer>)) };
    },
  };
}

export function hostInstance(path: readonly string[]): HostInstance {
  return { instance: path[0] ?? "", grants: {}, services: undefined as never };
}
/** One interface of fixed functions. */
export function host(name: string, functions: Readonly<Record<string, HostFunction>>): HostInterface {
  return { name, speaks: () => true, bind: () => functions };
}
/** Answers every import that `hosts` leave open with a trap. */
export function linkWithStubs({ plan, modules }: Flat, options: Partial<LinkOptions> = {}): Linker {
  const all = { hosts: [], hostInstance, memoryBytes: 64 * 1024 * 1024, ...options };
  const stub: HostFunction = {
    kind: "core",
    call: () => {
      throw new TypeError("stub");
    },
  };
  const open = new Map<string, Record<string, HostFunction>>();
  for (const { interface: name, function: member } of link(plan, modules, all).missing)
    open.set(name, { ...open.get(name), [member]: stub });
  const stubs = [...open].map(([name, functions]) => host(name.split("@")[0]!, functions));
  return link(plan, modules, { ...all, hosts: [...all.hosts, ...stubs] });
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new TypeError("it did not reject");
}
