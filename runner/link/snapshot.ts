import type { Instance } from "./instantiate.ts";
import { dispose } from "./resources.ts";

/** The state of a linked instance at one moment, and the way back to it. */
export class Snapshot {
  readonly #instance: Instance;
  readonly #memories: readonly { readonly memory: WebAssembly.Memory; readonly bytes: Uint8Array }[];
  readonly #globals: readonly { readonly global: WebAssembly.Global; readonly value: unknown }[];
  readonly #tables: readonly { readonly table: WebAssembly.Table; readonly items: readonly unknown[] }[];
  readonly #slots: Int32Array;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#memories = [...instance.memories()].map((memory) => ({
      memory,
      bytes: new Uint8Array(memory.buffer).slice(),
    }));
    const { modules } = instance.prepared.plan;
    const exported = (kind: "globals" | "tables") =>
      instance.cores.flatMap(({ module, exports }) => modules[module]![kind].map((name) => exports[name]));
    const globals = [...instance.flags.values(), ...(exported("globals") as WebAssembly.Global[])];
    this.#globals = globals.map((global) => ({ global, value: global.value }));
    this.#tables = (exported("tables") as WebAssembly.Table[]).map((table) => ({
      table,
      items: Array.from({ length: table.length }, (_, index) => table.get(index)),
    }));
    this.#slots = instance.slots.slice();
    for (const handles of instance.handleTables) handles.save();
  }

  /** False, and nothing changed, where the state cannot come back: something has grown, or a host object is gone. */
  restore(): boolean {
    for (const { memory, bytes } of this.#memories) if (memory.buffer.byteLength !== bytes.length) return false;
    for (const { table, items } of this.#tables) if (table.length !== items.length) return false;
    const { handleTables } = this.#instance;
    if (!handleTables.every((handles) => handles.canRestore())) return false;
    for (const { memory, bytes } of this.#memories) new Uint8Array(memory.buffer).set(bytes);
    for (const { global, value } of this.#globals) global.value = value;
    for (const { table, items } of this.#tables)
      items.forEach((item, index) => {
        if (table.get(index) !== item) table.set(index, item);
      });
    this.#instance.slots.set(this.#slots);
    for (const handles of handleTables) for (const added of handles.restore()) dispose(added);
    return true;
  }
}
