import type { HostFunction } from "../../../../../runner/host/host.ts";
import { Context } from "../../../../../runner/link/context.ts";
import { Fate } from "../../../../../runner/link/fate.ts";
import { HandleTable } from "../../../../../runner/link/handles.ts";
import { plainResource } from "../../../../../runner/link/resource-types.ts";

/** Where results are written: above it lies what the bump allocator gives. */
export const out = 1024;

/** The linker's own context over a memory without a guest in it. */
export class TestGuest extends Context {
  readonly table: HandleTable;
  #next = 4096;

  constructor() {
    const handles = new HandleTable(() => true);
    super({
      encoding: "utf8",
      componentInstance: 0,
      handles,
      fate: new Fate({ place: () => ({ path: [], function: "" }) }),
      resources: {
        of: (table) => table,
        isHost: () => true,
        definedBy: () => undefined,
        classOf: () => undefined,
        fits: () => true,
        wrap: plainResource,
      },
    });
    this.table = handles;
    this.attach({
      memory: new WebAssembly.Memory({ initial: 64 }),
      realloc: (_pointer, _size, align, size) => {
        const at = Math.ceil(this.#next / align) * align;
        this.#next = at + size;
        return at;
      },
    });
  }

  /** Puts bytes into the memory; the pair to pass on. */
  put(data: string | Uint8Array): [pointer: number, length: number] {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const pointer = this.allocate(4, bytes.length);
    this.bytes().set(bytes, pointer);
    return [pointer, bytes.length];
  }

  /** Puts 32-bit words. */
  words(...words: number[]): number {
    const pointer = this.allocate(4, words.length * 4);
    words.forEach((word, i) => {
      this.view().setUint32(pointer + 4 * i, word, true);
    });
    return pointer;
  }

  u8(at: number): number {
    return this.view().getUint8(at);
  }
  u32(at: number): number {
    return this.view().getUint32(at, true);
  }
  u64(at: number): bigint {
    return this.view().getBigUint64(at, true);
  }
  /** The bytes that pointer and length at `at` name. */
  listAt(at: number): Uint8Array {
    return this.readBytes(this.u32(at), this.u32(at + 4));
  }
  textAt(at: number): string {
    return new TextDecoder("latin1").decode(this.listAt(at));
  }
  drop(handle: number): void {
    const object = this.table.takeAny(handle) as { [Symbol.dispose]?: () => void };
    object[Symbol.dispose]?.();
  }
}

/** A caller of bound core functions by name. */
export function caller(functions: Readonly<Record<string, HostFunction>>) {
  return (name: string, ...args: (number | bigint)[]): ReturnType<HostFunction["call"]> => {
    const found = functions[name];
    if (found === undefined) throw new Trap(`not bound: ${name}`);
    return found.call(...args);
  };
}

class Trap extends Error {}
