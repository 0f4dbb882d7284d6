import { wat } from "./wat.ts";

/** Makes the encoder panic: wac asserts that a borrow has a scope, and this is a plain function over a resource. */
export function panics(): Promise<Uint8Array> {
  return wat(`(component
    (import "t:a/store" (instance $store (export "bucket" (type (sub resource)))))
    (alias export $store "bucket" (type $bucket))
    (import "use" (func (param "b" (borrow $bucket)))))`);
}

/** Doubles at each level: 2^levels instances, which nothing could flatten in time or memory. */
export function doubling(levels: number): Promise<Uint8Array> {
  let text = "(component $c (core module $m) (core instance (instantiate $m)))";
  for (let level = 0; level < levels; level++)
    text = `(component $c ${text} (instance (instantiate $c)) (instance (instantiate $c)))`;
  return wat(text);
}

/** As many core modules as asked for, one after the other. */
export function manyModules(count: number): Promise<Uint8Array> {
  return wat(`(component ${"(core module)".repeat(count)})`);
}

/** A component with a custom section of this size, whose length takes five bytes. */
export function padded(size: number): Uint8Array {
  const length = [0, 7, 14, 21, 28].map((shift) => ((size >>> shift) & 0x7f) | (shift < 28 ? 0x80 : 0));
  const bytes = new Uint8Array(8 + 1 + length.length + size);
  bytes.set([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 0, ...length]);
  return bytes;
}
