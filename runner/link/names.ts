/** The names that a core module gives itself and its functions (custom section `name`). */
export interface ModuleNames {
  readonly module: string | undefined;
  /** By function index, imports first. */
  readonly functions: ReadonlyMap<number, string>;
}

const none: ModuleNames = { module: undefined, functions: new Map() };

/** Reads a module's names; a section that is broken counts as none, as engines treat it. */
export function readNames(module: WebAssembly.Module): ModuleNames {
  const [section] = WebAssembly.Module.customSections(module, "name");
  if (section === undefined) return none;
  try {
    return parse(new Reader(new Uint8Array(section)));
  } catch {
    return none;
  }
}

function parse(reader: Reader): ModuleNames {
  let module: string | undefined;
  const functions = new Map<number, string>();
  while (!reader.done) {
    const id = reader.byte();
    const body = new Reader(reader.bytes(reader.number()));
    if (id === 0) module = body.text();
    if (id === 1) for (let left = body.number(); left > 0; left--) functions.set(body.number(), body.text());
  }
  return { module, functions };
}

const decoder = new TextDecoder();
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }
  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("end of section");
    return byte;
  }
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("number too long");
  }
  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError("end of section");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  text(): string {
    return decoder.decode(this.bytes(this.number()));
  }
}
