import type { FoundEdge } from "./edges.ts";
import { LinkError } from "./error.ts";
import type { Probes } from "./linked.ts";
import { leb, ModuleBuilder, op, signature, sleb } from "./wasm.ts";

/** Bytes of one edge's counters: calls begun and calls that returned, a u64 each. */
const edgeBytes = 16;

/** The probes of the edges that one adapter instance serves. */
export interface ProbeModule {
  readonly module: WebAssembly.Module;
  /** Edge numbers, and the adapter's export that each of them calls. */
  readonly edges: ReadonlyMap<number, string>;
}

/** Names of a probe module's imports and exports. */
export const probeNames = { module: "tenon-probes", edge: (edge: number) => `edge${edge}` } as const;

/**
 * Trampolines that count calls, by the number of the adapter instance before which they stand. They are wasm, so that a
 * suspended call may pass through them. Throws `LinkError` where the counters do not fit the memory.
 */
export function makeProbes(edges: readonly FoundEdge[], probes: Probes): ReadonlyMap<number, ProbeModule> {
  if (probes.memory.buffer.byteLength < edges.length * edgeBytes) {
    const sizes = `${edges.length} edges need ${edges.length * edgeBytes} bytes, it has ${probes.memory.buffer.byteLength}`;
    throw new LinkError("invalid-plan", `Cannot put counters into the memory given for probes: ${sizes}`);
  }
  const shared = Object.prototype.toString.call(probes.memory.buffer) === "[object SharedArrayBuffer]";
  const adapters = new Map<number, { readonly edge: number; readonly found: FoundEdge }[]>();
  edges.forEach((found, edge) => {
    const group = adapters.get(found.adapter) ?? [];
    group.push({ edge, found });
    adapters.set(found.adapter, group);
  });
  return new Map([...adapters].map(([adapter, group]) => [adapter, makeModule(group, shared)]));
}

function makeModule(
  group: readonly { readonly edge: number; readonly found: FoundEdge }[],
  shared: boolean,
): ProbeModule {
  const builder = new ModuleBuilder(probeNames.module);
  builder.importMemory("tenon", "counters", shared);
  const callees = group.map(({ edge, found }) => builder.importFunc("edges", probeNames.edge(edge), found.core));
  group.forEach(({ edge, found }, index) => {
    const args = signature(found.core).params.flatMap((_, i) => [op.localGet, ...leb(i)]);
    const call = [...args, op.call, ...leb(callees[index]!)];
    const code = [...count(edge * edgeBytes), ...call, ...count(edge * edgeBytes + 8)];
    builder.func(probeNames.edge(edge), found.core, [], code);
  });
  const names = group.map(({ edge, found }) => [edge, found.export] as const);
  return { module: new WebAssembly.Module(builder.build()), edges: new Map(names) };
}

/** Adds one to the u64 at `address`. */
function count(address: number): number[] {
  const at = [op.i32Const, ...sleb(address)];
  return [...at, ...at, op.i64Load, 3, 0, op.i64Const, 1, op.i64Add, op.i64Store, 3, 0];
}
