/** Reads just enough of the engine's own binary to take its core module out of it and to cap its memory. Not for hostile input. */

const MODULE_SECTION = 1;
const MEMORY_SECTION = 5;
const PREAMBLE = 8;

/** The first core module inside a component, as a view of the same bytes. */
export function coreModule(component: Uint8Array): Uint8Array {
  return sectionOf(component, MODULE_SECTION).content;
}

/** The module with `pages` as the maximum of its one memory, which an engine then enforces. */
export function withMemoryMaximum(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const { start, end, content } = sectionOf(module, MEMORY_SECTION);
  // count, flags, minimum: what follows is the maximum, if there was one.
  const minimum = readUnsigned(content, 2);
  if (minimum.value > pages)
    throw new RangeError(`Cannot start the engine in fewer pages than ${minimum.value}: ${pages}`);
  const limits = [1, content[1]! | 1, ...content.subarray(2, minimum.next), ...unsigned(pages)];
  const head = [MEMORY_SECTION, ...unsigned(limits.length)];
  const out = new Uint8Array(start + head.length + limits.length + (module.length - end));
  out.set(module.subarray(0, start));
  out.set(head, start);
  out.set(limits, start + head.length);
  out.set(module.subarray(end), start + head.length + limits.length);
  return out;
}

function sectionOf(binary: Uint8Array, id: number): { start: number; end: number; content: Uint8Array } {
  for (let start = PREAMBLE; start < binary.length; ) {
    const size = readUnsigned(binary, start + 1);
    const end = size.next + size.value;
    if (binary[start] === id) return { start, end, content: binary.subarray(size.next, end) };
    start = end;
  }
  throw new RangeError(`Cannot find a section in the engine's binary: ${id}`);
}

function readUnsigned(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0, next = at; ; shift += 7) {
    const byte = bytes[next++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next };
  }
}

function unsigned(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...out, rest];
    out.push((rest & 0x7f) | 0x80);
  }
}
