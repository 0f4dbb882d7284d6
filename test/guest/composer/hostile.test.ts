import { afterAll, describe, expect, jest, test } from "@jest/globals";
import type { ComposerError } from "../../../composer/error.ts";
import { startComposer } from "../../../composer/index.ts";
import { echoComponent, guest, relayComponent, wat } from "../../support/composer/wat.ts";

jest.setTimeout(120_000);

const composer = startComposer();
afterAll(() => composer.close());

/** Refusals of an input; anything else (an abort, a hang, a dead composer) is a fault of ours. */
const refusals = [
  "not-a-component",
  "invalid-component",
  "unsupported-component",
  "too-large",
  "wiring",
  "encode",
  "validate",
];

/** Deterministic: mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function outcome(bytes: Uint8Array): Promise<string[]> {
  const wiring = { instances: [{ name: "one", component: 0 }], edges: [], exports: [] };
  const calls = [
    composer.inspect(bytes),
    composer.compose([bytes], wiring),
    composer.flatten(bytes, { deadlines: true }),
  ];
  const settled = await Promise.allSettled(calls);
  return settled.map((result) => (result.status === "fulfilled" ? "ok" : (result.reason as ComposerError).code));
}

const inputs = async () => [guest("edge-callee"), await wat(relayComponent("u8")), await wat(echoComponent("string"))];

describe("hostile input", () => {
  test("cut off at every kind of place never breaks the composer", async () => {
    for (const bytes of await inputs()) {
      const step = Math.max(1, Math.floor(bytes.byteLength / 40));
      for (let end = 0; end < bytes.byteLength; end += step) {
        // Between two sections the rest may be a component, only a smaller one.
        for (const code of await outcome(bytes.slice(0, end))) expect([...refusals, "ok"]).toContain(code);
      }
    }
  });

  test("with random bytes changed is refused or works, and never breaks the composer", async () => {
    const random = randomNumbers(20_260);
    const seen = new Set<string>();
    for (const original of await inputs()) {
      for (let round = 0; round < 120; round++) {
        const bytes = original.slice();
        for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--)
          bytes[8 + Math.floor(random() * (bytes.length - 8))] = Math.floor(random() * 256);
        for (const code of await outcome(bytes)) seen.add(code);
      }
    }
    expect([...seen].filter((code) => code !== "ok" && !refusals.includes(code))).toEqual([]);
    await expect(composer.inspect(guest("hello"))).resolves.toMatchObject({ format: 1 });
  });
});
