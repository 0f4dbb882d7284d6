import { Trap } from "../host/host.ts";
import { decodeLatin1, decodeUtf8, decodeUtf16, isLatin1 } from "./text.ts";

/** How strings lie in a guest's memory. */
export type Encoding = "utf8" | "utf16" | "latin1+utf16";

/** `cabi_realloc`. Pointers come back as signed i32. */
export type Realloc = (pointer: number, size: number, align: number, newSize: number) => number;

/** Set in the length of a `latin1+utf16` string that is UTF-16. */
const utf16Tag = 0x8000_0000;
const maxStringBytes = 0x7fff_ffff;
/**
 * Bytes of the host's own that one call may make it take. Lists may overlap, and an empty list of 8 bytes in the guest is
 * an object of 160 here: so it is counted what values cost. The bound is also one of time, as lifting can't be interrupted.
 */
const liftBudget = 64 * 1024 * 1024;
/** Bytes of a string beside its text. */
const stringCost = 32;

const encoder = new TextEncoder();

/**
 * The linear memory of one canonical context, with every access checked. `data` and `octets` are views as of the last
 * `refresh`; allocating refreshes, other calls into the guest do not.
 */
export class GuestMemory {
  readonly encoding: Encoding;
  data: DataView = empty;
  octets: Uint8Array = new Uint8Array(0);
  #memory: WebAssembly.Memory | undefined;
  #realloc: Realloc | undefined;
  #budget = liftBudget;

  constructor(encoding: Encoding) {
    this.encoding = encoding;
  }

  /** Given while linking, when the instances that own them exist. */
  attach(parts: { readonly memory?: WebAssembly.Memory; readonly realloc?: Realloc }): void {
    this.#memory = parts.memory ?? this.#memory;
    this.#realloc = parts.realloc ?? this.#realloc;
  }

  /** Makes the views those of the memory as it is now. */
  refresh(): void {
    const buffer = this.#memory?.buffer;
    if (buffer === undefined) throw new Trap("the function has no memory");
    if (this.data.buffer === buffer) return;
    this.data = new DataView(buffer);
    this.octets = new Uint8Array(buffer);
  }

  /** Starts the count of what one call may lift, and refreshes. */
  begin(): void {
    this.#budget = liftBudget;
    if (this.#memory !== undefined) this.refresh();
  }

  /** Counts bytes that a value will take in the host; traps where the call takes more than a host should hold. */
  charge(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0) throw new Trap(`a call passed more than ${liftBudget} bytes to the host`);
  }

  /** The address as an unsigned number; traps unless `size` bytes at it are aligned and inside. */
  check(pointer: number, size: number, align: number): number {
    const at = pointer >>> 0;
    if (at + size > this.octets.length)
      throw new Trap(`pointer out of bounds: ${size} bytes at ${at} of ${this.octets.length}`);
    if (at % align !== 0) throw new Trap(`pointer not aligned to ${align}: ${at}`);
    return at;
  }

  /** Allocates in the guest. Traps where the guest has no allocator or answers with a bad address. */
  allocate(align: number, size: number): number {
    if (this.#realloc === undefined) throw new Trap("the function has no allocator");
    const pointer = this.#realloc(0, 0, align, size);
    this.refresh();
    return this.check(pointer, size, align);
  }

  /** A string from `length` code units (bytes for utf8) at `pointer`. */
  loadString(pointer: number, length: number): string {
    const units = length >>> 0;
    const wide = this.encoding === "utf16" || (this.encoding === "latin1+utf16" && units >= utf16Tag);
    const bytes = wide ? 2 * (units & ~utf16Tag & 0xffff_ffff) : units;
    const at = this.check(pointer, bytes, this.encoding === "utf8" ? 1 : 2);
    this.charge(stringCost + bytes);
    if (this.encoding === "utf8") return decodeUtf8(this.octets, at, at + bytes);
    return (wide ? decodeUtf16 : decodeLatin1)(this.octets, at, at + bytes);
  }

  /** Copies `text` into the guest; unpaired surrogates become U+FFFD. The pair is pointer and length to pass on. */
  storeString(text: string): readonly [pointer: number, length: number] {
    if (text.length > maxStringBytes / 3)
      throw new Trap(`a string of ${text.length} units does not fit a guest's memory`);
    if (this.encoding === "utf8") return this.#storeUtf8(text);
    const latin1 = this.encoding === "latin1+utf16" && isLatin1(text);
    const pointer = this.allocate(2, latin1 ? text.length : 2 * text.length);
    if (latin1) {
      for (let i = 0; i < text.length; i++) this.octets[pointer + i] = text.charCodeAt(i);
      return [pointer, text.length];
    }
    const formed = text.toWellFormed();
    for (let i = 0; i < formed.length; i++) this.data.setUint16(pointer + 2 * i, formed.charCodeAt(i), true);
    return [pointer, this.encoding === "utf16" ? formed.length : formed.length + utf16Tag];
  }

  #storeUtf8(text: string): readonly [pointer: number, length: number] {
    if (text.length < shortText) {
      let any = 0;
      for (let i = 0; i < text.length; i++) any |= text.charCodeAt(i);
      if (any < 0x80) {
        const pointer = this.allocate(1, text.length);
        for (let i = 0; i < text.length; i++) this.octets[pointer + i] = text.charCodeAt(i);
        return [pointer, text.length];
      }
    }
    const bytes = encoder.encode(text);
    const pointer = this.allocate(1, bytes.length);
    this.octets.set(bytes, pointer);
    return [pointer, bytes.length];
  }
}

/** Below this many units a loop beats the encoder. */
const shortText = 48;
const empty = new DataView(new ArrayBuffer(0));
