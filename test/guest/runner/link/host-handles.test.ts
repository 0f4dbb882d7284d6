import { parse } from "@bytecodealliance/jco";
import { afterAll, describe, expect, test } from "@jest/globals";
import { hostInterfaces } from "../../../../runner/host/registry.ts";
import { link } from "../../../../runner/link/link.ts";
import { flattener, hostInstance, rejection } from "./support.ts";

const { composer, flatten } = flattener();
afterAll(() => composer.close());

/** Calls `go` of a component of these imports and a core module with these functions of them. */
async function go(imports: string, lowered: string, code: string): Promise<unknown> {
  const bytes = await parse(`(component ${imports}
  (core module $mm (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $mi (instantiate $mm))
  ${lowered}
  (core module $m ${code})
  (core instance $i (instantiate $m (with "x" (instance
    (export "one" (func $one)) (export "two" (func $two)) (export "three" (func $three))))))
  (func (export "go") (result u32) (canon lift (core func $i "go"))))`);
  const { plan, modules } = await flatten(bytes);
  return await link(plan, modules, { hosts: hostInterfaces, hostInstance, memoryBytes: 65536 })
    .instantiate()
    .func("", "go")!
    .call();
}

const fields = (name: string, version: string) => `
  (import "wasi:http/types@${version}" (instance $${name}
    (export "fields" (type $f (sub resource)))
    (export "[constructor]fields" (func (result (own $f))))
    (export "[method]fields.clone" (func (param "self" (borrow $f)) (result (own $f))))))`;

describe("a handle of a host's resource", () => {
  test("is refused by a function of another interface that takes another resource", async () => {
    const refused = rejection(
      go(
        `${fields("types", "0.2.0")}
        (import "wasi:keyvalue/store@0.2.0-draft2" (instance $store
          (export "bucket" (type $b (sub resource)))
          (type $ev (variant (case "no-such-store") (case "access-denied") (case "other" string)))
          (export "error" (type $error (eq $ev)))
          (export "[method]bucket.delete"
            (func (param "self" (borrow $b)) (param "key" string) (result (result (error $error)))))))`,
        `(core func $one (canon lower (func $types "[constructor]fields")))
        (core func $two (canon lower (func $store "[method]bucket.delete")
          (memory (core memory $mi "memory")) (realloc (core func $mi "realloc"))))
        (alias export $types "fields" (type $fields)) (core func $three (canon resource.drop $fields))`,
        `(import "x" "one" (func $one (result i32)))
        (import "x" "two" (func $two (param i32 i32 i32 i32)))
        (func (export "go") (result i32)
          (call $two (call $one) (i32.const 0) (i32.const 4) (i32.const 2048)) (i32.const 0))`,
      ),
    );
    expect(await refused).toMatchObject({ name: "Trap", reason: "handle of another resource type: 1" });
  });
  test("cannot be dropped as another resource", async () => {
    const refused = rejection(
      go(
        `${fields("types", "0.2.0")} (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))`,
        `(core func $one (canon lower (func $types "[constructor]fields")))
        (alias export $poll "pollable" (type $pollable)) (core func $two (canon resource.drop $pollable))
        (alias export $types "fields" (type $fields)) (core func $three (canon resource.drop $fields))`,
        `(import "x" "one" (func $one (result i32)))
        (import "x" "two" (func $two (param i32)))
        (func (export "go") (result i32) (call $two (call $one)) (i32.const 0))`,
      ),
    );
    expect(await refused).toMatchObject({ name: "Trap", reason: "handle of another resource type: 1" });
  });
  test("is good for either of two versions of its interface", async () => {
    const drops = `(core func $one (canon lower (func $old "[constructor]fields")))
      (core func $two (canon lower (func $new "[method]fields.clone")))
      (alias export $old "fields" (type $fields)) (core func $three (canon resource.drop $fields))`;
    const code = `(import "x" "one" (func $one (result i32)))
      (import "x" "two" (func $two (param i32) (result i32)))
      (import "x" "three" (func $three (param i32)))
      (func (export "go") (result i32) (local $h i32)
        (local.set $h (call $two (call $one)))
        (call $three (local.get $h))
        (local.get $h))`;
    expect(await go(`${fields("old", "0.2.0")}${fields("new", "0.2.3")}`, drops, code)).toBe(2);
  });
});
