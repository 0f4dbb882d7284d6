import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { camelCase } from "../../../../runner/abi/names.ts";
import type { Linked } from "../../../../runner/link/linked.ts";
import { arbitrary } from "../../../unit/runner/abi/arbitrary.ts";
import { built, type Flat, flattener, linkWithStubs } from "./support.ts";

const { composer, flatten } = flattener();
const folder = mkdtempSync(join(tmpdir(), "tenon-jco-"));
let flat: Flat;
let ours: Linked;
let jco: Record<string, (...args: unknown[]) => unknown>;
const runs = 200;

beforeAll(async () => {
  flat = await flatten(built("echo"));
  ours = linkWithStubs(flat).instantiate();
  jco = await transpiled();
}, 60_000);
afterAll(async () => {
  await composer.close();
  rmSync(folder, { recursive: true });
});

/** The same guest through jco's generated code: the oracle. */
async function transpiled(): Promise<typeof jco> {
  const { files } = await transpile(built("echo"), { name: "echo", instantiation: "sync", noTypescript: true });
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const { instantiate } = await import(pathToFileURL(join(folder, "echo.js")).href);
  const core = (name: string) => new WebAssembly.Module(files[name] as Uint8Array<ArrayBuffer>);
  const missing = new Proxy({}, { get: () => class Missing {} });
  return instantiate(core, new Proxy({}, { get: () => missing }))["tenon:test/echo"];
}

/** What a call gives or fails with, in one shape for both. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return { ok: await call() };
  } catch (error) {
    if (typeof error === "object" && error !== null && "payload" in error) return { err: error.payload };
    throw error;
  }
}

describe("call() against jco's generated code", () => {
  test("gives back every value of every type as jco does", async () => {
    const skipped: string[] = [];
    for (const callable of ours.functions) {
      if (!callable.name.startsWith("echo-")) continue;
      const values = arbitrary(flat.plan.types, callable.type.params[0]!);
      if (values === undefined) {
        skipped.push(callable.name);
        continue;
      }
      await fc.assert(
        fc.asyncProperty(values, async (value) => {
          const expected = await outcome(() => jco[camelCase(callable.name)]!(value));
          expect(await outcome(() => callable.call(value))).toStrictEqual(expected);
        }),
        { numRuns: runs, seed: 20261124, endOnFailure: true },
      );
    }
    expect(skipped).toEqual(["echo-own", "echo-owns", "echo-maybe-own"]);
  }, 120_000);
});
