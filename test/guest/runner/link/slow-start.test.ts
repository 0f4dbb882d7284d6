import { parse } from "@bytecodealliance/jco";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { link } from "../../../../runner/link/link.ts";
import type { Linker } from "../../../../runner/link/linked.ts";
import { Pool } from "../../../../runner/pool.ts";
import { startWatchdog, type Watchdog } from "../../../../runner/watchdog.ts";
import { flattener, hostInstance, rejection } from "./support.ts";

const { composer, flatten } = flattener();
let watchdog: Watchdog;
beforeAll(() => {
  watchdog = startWatchdog();
});
afterAll(async () => {
  await watchdog.close();
  await composer.close();
});

/** A component whose start function runs this code. */
async function starting(code: string): Promise<Linker> {
  const bytes = await parse(`(component
    (core module $m (func $start ${code}) (start $start) (func (export "go") (result i32) (i32.const 7)))
    (core instance $i (instantiate $m))
    (func (export "go") (result u32) (canon lift (core func $i "go"))))`);
  const { plan, modules } = await flatten(bytes);
  return link(plan, modules, { hosts: [], hostInstance, memoryBytes: 65536, epoch: watchdog.epoch });
}
function pool(linker: Linker, requestTimeoutMs: number | null): Pool {
  const limits = { concurrency: 1, queue: 1, requestTimeoutMs, maxRequests: null };
  return new Pool(linker, { limits, isolation: "Instance", watch: watchdog.watch });
}

describe("a start function", () => {
  test("that never ends is ended with the time of the call that it was to serve", async () => {
    const looping = pool(await starting("(loop $again (br $again))"), 50);
    expect(await rejection(looping.run((linked) => linked.func("", "go")!.call()))).toMatchObject({
      limit: "requestTimeout",
      cause: { name: "Trap", reason: "deadline exceeded" },
    });
    expect(looping.size().instances).toBe(0);
  });
  test("that never ends does not hold up the start of a worker", async () => {
    const looping = pool(await starting("(loop $again (br $again))"), 50);
    expect(() => looping.warm()).toThrow(/limit requestTimeout/);
  });
  test.each([5000, null])("that ends in time leaves an instance to be called, with a limit of %p", async (limit) => {
    const ending = pool(await starting(""), limit);
    ending.warm();
    expect(await ending.run((linked) => linked.func("", "go")!.call())).toBe(7);
  });
});
