import { Trap } from "../host/host.ts";
import type { ResourceTypes } from "./context.ts";
import type { Fate } from "./fate.ts";
import type { HandleTable } from "./handles.ts";

/** The resource functions of a plan, over the handle tables of one linked instance. */
export interface ResourceParts {
  readonly tables: readonly HandleTable[];
  readonly types: ResourceTypes;
  /** The component instance that a resource table belongs to. */
  readonly ownerOf: (table: number) => number;
  readonly fate: Fate;
}

/** `resource.new`: an owned handle for a representation of the guest's own. */
export function resourceNew({ tables, types }: ResourceParts, instance: number, table: number) {
  const handles = tables[instance]!;
  const resource = types.of(table);
  return (rep: number) => handles.add(rep, resource);
}

/** `resource.rep`. */
export function resourceRep({ tables, types }: ResourceParts, instance: number, table: number) {
  const handles = tables[instance]!;
  const resource = types.of(table);
  return (handle: number) => handles.rep(handle, resource) as number;
}

/**
 * `resource.drop`. A host object that was owned is disposed of; for a guest's own resource the answer is the
 * representation that its destructor must end, or -1.
 */
export function resourceDrop({ tables, types }: ResourceParts, instance: number, table: number) {
  const handles = tables[instance]!;
  const resource = types.of(table);
  const isHost = types.isHost(resource);
  return (handle: number) => {
    const { owned, rep } = handles.drop(handle, resource);
    if (!owned) return -1;
    if (!isHost) return (rep as number) >>> 0;
    dispose(rep);
    return -1;
  };
}

/** `transfer.own`: moves an owned handle from one component instance to another. */
export function transferOwn({ tables, types, ownerOf }: ResourceParts) {
  return (handle: number, from: number, to: number) => {
    const rep = tables[ownerOf(from)]!.take(handle, types.of(from));
    return tables[ownerOf(to)]!.add(rep, types.of(to));
  };
}

/**
 * `transfer.borrow`: lends a handle to the call that begins. The instance that defines the resource gets the
 * representation itself, any other a handle that it must drop before it returns.
 */
export function transferBorrow({ tables, types, ownerOf, fate }: ResourceParts) {
  return (handle: number, from: number, to: number) => {
    const source = tables[ownerOf(from)]!;
    const target = ownerOf(to);
    const resource = types.of(to);
    const rep = source.rep(handle, types.of(from));
    const scope = fate.scope;
    if (scope === undefined) throw new Trap("a borrow was passed outside a call");
    source.lend(handle, scope);
    if (types.definedBy(resource) === target) return rep as number;
    return tables[target]!.addBorrow(rep, resource, scope);
  };
}

/** Begins a call between components that lends handles. */
export function enterCall({ fate }: Pick<ResourceParts, "fate">) {
  return () => {
    fate.scope = { up: fate.scope, borrows: 0, lent: [] };
  };
}
/** Ends it: what was lent comes back; a borrow that the callee kept is a trap. */
export function exitCall({ fate }: Pick<ResourceParts, "fate">) {
  return () => {
    const scope = fate.scope;
    if (scope === undefined) throw new Trap("a call ended that had not begun");
    if (scope.borrows > 0) throw new Trap(`${scope.borrows} borrowed handles were not dropped before the call ended`);
    for (const [table, handle] of scope.lent) table.unlend(handle);
    fate.scope = scope.up;
  };
}

/** Ends a host object that no guest owns any more. */
export function dispose(object: unknown): void {
  (object as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
}
