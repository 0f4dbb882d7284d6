import { readFileSync } from "node:fs";
import { instantiate } from "./generated/composer.js";
import type * as Interface from "./generated/interfaces/tenon-composer-engine.js";
import { coreModule, withMemoryMaximum } from "./sections.ts";

const PAGE = 65_536;

/** A live engine. After a call that threw anything but a `failure`, it is dead. */
export interface Engine {
  readonly functions: typeof Interface;
  /** Of its linear memory, which only grows. */
  memoryBytes(): number;
  /** What an aborted engine left behind. */
  lastWords(): { readonly outOfMemory: boolean; readonly text: string };
}

/** Compiles the committed component once; each engine that the result makes takes a few milliseconds. */
export function loadEngine(memoryBytes: number): () => Engine {
  const component = readFileSync(new URL("./composer.wasm", import.meta.url));
  const module = new WebAssembly.Module(withMemoryMaximum(coreModule(component), Math.floor(memoryBytes / PAGE)));
  return () => makeEngine(module);
}

function makeEngine(module: WebAssembly.Module): Engine {
  let memory: WebAssembly.Memory | undefined;
  const root = instantiate(
    () => module,
    {},
    (core, imports) => {
      const instance = new WebAssembly.Instance(core, imports);
      memory = instance.exports["memory"] as WebAssembly.Memory;
      return instance;
    },
  );
  const { lastWords: address } = root.engine.memory();
  return {
    functions: root.engine,
    memoryBytes: () => memory!.buffer.byteLength,
    lastWords() {
      const view = new DataView(memory!.buffer);
      const text = new Uint8Array(memory!.buffer, address + 8, view.getUint32(address + 4, true));
      return { outOfMemory: view.getUint32(address, true) !== 0, text: new TextDecoder().decode(text) };
    },
  };
}
