import { isStateless, Trap } from "../host/host.ts";
import { Budget } from "./budget.ts";

/**
 * Stands for the resource of an object that a hand-written host function added: such functions know classes, not
 * numbers, and two versions of an interface share a class. Where a resource is asked for, the object's class tells.
 */
export const someHostResource = -1;

/** Handles that one component instance may hold at once. */
const maxHandles = 1 << 20;
const free = -2;
/** In `lends`: the handle is a borrow. */
const borrowed = -1;

/** Whether an object may be taken for one of a resource. */
export type Fits = (object: unknown, resource: number) => boolean;

/** Borrows of one call, nested like the calls. What was lent may not be dropped before the call ends. */
export interface BorrowScope {
  readonly up: BorrowScope | undefined;
  /** Borrow handles made for the call that are still in the callee's table. */
  borrows: number;
  readonly lent: [table: HandleTable, handle: number][];
}

/**
 * The handles of one component instance, of all resource types together (CanonicalABI.md, "Resource State").
 * Index 0 is never valid; freed indices are used again, last first.
 */
export class HandleTable {
  /** What the host objects that are owned here hold, and those of the tables that share it. */
  readonly budget: Budget;
  readonly #fits: Fits;
  #reps: unknown[] = [undefined];
  #resources: number[] = [free];
  #lends: number[] = [0];
  #scopes: (BorrowScope | undefined)[] = [undefined];
  #free: number[] = [];
  #saved: SavedHandles | undefined;

  /** `fits` says whether an object is of the class of a host's resource; the tables of one linked instance share `budget`. */
  constructor(fits: Fits, budget = new Budget()) {
    this.#fits = fits;
    this.budget = budget;
  }

  /** A new owned handle. */
  add(rep: unknown, resource: number): number {
    if (typeof rep === "object" && rep !== null) this.budget.count(rep);
    return this.#add(rep, resource, 0, undefined);
  }
  /** A new borrow handle that must be dropped before `scope` ends. */
  addBorrow(rep: unknown, resource: number, scope: BorrowScope): number {
    scope.borrows++;
    return this.#add(rep, resource, borrowed, scope);
  }

  /** What any handle stands for, whatever its type; the caller checks. */
  peek(handle: number): unknown {
    this.#known(handle);
    return this.#reps[handle];
  }
  /** What a handle of `resource` stands for. */
  rep(handle: number, resource: number): unknown {
    this.#typed(handle, resource);
    return this.#reps[handle];
  }
  /** True for an owned handle. */
  owns(handle: number): boolean {
    return this.#lends[handle]! >= 0;
  }

  /** Takes an owned handle out; a trap if it is a borrow or lent. */
  take(handle: number, resource: number): unknown {
    this.#typed(handle, resource);
    return this.takeAny(handle);
  }
  takeAny(handle: number): unknown {
    this.#known(handle);
    const lends = this.#lends[handle]!;
    if (lends === borrowed) throw new Trap(`cannot give away a borrowed handle: ${handle}`);
    if (lends > 0) throw new Trap(`cannot remove an owned handle while it is borrowed: ${handle}`);
    return this.#remove(handle);
  }
  /** Drops any handle; `owned` says whether the resource itself ends with it. */
  drop(handle: number, resource: number): { readonly owned: boolean; readonly rep: unknown } {
    this.#typed(handle, resource);
    if (this.owns(handle)) return { owned: true, rep: this.takeAny(handle) };
    this.#scopes[handle]!.borrows--;
    return { owned: false, rep: this.#remove(handle) };
  }

  /** Lends a handle to the call of `scope`; a borrow needs no count, its own scope outlives the call. */
  lend(handle: number, scope: BorrowScope): void {
    if (!this.owns(handle)) return;
    this.#lends[handle]!++;
    scope.lent.push([this, handle]);
  }
  unlend(handle: number): void {
    this.#lends[handle]!--;
  }

  /** Live handles. */
  get size(): number {
    return this.#reps.length - 1 - this.#free.length;
  }

  /** Host objects that are owned here. */
  *hostObjects(): Iterable<object> {
    for (let handle = 1; handle < this.#reps.length; handle++) {
      const rep = this.#reps[handle];
      if (this.#resources[handle] !== free && this.owns(handle) && typeof rep === "object" && rep !== null) yield rep;
    }
  }

  /** Forgets all handles and gives the host objects that were owned. */
  clear(): object[] {
    const objects = [...this.hostObjects()];
    for (const object of objects) this.budget.release(object);
    this.#reps = [undefined];
    this.#resources = [free];
    this.#lends = [0];
    this.#scopes = [undefined];
    this.#free = [];
    return objects;
  }

  /** Keeps the table as it is now. */
  save(): void {
    this.#saved = {
      reps: [...this.#reps],
      resources: [...this.#resources],
      lends: [...this.#lends],
      free: [...this.#free],
      objects: new Set(this.hostObjects()),
    };
  }
  /**
   * False where a host object of the saved table has been given away or dropped, or has a state: neither can come back.
   */
  canRestore(): boolean {
    if (this.#saved === undefined) return false;
    if (this.#saved.objects.size === 0) return true;
    for (const object of this.#saved.objects) if (!isStateless(object)) return false;
    const now = new Set(this.hostObjects());
    for (const object of this.#saved.objects) if (!now.has(object)) return false;
    return true;
  }
  /** Brings the saved table back and returns the host objects that were added since. */
  restore(): object[] {
    const { reps, resources, lends, free: freed, objects } = this.#saved!;
    const added: object[] = [];
    for (const object of this.hostObjects()) if (!objects.has(object)) added.push(object);
    this.#reps = [...reps];
    this.#resources = [...resources];
    this.#lends = [...lends];
    this.#scopes = reps.map(() => undefined);
    this.#free = [...freed];
    for (const object of added) this.budget.release(object);
    return added;
  }

  #add(rep: unknown, resource: number, lends: number, scope: BorrowScope | undefined): number {
    const handle = this.#free.pop() ?? this.#reps.length;
    if (handle > maxHandles) throw new Trap(`more than ${maxHandles} handles`);
    this.#reps[handle] = rep;
    this.#resources[handle] = resource;
    this.#lends[handle] = lends;
    this.#scopes[handle] = scope;
    return handle;
  }
  #remove(handle: number): unknown {
    const rep = this.#reps[handle];
    if (typeof rep === "object" && rep !== null && this.owns(handle)) this.budget.release(rep);
    this.#reps[handle] = undefined;
    this.#resources[handle] = free;
    this.#scopes[handle] = undefined;
    this.#free.push(handle);
    return rep;
  }
  #known(handle: number): void {
    const resource = this.#resources[handle];
    if (resource === undefined || resource === free) throw new Trap(`unknown handle: ${handle >>> 0}`);
  }
  #typed(handle: number, resource: number): void {
    this.#known(handle);
    if (this.#resources[handle] === resource || this.#fits(this.#reps[handle], resource)) return;
    throw new Trap(`handle of another resource type: ${handle}`);
  }
}

interface SavedHandles {
  readonly reps: readonly unknown[];
  readonly resources: readonly number[];
  readonly lends: readonly number[];
  readonly free: readonly number[];
  readonly objects: ReadonlySet<object>;
}
