/** Bytes of small core modules: what the linker puts between guests and host. */

/** An unsigned LEB128 number. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}
/** A signed LEB128 number of 32 bits. */
export function sleb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    const last = (rest >> 7 === 0 && (low & 0x40) === 0) || (rest >> 7 === -1 && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}
function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...leb(bytes.length), ...bytes];
}
function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

/** Value types by the letters of a core signature. */
export const valueTypes = { i: 0x7f, l: 0x7e, f: 0x7d, d: 0x7c, x: 0x6f } as const;
/** The letters of `iil:i`, parameters and results. */
export function signature(core: string): { readonly params: readonly string[]; readonly results: readonly string[] } {
  const [params = "", results = ""] = core.split(":");
  return { params: [...params], results: [...results] };
}
function types(letters: readonly string[]): number[] {
  return vector(letters.map((letter) => [valueTypes[letter as keyof typeof valueTypes]]));
}

/** Opcodes used here (WebAssembly core specification, "Instructions"). */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  if: 0x04,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  tryTable: 0x1f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i64Load: 0x29,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  f64Const: 0x44,
  i32Eqz: 0x45,
  f64Ge: 0x66,
  i32And: 0x71,
  i64Add: 0x7c,
  i32TruncF64U: 0xab,
} as const;
/** The block type without parameters and results. */
export const noType = 0x40;

/** Collects the parts of one module. Imports come first: ask for them before the first `func`. */
export class ModuleBuilder {
  readonly #name: string;
  readonly #types: string[] = [];
  readonly #imports: number[][] = [];
  readonly #exports: number[][] = [];
  readonly #functions: number[] = [];
  readonly #bodies: number[][] = [];
  readonly #globals: number[][] = [];
  #tableSize = 0;
  #functionCount = 0;
  #globalCount = 0;

  /** `name` is what stack traces call the module. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The index of a function type. */
  type(core: string): number {
    const found = this.#types.indexOf(core);
    return found >= 0 ? found : this.#types.push(core) - 1;
  }
  importFunc(module: string, name: string, core: string): number {
    this.#imports.push([...text(module), ...text(name), 0x00, ...leb(this.type(core))]);
    return this.#functionCount++;
  }
  importGlobal(module: string, name: string): number {
    this.#imports.push([...text(module), ...text(name), 0x03, valueTypes.i, 0x01]);
    return this.#globalCount++;
  }
  importTag(module: string, name: string, core: string): void {
    this.#imports.push([...text(module), ...text(name), 0x04, 0x00, ...leb(this.type(core))]);
  }
  importMemory(module: string, name: string, shared: boolean): void {
    const limits = shared ? [0x03, 0x00, ...leb(0x1_0000)] : [0x00, 0x00];
    this.#imports.push([...text(module), ...text(name), 0x02, ...limits]);
  }
  /** A mutable i32 of the module's own, 0 at first, exported. */
  global(name: string): number {
    this.#globals.push([valueTypes.i, 0x01, op.i32Const, 0x00, op.end]);
    this.#exports.push([...text(name), 0x03, ...leb(this.#globalCount)]);
    return this.#globalCount++;
  }
  /** A table of functions, exported. */
  table(name: string, size: number): void {
    this.#tableSize = size;
    this.#exports.push([...text(name), 0x01, 0x00]);
  }
  /** `locals` are letters, one local each, after the parameters; `code` ends before the final `end`. */
  func(name: string, core: string, locals: readonly string[], code: readonly number[]): number {
    const declared = locals.map((letter) => [1, valueTypes[letter as keyof typeof valueTypes]]);
    const body = [...vector(declared), ...code, op.end];
    this.#functions.push(this.type(core));
    this.#bodies.push([...leb(body.length), ...body]);
    this.#exports.push([...text(name), 0x00, ...leb(this.#functionCount)]);
    return this.#functionCount++;
  }

  build(): Uint8Array<ArrayBuffer> {
    const functionTypes = this.#types.map((core) => {
      const { params, results } = signature(core);
      return [0x60, ...types(params), ...types(results)];
    });
    const name = [...text("name"), 0x00, ...leb(text(this.#name).length), ...text(this.#name)];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, vector(functionTypes)),
      ...section(2, vector(this.#imports)),
      ...section(3, vector(this.#functions.map(leb))),
      ...(this.#tableSize > 0 ? section(4, vector([[0x70, 0x00, ...leb(this.#tableSize)]])) : []),
      ...section(6, vector(this.#globals)),
      ...section(7, vector(this.#exports)),
      ...section(10, vector(this.#bodies)),
      ...section(0, name),
    ]);
  }
}

function section(id: number, body: readonly number[]): number[] {
  return [id, ...leb(body.length), ...body];
}

/** A function made in WebAssembly. */
export type WasmFunction = (...args: (number | bigint)[]) => number | bigint | undefined;

/** What TypeScript's library does not know yet of JSPI and of exceptions in WebAssembly. */
export interface Jspi {
  readonly Suspending: new (wait: () => Promise<unknown>) => () => number;
  readonly promising: (call: WasmFunction) => (...args: (number | bigint)[]) => Promise<number | bigint | undefined>;
  readonly JSTag: WebAssembly.Tag;
}
/** JavaScript Promise Integration, which the type library does not know yet. */
export const jspi = WebAssembly as unknown as Jspi;
