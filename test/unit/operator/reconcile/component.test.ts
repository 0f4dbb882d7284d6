import { describe, expect, test } from "@jest/globals";
import { FetchError, type FetchReason } from "../../../../operator/fetch/error.ts";
import {
  type ComponentDeps,
  type LiveComponent,
  makeComponentReconciler,
} from "../../../../operator/reconcile/component.ts";
import { KnownComponents } from "../../../../operator/reconcile/known.ts";
import type { Before } from "../../../../operator/reconcile/look-up.ts";
import type { Settled } from "../../../../operator/reconcile/settle.ts";
import { FakeClock } from "../../../support/clock.ts";

const http = { http: { url: "https://example.com/a.wasm", sha256: "0".repeat(64) } };
const configMap = { configMap: { name: "m", key: "k" } };
const digest = `sha256:${"0".repeat(64)}`;

const componentOf = (spec: object, status: object = {}): LiveComponent =>
  ({
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Component",
    metadata: { name: "a", namespace: "n", uid: "u", generation: 2 },
    spec: { interval: "5m", suspend: false, ...spec },
    status,
  }) as unknown as LiveComponent;

/** Reconciles a Component whose source cannot be read for this reason; gives what comes next, and what was known before. */
async function reconcile(component: LiveComponent, reason: FetchReason, { final = true } = {}) {
  const asked: (Before | undefined)[] = [];
  const deps = {
    components: { get: () => component },
    known: new KnownComponents(),
    library: { types: async () => undefined },
    lookUp: {
      async find(_: unknown, { before }: { before?: Before }) {
        asked.push(before);
        throw new FetchError(reason, "Refused", { final });
      },
    },
    status: { write: async (_object: unknown, _fields: unknown, { next }: Settled) => next },
    clock: new FakeClock(),
    wakeUsers: () => {},
  } as unknown as ComponentDeps;
  const next = await makeComponentReconciler(deps)("n/a", new AbortController().signal);
  return { next, before: asked[0] };
}

describe("a Component whose web server refuses it", () => {
  test.each(["SourceDenied", "DigestMismatch", "TooLarge", "SourceUnavailable"] as const)(
    "is looked at again after its interval: %s",
    async (reason) => {
      const { next } = await reconcile(componentOf({ source: http, interval: "7m30s" }), reason);
      expect(next).toEqual({ kind: "after", ms: 450_000 });
    },
  );

  test.each([
    ["1ms", 60_000],
    ["59s", 60_000],
    ["61s", 61_000],
    ["9999h", 2 ** 31 - 1],
  ])("is asked no more often than every minute, and no later than a timer can: %s", async (interval, ms) => {
    const { next } = await reconcile(componentOf({ source: http, interval }), "DigestMismatch");
    expect(next).toEqual({ kind: "after", ms });
  });

  test("is tried again with backoff where that may help", async () => {
    const { next } = await reconcile(componentOf({ source: http }), "SourceUnavailable", { final: false });
    expect(next).toEqual({ kind: "retry", afterMs: undefined });
  });

  test("is left alone where a watch tells of a change", async () => {
    const { next } = await reconcile(componentOf({ source: configMap }), "TooLarge");
    expect(next).toEqual({ kind: "done" });
  });
});

describe("what a status said before", () => {
  const artifact = { digest, size: 1 };
  const status = (observedGeneration: number, ready: string) => ({
    observedGeneration,
    artifact,
    conditions: [{ type: "Ready", status: ready, reason: "Succeeded", message: "", lastTransitionTime: "" }],
  });

  test.each([
    ["counts for the spec that it speaks of", status(2, "True"), artifact],
    ["does not count for a newer spec", status(1, "True"), undefined],
    ["does not count where the bytes are the last good ones of another source", status(2, "False"), undefined],
    ["may be nothing", {}, undefined],
  ])("%s", async (_, said, before) => {
    const found = await reconcile(componentOf({ source: http }, said), "SourceUnavailable", { final: false });
    expect(found.before).toEqual(before);
  });
});
