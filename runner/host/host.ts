import type { Backend, Grants } from "../config.ts";

/**
 * The shape of a host interface: one file of this folder exports one or more of them.
 *
 * `bind` is called once per linked instance and canonical context, never per request; its closures are the hot path.
 */
export interface HostInterface {
  /** Without a version: `wasi:io/streams`. */
  readonly name: string;
  /** True for the versions that it speaks; the version is "" where the import has none. */
  readonly speaks: (version: string) => boolean;
  /** The import's functions by name as the component writes it: `[method]input-stream.read`, `[resource-drop]…` excluded. */
  readonly bind: (guest: GuestContext, host: HostInstance) => Readonly<Record<string, HostFunction>>;
  /**
   * Classes of its resources by their WIT names: a handle of any other class is refused by the linker. What a function
   * hands out with `GuestContext.add` is nobody's without it: its class is the only thing that says what it is.
   */
  readonly resources?: Readonly<Record<string, ResourceClass>>;
}
/** The class of a host's objects; its constructor may be private. */
export interface ResourceClass {
  readonly name: string;
  [Symbol.hasInstance](value: unknown): boolean;
}

/**
 * Classes declare with it that nothing a guest does with an object of theirs changes the object: `readonly [stateless] = true`.
 * An instance that holds others when its snapshot is taken is replaced, not reset.
 */
export const stateless: unique symbol = Symbol("stateless");

/** Whether the class of an object declares it `stateless`. */
export function isStateless(object: object): boolean {
  return stateless in object && object[stateless] === true;
}

/**
 * A host function.
 *
 * `core`: over core values, hand-written for the canonical ABI of its one signature; the fastest.
 * `typed`: over WIT values as jco maps them; the linker lifts and lowers by the plan's types.
 * Where `blocking` is true the function may return a promise: the guest is then suspended (JSPI) and the thread goes on;
 * a plain value costs nothing extra. Without it a promise is a mistake.
 */
export type HostFunction =
  | { readonly kind: "core"; readonly blocking?: boolean; readonly call: CoreFunction }
  | { readonly kind: "typed"; readonly blocking?: boolean; readonly call: TypedFunction };

/** Core values in and out, for the canonical ABI of one signature; none for a function without a result. */
// biome-ignore lint/suspicious/noExplicitAny: core values of a fixed signature that only the implementation knows
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a result may be written as one that returns nothing
export type CoreFunction = (...args: any[]) => number | bigint | void | Promise<number | bigint | void>;
/**
 * WIT values as jco maps them: u64 bigint, char and string string, list array (u8 Uint8Array), record object with
 * camelCase keys, variant `{tag, val}`, enum string, flags object of booleans, option `undefined`, result: the ok value,
 * or throw `new HostError(err)`; own and borrow: the host's own object.
 */
// biome-ignore lint/suspicious/noExplicitAny: WIT values of a signature that only the implementation knows
export type TypedFunction = (...args: any[]) => unknown;

/** Thrown by a typed function to answer with the `err` case of its `result`. */
export class HostError {
  readonly payload: unknown;
  constructor(payload: unknown) {
    this.payload = payload;
  }
}

/** Ends the call as a trap of the guest: the instance is poisoned and replaced. */
export class Trap extends Error {
  override readonly name = "Trap";
  /** What happened, without the place, which the linker adds to the message. */
  reason?: string;
  /** Where it happened, as far as the linker can tell: the component instance's path, and a function's name. */
  path?: readonly string[];
  function?: string;
}

/** Where an object says how many bytes it keeps for its guest; what keeps next to none says nothing. */
export const heldBytes: unique symbol = Symbol("heldBytes");

/** The bytes that an object keeps for its guest, as it says; 0 where it does not. */
export function heldBytesOf(object: object): number {
  return (object as { readonly [heldBytes]?: number })[heldBytes] ?? 0;
}

/** Memory and handles of one guest, as core functions see them. Addresses are checked: out of bounds is a trap. */
export interface GuestContext {
  /** A view of the memory as it is now; growing invalidates it, so ask again after every call into the guest. */
  view(): DataView;
  bytes(): Uint8Array;
  /** A copy. */
  readBytes(pointer: number, length: number): Uint8Array;
  readString(pointer: number, length: number): string;
  /** Allocates in the guest (`cabi_realloc`). */
  allocate(align: number, size: number): number;
  /** Allocates and writes; stores pointer and length at `target`. */
  writeBytes(bytes: Uint8Array, target: number): void;
  writeString(text: string, target: number): void;
  /**
   * A new owned handle for a host object. When the guest drops it, `[Symbol.dispose]` is called where there is one.
   * A trap where the objects of the instance hold too much: `heldBytes` says what this one does.
   */
  add(object: object): number;
  /** Counts anew what an object with a handle holds, after it has grown or shrunk; a trap where it is too much. */
  recount(object: object): void;
  /** The host object behind a handle, own or borrow; a trap if it is not a `type`. */
  get<T>(handle: number, type: abstract new (...args: never[]) => T): T;
  /** Takes an owned handle out of the table; a trap if it is lent or not a `type`. */
  take<T>(handle: number, type: abstract new (...args: never[]) => T): T;
}

/** What one instance of the composition may reach, and the services of its process. */
export interface HostInstance {
  readonly instance: string;
  readonly grants: Grants;
  readonly services: Services;
}

/** Made once per process. */
export interface Services {
  readonly log: Log;
  readonly backends: Backends;
  /** Signals the end of the process's life to what is still waiting. */
  readonly signal: AbortSignal;
  readonly limits: { readonly headerBytes: number; readonly bodyBytes: number; readonly memoryBytes: number };
}

/** Lines of guests. Bounded: a line longer than 16 KiB is cut. */
export interface Log {
  write(instance: string, stream: "stdout" | "stderr" | LogLevel, line: string): void;
}
/** The levels of `wasi:logging`. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "critical";

/** Key-value backends by name, opened when first used. */
export interface Backends {
  keyvalue(name: string): KeyValueBackend;
  close(): Promise<void>;
}

/** One backend; keys and values of buckets. Methods answer at once or with a promise. */
export interface KeyValueBackend {
  get(bucket: string, key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  set(bucket: string, key: string, value: Uint8Array): void | Promise<void>;
  delete(bucket: string, key: string): void | Promise<void>;
  exists(bucket: string, key: string): boolean | Promise<boolean>;
  /** A page of keys after `cursor`, and the cursor of the next page. */
  keys(bucket: string, cursor: string | undefined): KeyPage | Promise<KeyPage>;
  increment(bucket: string, key: string, delta: bigint): bigint | Promise<bigint>;
  /** Sets `key` if it still holds `expected`; says whether it did. */
  compareAndSwap(
    bucket: string,
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): boolean | Promise<boolean>;
  close(): void | Promise<void>;
}
/** Some keys of a bucket, and where the next ones begin; without a cursor these were the last. */
export interface KeyPage {
  readonly keys: readonly string[];
  readonly cursor?: string;
}
/** How a backend is configured. */
export type BackendConfig = Backend;
