import { speaks } from "./catalogue.ts";
import { typed } from "./functions.ts";
import type { HostFunction, HostInstance, HostInterface } from "./host.ts";

/** `wasi:config`, by its two names: the keys of the instance's `grants.config`, none without the grant. */
export const configInterfaces: readonly HostInterface[] = ["wasi:config/store", "wasi:config/runtime"].map((name) => ({
  name,
  speaks: speaks(name),
  bind: (_guest, host) => bindConfig(host),
}));

function bindConfig({ grants }: HostInstance): Record<string, HostFunction> {
  const values = new Map(Object.entries(grants.config ?? {}));
  return {
    get: typed((key: string) => values.get(key)),
    "get-all": typed(() => [...values]),
  };
}
