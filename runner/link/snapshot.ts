import type { Instance } from "./instantiate.ts";
import { dispose } from "./resources.ts";

/** The state of a linked instance at one moment, and the way back to it. */
export class Snapshot {
  readonly #instance: Instance;
  readonly #memories: readonly SavedMemory[];
  readonly #globals: readonly { readonly global: WebAssembly.Global; readonly value: unknown }[];
  readonly #tables: readonly { readonly table: WebAssembly.Table; readonly items: readonly unknown[] }[];
  readonly #slots: Int32Array;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#memories = [...instance.memories()].map(saveMemory);
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
    for (const { memory, size } of this.#memories) if (memory.buffer.byteLength !== size) return false;
    for (const { table, items } of this.#tables) if (table.length !== items.length) return false;
    const { handleTables } = this.#instance;
    if (!handleTables.every((handles) => handles.canRestore())) return false;
    for (const saved of this.#memories) restoreMemory(saved);
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

/** A memory as its runs of bytes that are not zero, in order. Most of a fresh memory is stack and heap that nobody used. */
interface SavedMemory {
  readonly memory: WebAssembly.Memory;
  readonly size: number;
  readonly runs: readonly { readonly start: number; readonly bytes: Uint8Array }[];
}

/** Runs begin and end on its multiples; it divides the page. */
const blockBytes = 4096;
const zeros = Buffer.alloc(blockBytes);

function saveMemory(memory: WebAssembly.Memory): SavedMemory {
  const all = Buffer.from(memory.buffer);
  const runs: { start: number; bytes: Uint8Array }[] = [];
  let start = -1;
  for (let at = 0; at <= all.length; at += blockBytes) {
    const empty = at === all.length || all.compare(zeros, 0, blockBytes, at, at + blockBytes) === 0;
    if (!empty && start < 0) start = at;
    if (!empty || start < 0) continue;
    runs.push({ start, bytes: Uint8Array.prototype.slice.call(all, start, at) });
    start = -1;
  }
  return { memory, size: all.length, runs };
}

/** Filling with zeros costs half of copying them. */
function restoreMemory({ memory, runs }: SavedMemory): void {
  const all = new Uint8Array(memory.buffer);
  let end = 0;
  for (const { start, bytes } of runs) {
    if (start > end) all.fill(0, end, start);
    all.set(bytes, start);
    end = start + bytes.length;
  }
  all.fill(0, end);
}
