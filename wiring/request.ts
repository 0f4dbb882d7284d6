import type { Wiring } from "./spec.ts";

/** A wiring as `compose` takes it: instances name their component by its index. */
export interface ComposeRequest {
  readonly instances: readonly { readonly name: string; readonly component: number }[];
  readonly edges: readonly {
    readonly from: { readonly instance: string; readonly item: string };
    readonly to: { readonly instance: string; readonly item: string; readonly inner?: string };
  }[];
  readonly exports: readonly { readonly name: string; readonly instance: string; readonly item: string }[];
}

/**
 * Turns a decided wiring into what `compose` takes, with the components that it needs in the order of their indexes: the
 * first name of each, by `identify` (the digest of its bytes), because one binary is encoded once.
 */
export function makeComposeRequest(
  { instances, edges, exports }: Wiring,
  identify: (component: string) => string,
): { readonly components: readonly string[]; readonly request: ComposeRequest } {
  const numbers = new Map<string, number>();
  const components: string[] = [];
  const numberOf = (component: string): number => {
    const id = identify(component);
    const known = numbers.get(id);
    if (known !== undefined) return known;
    numbers.set(id, components.length);
    return components.push(component) - 1;
  };
  const request = {
    instances: instances.map(({ name, component }) => ({ name, component: numberOf(component) })),
    edges: edges.map(({ from, to }) => ({ from: { instance: from.instance, item: from.item }, to: { ...to } })),
    exports: exports.map(({ name, instance, item }) => ({ name, instance, item })),
  };
  return { components, request };
}
