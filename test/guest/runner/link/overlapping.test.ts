import { parse } from "@bytecodealliance/jco";
import { describe, expect, test } from "@jest/globals";
import { type ComponentImports, instantiate } from "../../../../runner/link/library.ts";
import { rejection } from "./support.ts";

// Strings lie in one buffer that is used again after post-return, as those of any allocator are.
const echo = (call: string, imports = "", pass = ""): Promise<Uint8Array> =>
  parse(`(component ${imports}
  (core module $m
    (import "x" "wait" (func $wait))
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3))))
    (func (export "echo") (param i32 i32) (result i32)
      ${call}
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "post") (param i32) (global.set $next (i32.const 1024))))
  (core module $idle (func (export "wait")))
  (core instance $none (instantiate $idle))
  ${pass}
  (core instance $i (instantiate $m (with "x" ${pass === "" ? "(instance $none)" : "(instance $given)"})))
  (func (export "echo") (param "value" string) (result string)
    (canon lift (core func $i "echo") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")) (post-return (core func $i "post")))))`);

const waiting = (): Promise<Uint8Array> =>
  echo(
    "(call $wait)",
    '(import "wait" (func $w))',
    '(core func $lowered (canon lower (func $w))) (core instance $given (export "wait" (func $lowered)))',
  );

async function echoOf(bytes: Uint8Array, imports: ComponentImports = {}): Promise<(text: string) => Promise<unknown>> {
  return (await instantiate(bytes, imports))["echo"] as never;
}

describe("calls that overlap", () => {
  test("give each caller its own result where the guest does not wait", async () => {
    const call = await echoOf(await echo(""));
    expect(await Promise.all([call("secret-of-alice"), call("bob............")])).toEqual([
      "secret-of-alice",
      "bob............",
    ]);
  });
  test.each([
    ["waits", () => new Promise((resolve) => setImmediate(resolve))],
    ["could wait", () => undefined],
  ])("are refused until the result of the first is read, where the guest %s", async (_, wait) => {
    const call = await echoOf(await waiting(), { wait });
    const [first, second] = [call("secret-of-alice"), rejection(call("bob............"))];
    expect(await second).toMatchObject({ name: "LinkError", code: "busy" });
    expect(await first).toBe("secret-of-alice");
    expect(await call("bob")).toBe("bob");
  });
});
