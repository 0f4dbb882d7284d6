import { heldBytes, Trap } from "../host.ts";

/** The cases of `header-error` by their number. */
export const headerError = { invalidSyntax: 0, forbidden: 1, immutable: 2 } as const;
/** A case of `wasi:http/types#header-error`, as its number. */
export type HeaderError = (typeof headerError)[keyof typeof headerError];

/** The connection's own: the host sets them, a guest neither writes nor sees them. */
const forbidden = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Bytes of names and values that one `fields` holds; what a guest adds beyond is a trap, as it would be in its own memory. */
export const maximumBytes = 128 * 1024;

/** What a name or a value costs besides its characters: an estimate. */
const textBytes = 32;

/**
 * The resource `fields`: names and values in their order, duplicates kept. Values are bytes, one a character (latin1),
 * which is how Node reads and writes them; names are lower case.
 */
export class Fields {
  #list: string[];
  #bytes = 0;
  readonly immutable: boolean;

  /** Takes the list over: name, value, name, value… */
  constructor(list: string[] = [], immutable = false) {
    this.#list = list;
    this.immutable = immutable;
    for (const text of list) this.#bytes += text.length;
  }

  /** Short texts cost more than their characters. */
  get [heldBytes](): number {
    return this.#bytes + this.#list.length * textBytes;
  }

  /** What Node received, without what is the connection's own. */
  static received(raw: readonly string[]): Fields {
    const list: string[] = [];
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i]!.toLowerCase();
      if (!forbidden.has(name)) list.push(name, raw[i + 1]!);
    }
    return new Fields(list, true);
  }

  /** Name, value, name, value… for Node; not to be changed. */
  get list(): readonly string[] {
    return this.#list;
  }

  get(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#list.filter((_, i, list) => i % 2 === 1 && list[i - 1] === wanted);
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#list.some((text, i) => i % 2 === 0 && text === wanted);
  }

  append(name: string, text: string): HeaderError | undefined {
    const error = this.#check(name) ?? (value.test(text) ? undefined : headerError.invalidSyntax);
    if (error !== undefined) return error;
    this.#count(name.length + text.length);
    this.#list.push(name.toLowerCase(), text);
    return undefined;
  }

  /** All or nothing. */
  set(name: string, values: readonly string[]): HeaderError | undefined {
    const error =
      this.#check(name) ?? (values.every((text) => value.test(text)) ? undefined : headerError.invalidSyntax);
    if (error !== undefined) return error;
    this.#remove(name.toLowerCase());
    for (const text of values) this.append(name, text);
    return undefined;
  }

  delete(name: string): HeaderError | undefined {
    const error = this.#check(name);
    if (error === undefined) this.#remove(name.toLowerCase());
    return error;
  }

  /** A copy that may be changed. */
  clone(): Fields {
    return new Fields([...this.#list]);
  }

  /** The same fields for a guest to read; what they belong to is on its way. */
  view(): Fields {
    return new Fields(this.#list, true);
  }

  /** The length that the fields promise for the body: null without, undefined where they do not say it clearly. */
  contentLength(): number | null | undefined {
    const list = this.#list;
    let length: number | null = null;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== "content-length") continue;
      const text = list[i + 1]!;
      if (length !== null || !/^\d{1,15}$/.test(text)) return undefined;
      length = Number(text);
    }
    return length;
  }

  #check(name: string): HeaderError | undefined {
    if (this.immutable) return headerError.immutable;
    if (!token.test(name)) return headerError.invalidSyntax;
    return forbidden.has(name.toLowerCase()) ? headerError.forbidden : undefined;
  }

  #remove(name: string): void {
    const list = this.#list;
    if (!list.includes(name)) return;
    this.#list = list.filter((_, i) => list[i - (i % 2)] !== name);
    this.#bytes = this.#list.reduce((sum, text) => sum + text.length, 0);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > maximumBytes) throw new Trap(`The fields are larger than ${maximumBytes} bytes`);
  }
}

/** True for what HTTP allows as a method. */
export function isToken(text: string): boolean {
  return token.test(text);
}
