import { readFileSync } from "node:fs";
import { parse } from "@bytecodealliance/jco";

/** Translates WebAssembly text. */
export async function wat(text: string): Promise<Uint8Array> {
  return new Uint8Array(await parse(text));
}

/** A committed guest of `guests/built`. */
export function guest(name: string): Uint8Array {
  return readFileSync(new URL(`../../../guests/built/${name}.wasm`, import.meta.url));
}

/** A component that is one core module, without imports or exports. */
export function moduleComponent(module: string): string {
  return `(component (core module $m ${module}) (core instance (instantiate $m)))`;
}

const LIBC = `
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))`;

/** Exports `t:lists/echo`, a function `echo` that gives back what it gets: a list of `element`. */
export function echoComponent(element: string): string {
  return `(component ${LIBC}
    (core module $m
      (import "libc" "memory" (memory 1))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        (i32.const 16)))
    (core instance $i (instantiate $m (with "libc" (instance $libc))))
    (func $echo (param "value" (list ${element})) (result (list ${element}))
      (canon lift (core func $i "echo") (memory $memory) (realloc $realloc)))
    (instance $api (export "echo" (func $echo)))
    (export "t:lists/echo" (instance $api)))`;
}

/** Imports `t:lists/echo` and exports `t:lists/relay`, whose `relay` hands its list on and back. */
export function relayComponent(element: string): string {
  return `(component
    (import "t:lists/echo" (instance $echo
      (export "echo" (func (param "value" (list ${element})) (result (list ${element}))))))
    ${LIBC}
    (core func $echo (canon lower (func $echo "echo") (memory $memory) (realloc $realloc)))
    (core module $m
      (import "echo" "echo" (func $echo (param i32 i32 i32)))
      (func (export "relay") (param i32 i32) (result i32)
        (call $echo (local.get 0) (local.get 1) (i32.const 32))
        (i32.const 32)))
    (core instance $i (instantiate $m (with "echo" (instance (export "echo" (func $echo))))))
    (func $relay (param "value" (list ${element})) (result (list ${element}))
      (canon lift (core func $i "relay") (memory $memory) (realloc $realloc)))
    (instance $api (export "relay" (func $relay)))
    (export "t:lists/relay" (instance $api)))`;
}
