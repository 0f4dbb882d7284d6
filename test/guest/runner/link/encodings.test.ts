import { parse } from "@bytecodealliance/jco";
import { afterAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { flattener, linkWithStubs } from "./support.ts";

const { composer, flatten } = flattener();
afterAll(() => composer.close());

/** A memory, and an allocator whose memory is freed all at once. */
const heap = `
  (core module $heap
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 64))
    (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $new)))
      (memory.copy (local.get $at) (local.get $old)
        (select (local.get $size) (local.get $new) (i32.lt_u (local.get $size) (local.get $new))))
      (local.get $at))
    (func (export "free") (param i32) (global.set $next (i32.const 64))))
  (core instance $heap (instantiate $heap))
  (alias core export $heap "memory" (core memory $memory))
  (alias core export $heap "realloc" (core func $realloc))
  (alias core export $heap "free" (core func $free))`;
/** `run` of the caller passes its string through the callee's `echo`, each in an encoding of its own. */
const pair = (caller: string, callee: string) => `
(component
  (component $callee ${heap}
    (core module $m
      (import "heap" "memory" (memory 2))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 0) (local.get 0))
        (i32.store (i32.const 4) (local.get 1))
        (i32.const 0)))
    (core instance $i (instantiate $m (with "heap" (instance $heap))))
    (func (export "echo") (param "s" string) (result string) (canon lift (core func $i "echo")
      (memory $memory) (realloc $realloc) (post-return $free) string-encoding=${callee})))
  (component $caller
    (import "echo" (func $echo (param "s" string) (result string))) ${heap}
    (core func $lowered (canon lower (func $echo) (memory $memory) (realloc $realloc) string-encoding=${caller}))
    (core module $m
      (import "host" "echo" (func $echo (param i32 i32 i32)))
      (func (export "run") (param i32 i32) (result i32)
        (call $echo (local.get 0) (local.get 1) (i32.const 0))
        (i32.const 0)))
    (core instance $i (instantiate $m (with "host" (instance (export "echo" (func $lowered))))))
    (func (export "run") (param "s" string) (result string) (canon lift (core func $i "run")
      (memory $memory) (realloc $realloc) (post-return $free) string-encoding=${caller})))
  (instance $b (instantiate $callee))
  (instance $a (instantiate $caller (with "echo" (func $b "echo"))))
  (alias export $a "run" (func $run))
  (export "run" (func $run)))`;

const encodings = ["utf8", "utf16", "latin1+utf16"];
const pairs = encodings.flatMap((caller) => encodings.map((callee) => [caller, callee] as const));
const strings = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "binary-ascii", maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xff }), { maxLength: 90 }).map((codes) => String.fromCharCode(...codes)),
  fc
    .tuple(fc.string({ unit: "binary-ascii", maxLength: 50 }), fc.constantFrom("é", "漢", "😀", "\ufeff"))
    .map((two) => two.join("")),
);

describe("strings across an edge", () => {
  test.each(pairs)("from %s to %s and back stay the same", async (caller, callee) => {
    const flat = await flatten(await parse(pair(caller, callee)));
    const run = linkWithStubs(flat).instantiate().func("", "run")!;
    await fc.assert(
      fc.asyncProperty(strings, async (text) => {
        expect(await run.call(text)).toBe(text);
      }),
      { numRuns: 400, seed: 20261124 },
    );
  });
});
