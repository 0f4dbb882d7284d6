import type { AbiContext } from "../abi/context.ts";
import { unexpected } from "../abi/error.ts";
import { type Encoding, GuestMemory } from "../abi/memory.ts";
import { type GuestContext, type ResourceClass, Trap } from "../host/host.ts";
import type { Fate } from "./fate.ts";
import { GuestResource } from "./guest-resource.ts";
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
  /** The class that a host declared for its resource. */
  classOf(resource: number): ResourceClass | undefined;
  /** Whether an object is of the class that a host declared for its resource; nothing is where it declared none. */
  fits(object: unknown, resource: number): boolean;
  /** The object that stands for a guest's resource in the host's hands. */
  wrap(resource: number, rep: number): GuestResource;
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
  recount(object: object): void {
    this.handles.budget.recount(object);
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
    return this.#lift(resource, this.handles.take(handle, resource));
  }
  liftBorrow(table: number, handle: number): object {
    const resource = this.#resources.of(table);
    return this.#lift(resource, this.handles.rep(handle, resource));
  }
  #lift(resource: number, rep: unknown): object {
    if (!this.#resources.isHost(resource)) return this.#resources.wrap(resource, rep as number);
    const type = this.#resources.classOf(resource);
    if (type !== undefined && !(rep instanceof type))
      throw new Trap(`handle of another resource type, not ${type.name}`);
    return rep as object;
  }

  lowerOwn(table: number, value: unknown): number {
    const resource = this.#resources.of(table);
    if (this.#resources.isHost(resource)) return this.handles.add(this.#hostObject(value, resource), resource);
    const own = guestResource(value, resource);
    own.owned = false;
    return this.handles.add(own.rep, resource);
  }
  lowerBorrow(table: number, value: unknown): number {
    const resource = this.#resources.of(table);
    const host = this.#resources.isHost(resource);
    const rep = host ? this.#hostObject(value, resource) : guestResource(value, resource).rep;
    if (!host && this.#resources.definedBy(resource) === this.componentInstance) return rep as number;
    const scope = this.#fate.scope;
    if (scope === undefined) throw new Trap("a borrow was passed outside a call");
    return this.handles.addBorrow(rep, resource, scope);
  }
  #hostObject(value: unknown, resource: number): object {
    const type = this.#resources.classOf(resource);
    const fits = typeof value === "object" && value !== null && (type === undefined || value instanceof type);
    if (!fits) throw unexpected(`an object of the class ${type?.name ?? "of the resource"}`, value);
    return value;
  }
}

function guestResource(value: unknown, resource: number): GuestResource {
  if (!(value instanceof GuestResource) || value.resource !== resource)
    throw unexpected("a resource of this instance", value);
  if (!value.owned) throw unexpected("a resource that is still owned, not one given away or dropped", value);
  return value;
}
