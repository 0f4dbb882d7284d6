import { describe, expect, test } from "@jest/globals";
import { FetchError } from "../../../../operator/fetch/error.ts";
import type { Resolved } from "../../../../operator/fetch/library.ts";
import { KnownComponents } from "../../../../operator/reconcile/known.ts";
import type { LookUp } from "../../../../operator/reconcile/look-up.ts";
import { done, type Outcome } from "../../../../operator/reconcile/outcome.ts";
import { resolve } from "../../../../operator/reconcile/resolve.ts";
import type { LiveComposition } from "../../../../operator/reconcile/run.ts";
import { table } from "../../../support/wiring/tables.ts";

const composition = (...names: string[]): LiveComposition =>
  ({
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Composition",
    metadata: { name: "c", namespace: "n" },
    spec: { instances: names.map((name, index) => ({ name: `i${index}`, component: { name } })) },
  }) as unknown as LiveComposition;

const resolved = (digest: string): Resolved => ({ digest, revision: undefined, size: 1, table: table({}) });

function world(
  components: Readonly<
    Record<string, { outcome?: Outcome; resolved?: Resolved; seen?: number; newest?: number } | undefined>
  >,
) {
  const known = new KnownComponents();
  for (const [name, one] of Object.entries(components)) {
    if (one?.seen === undefined) continue;
    known.set(`n/${name}`, { uid: "u", generation: one.seen, resolved: one.resolved, outcome: one.outcome ?? done });
  }
  const newest = (key: string) => {
    const one = components[key.slice(2)];
    return one && { uid: "u", generation: one.newest ?? 1 };
  };
  // Only a source in place is looked up: here its server refuses it.
  const find = () => Promise.reject(new FetchError("DigestMismatch", "Other bytes", { final: true }));
  const namesIn = () => Object.keys(components);
  return { known, newest, namesIn, lookUp: { find } as unknown as LookUp };
}
const signal = new AbortController().signal;
const ready = { seen: 1, resolved: resolved("sha256:1") };
const failed: Outcome = { kind: "stalled", reason: "InvalidComponent", message: "no wasm" };

describe("resolve()", () => {
  test("gives the bytes of every component, once each", async () => {
    const { outcome, components } = await resolve(composition("a", "a", "b"), world({ a: ready, b: ready }), signal);
    expect(outcome).toEqual(done);
    expect([...components.keys()]).toEqual(["a", "b"]);
  });

  test("waits for a Component that is not there, naming the field, and says so only after a while", async () => {
    const { outcome } = await resolve(composition("a", "b"), world({ a: ready }), signal);
    expect(outcome).toMatchObject({ kind: "waiting", reason: "ComponentNotFound", quietMs: 5000 });
    expect((outcome as { message: string }).message).toBe(
      "Cannot find the Component that spec.instances[1].component.name names in this namespace: b",
    );
  });

  test("says which name may be meant", async () => {
    const { outcome } = await resolve(composition("helo"), world({ hello: ready }), signal);
    expect((outcome as { message: string }).message).toMatch(/: helo\. Did you mean "hello"\?$/);
  });

  test("waits for a Component whose newest spec was not looked at yet, even if an older one was", async () => {
    for (const seen of [undefined, 1]) {
      const a = { ...ready, newest: 2, ...(seen === undefined ? { seen: undefined as never } : { seen }) };
      const { outcome } = await resolve(composition("a"), world({ a }), signal);
      expect(outcome).toMatchObject({ kind: "waiting", reason: "ComponentNotReady" });
    }
  });

  test("uses the last good bytes of a Component that cannot be read any more", async () => {
    const { outcome, components } = await resolve(
      composition("a"),
      world({ a: { ...ready, outcome: failed } }),
      signal,
    );
    expect(outcome).toEqual(done);
    expect(components.get("a")?.digest).toBe("sha256:1");
  });

  test("carries the reason of a Component that was never good", async () => {
    const { outcome } = await resolve(composition("a"), world({ a: { seen: 1, outcome: failed } }), signal);
    expect(outcome).toMatchObject({ kind: "waiting", reason: "ComponentNotReady" });
    expect((outcome as { message: string }).message).toBe(
      'Cannot use Component "a", it is not ready: InvalidComponent, no wasm',
    );
  });

  test("says how many problems there are", async () => {
    const { outcome } = await resolve(composition("a", "b", "c"), world({}), signal);
    expect((outcome as { message: string }).message).toMatch(/: a \(and 2 more\)$/);
  });

  test("looks again later at what a web server has with other bytes, also where it is the second problem", async () => {
    const http = { http: { url: "https://example.com/a.wasm", sha256: "0".repeat(64) } };
    const configMap = { configMap: { name: "m", key: "k" } };
    const inline = (...sources: object[]): LiveComposition =>
      ({
        ...composition(),
        spec: { instances: sources.map((source, index) => ({ name: `i${index}`, component: { source } })) },
      }) as unknown as LiveComposition;
    const outcomeOf = async (...sources: object[]) => (await resolve(inline(...sources), world({}), signal)).outcome;
    const mismatch = { kind: "stalled", reason: "DigestMismatch" };
    expect(await outcomeOf(http)).toMatchObject({ ...mismatch, afterMs: 600_000 });
    // A watch tells of a ConfigMap.
    expect(await outcomeOf(configMap)).toEqual({ ...mismatch, message: "Other bytes" });
    expect(await outcomeOf(configMap, http)).toMatchObject({ ...mismatch, afterMs: 600_000 });
  });
});
