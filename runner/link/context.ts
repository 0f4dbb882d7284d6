import type { AbiContext } from "../abi/context.ts";
import { unexpected } from "../abi/error.ts";
import { type Encoding, GuestMemory } from "../abi/memory.ts";
import { type GuestContext, Trap } from "../host/host.ts";
import type { Fate } from "./fate.ts";
import { type HandleTable, someHostResource } from "./handles.ts";

/** What the contexts of one linked instance share. */
export interface ContextParts {
  readonly encoding: Encoding;
  readonly componentInstance: number;
  readonly handles: HandleTable;
  readonly fate: Fate;
  readonly resources: ResourceTypes;
}
/** What is known of resources by the number of a resource table. */
export interface ResourceTypes {
  /** The resource of a table. */
  of(table: number): number;
  isHost(resource: number): boolean;
  /** The component instance that defines a guest's resource. */
  definedBy(resource: number): number | undefined;
}

/** A resource that a guest defines, in the hands of the host. */
export class GuestResource {
  readonly resource: number;
  readonly rep: number;
  /** False once given back to a guest or dropped. */
  owned = true;
  constructor(resource: number, rep: number) {
    this.resource = resource;
    this.rep = rep;
  }
}

/**
 * A canonical context: one memory with its allocator, and the handle table of its component instance. Several contexts
 * of one instance share the table: an adapter module inside it has an allocator of its own.
 */
export class Context extends GuestMemory implements GuestContext, AbiContext {
  readonly componentInstance: number;
  readonly handles: HandleTable;
  readonly #fate: Fate;
  readonly #resources: ResourceTypes;

  constructor(parts: ContextParts) {
    super(parts.encoding);
    this.componentInstance = parts.componentInstance;
    this.handles = parts.handles;
    this.#fate = parts.fate;
    this.#resources = parts.resources;
  }

  view(): DataView {
    this.refresh();
    return this.data;
  }
  bytes(): Uint8Array {
    this.refresh();
    return this.octets;
  }
  readBytes(pointer: number, length: number): Uint8Array {
    this.refresh();
    const at = this.check(pointer, length >>> 0, 1);
    return this.octets.slice(at, at + (length >>> 0));
  }
  readString(pointer: number, length: number): string {
    this.begin();
    return this.loadString(pointer, length);
  }
  writeBytes(bytes: Uint8Array, target: number): void {
    const pointer = this.allocate(1, bytes.length);
    this.octets.set(bytes, pointer);
    this.#writePair(pointer, bytes.length, target);
  }
  writeString(text: string, target: number): void {
    const [pointer, length] = this.storeString(text);
    this.#writePair(pointer, length, target);
  }
  #writePair(pointer: number, length: number, target: number): void {
    const at = this.check(target, 8, 4);
    this.data.setUint32(at, pointer, true);
    this.data.setUint32(at + 4, length, true);
  }

  add(object: object): number {
    return this.handles.add(object, someHostResource);
  }
  get<T>(handle: number, type: abstract new (...args: never[]) => T): T {
    const object = this.handles.peek(handle);
    if (!(object instanceof type)) throw new Trap(`handle of another resource type: ${handle}, not a ${type.name}`);
    return object;
  }
  take<T>(handle: number, type: abstract new (...args: never[]) => T): T {
    this.get(handle, type);
    return this.handles.takeAny(handle) as T;
  }

  liftOwn(table: number, handle: number): object {
    const resource = this.#resources.of(table);
    const rep = this.handles.take(handle, resource);
    return this.#resources.isHost(resource) ? (rep as object) : new GuestResource(resource, rep as number);
  }
  liftBorrow(table: number, handle: number): object {
    const resource = this.#resources.of(table);
    const rep = this.handles.rep(handle, resource);
    return this.#resources.isHost(resource) ? (rep as object) : new GuestResource(resource, rep as number);
  }
  lowerOwn(table: number, value: unknown): number {
    const resource = this.#resources.of(table);
    if (this.#resources.isHost(resource)) return this.handles.add(hostObject(value), resource);
    const own = guestResource(value, resource);
    own.owned = false;
    return this.handles.add(own.rep, resource);
  }
  lowerBorrow(table: number, value: unknown): number {
    const resource = this.#resources.of(table);
    const host = this.#resources.isHost(resource);
    const rep = host ? hostObject(value) : guestResource(value, resource).rep;
    if (!host && this.#resources.definedBy(resource) === this.componentInstance) return rep as number;
    const scope = this.#fate.scope;
    if (scope === undefined) throw new Trap("a borrow was passed outside a call");
    return this.handles.addBorrow(rep, resource, scope);
  }
}

function hostObject(value: unknown): object {
  if (typeof value !== "object" || value === null) throw unexpected("an object of the resource's class", value);
  return value;
}
function guestResource(value: unknown, resource: number): GuestResource {
  if (!(value instanceof GuestResource) || value.resource !== resource)
    throw unexpected("a resource of this instance", value);
  if (!value.owned) throw unexpected("a resource that is still owned, not one given away or dropped", value);
  return value;
}
