import { describe, expect, test } from "@jest/globals";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { KubeError, type KubeErrorCode } from "../../../../operator/kube/error.ts";
import type { Happening } from "../../../../operator/kube/event-object.ts";
import { startRecorder } from "../../../../operator/kube/events.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { FakeClock } from "../../../support/clock.ts";
import { configMap, fakeClient, keepLog } from "./fake-client.ts";

const happening: Happening = {
  regarding: configMap("web", 7),
  type: "Warning",
  reason: "ComposeFailed",
  action: "Compose",
  note: "Cannot compose",
};

function start() {
  const state = {
    created: [] as (KubeObject & { note?: string })[],
    patched: [] as object[],
    failures: [] as (KubeErrorCode | "hang" | "lost")[],
    tries: 0,
  };
  const fail = async (signal?: AbortSignal): Promise<void> => {
    state.tries++;
    const failure = state.failures.shift();
    if (failure === "hang")
      await new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(new KubeError("unavailable", "x"))),
      );
    else if (failure !== undefined && failure !== "lost") throw new KubeError(failure, `made by a test: ${failure}`);
  };
  const parts: Partial<KubeClient> = {
    async create<T extends KubeObject>(_: unknown, object: object, options?: { signal?: AbortSignal | undefined }) {
      const isLost = state.failures[0] === "lost";
      await fail(options?.signal);
      const event = object as KubeObject;
      if (state.created.some(({ metadata }) => metadata.name === event.metadata.name))
        throw new KubeError("conflict", "x");
      state.created.push(event);
      if (isLost) throw new KubeError("unavailable", "the answer is lost");
      return object as T;
    },
    async mergePatch<T extends KubeObject>(ref: { name: string }, patch: object) {
      await fail();
      state.patched.push({ name: ref.name, ...patch });
      return {} as T;
    },
  };
  const clock = new FakeClock({ now: Date.UTC(2026, 0, 1) });
  const { log, lines } = keepLog();
  const recorder = startRecorder(fakeClient(parts), { clock, log, instance: "tenon-0" });
  return { state, clock, lines, recorder };
}

describe("startRecorder()", () => {
  test("writes one Event a happening, in their order", async () => {
    const { recorder, state, clock } = start();
    recorder.record(happening);
    recorder.record({ ...happening, reason: "Composed", type: "Normal", note: "Composed" });
    await clock.advance(0);
    expect(state.created).toMatchObject([
      { kind: "Event", metadata: { namespace: "shop" }, reason: "ComposeFailed", reportingInstance: "tenon-0" },
      { reason: "Composed", type: "Normal" },
    ]);
    expect(state.created[0]!.metadata.name).toMatch(/^web\.[0-9a-f]+$/);
    expect(state.created[0]!.metadata.name).not.toBe(state.created[1]!.metadata.name);
  });

  test("counts what happens again, and writes the count once a minute at most", async () => {
    const { recorder, state, clock } = start();
    for (let second = 0; second <= 180; second++) {
      recorder.record(happening);
      await clock.advance(1_000);
    }
    expect(state.created).toHaveLength(1);
    const { name } = state.created[0]!.metadata;
    expect(state.patched).toEqual([
      { name, series: { count: 61, lastObservedTime: "2026-01-01T00:01:00.000000Z" } },
      { name, series: { count: 121, lastObservedTime: "2026-01-01T00:02:00.000000Z" } },
      { name, series: { count: 181, lastObservedTime: "2026-01-01T00:03:00.000000Z" } },
    ]);
  });

  test("begins a new Event after ten quiet minutes, and for another object, reason or note", async () => {
    const { recorder, state, clock } = start();
    recorder.record(happening);
    await clock.advance(599_000);
    recorder.record(happening);
    await clock.advance(0);
    expect([state.created.length, state.patched.length]).toEqual([1, 1]);
    await clock.advance(600_000);
    recorder.record(happening);
    await clock.advance(0);
    expect([state.created.length, state.patched.length]).toEqual([2, 1]);
    for (const other of [{ regarding: configMap("other", 1) }, { reason: "Other" }, { note: "Other" }]) {
      recorder.record({ ...happening, ...other });
    }
    await clock.advance(0);
    expect(state.created).toHaveLength(5);
  });

  test("makes the Event anew where the API server has forgotten it", async () => {
    const { recorder, state, clock } = start();
    recorder.record(happening);
    await clock.advance(60_000);
    state.failures = ["not-found"];
    recorder.record(happening);
    await clock.advance(0);
    expect(state.created).toHaveLength(2);
    expect(state.created[1]).toMatchObject({ series: { count: 2 } });
  });

  test("tries again what may pass, three times in all, and makes no second Event of a lost answer", async () => {
    const { recorder, state, clock, lines } = start();
    state.failures = ["throttled", "unavailable"];
    recorder.record(happening);
    await clock.advance(10_000);
    expect(state.created).toHaveLength(1);
    state.failures = ["lost"];
    recorder.record({ ...happening, note: "second" });
    await clock.advance(10_000);
    expect(state.created.map(({ note }) => note)).toEqual(["Cannot compose", "second"]);
    state.failures = ["unavailable", "unavailable", "unavailable"];
    state.tries = 0;
    recorder.record({ ...happening, note: "third" });
    await clock.advance(60_000);
    expect(state.tries).toBe(3);
    expect(lines.filter(({ level }) => level === "warn")).toMatchObject([{ message: "Left out Events", count: 1 }]);
  });

  test("tries once what cannot pass, and goes on with the next", async () => {
    const { recorder, state, clock } = start();
    state.failures = ["denied"];
    recorder.record(happening);
    recorder.record({ ...happening, note: "second" });
    await clock.advance(0);
    expect(state.created).toMatchObject([{ note: "second" }]);
  });

  test("an object that says ever new things gets 25 Events, and others theirs", async () => {
    const { recorder, state, clock, lines } = start();
    for (let index = 0; index < 10_000; index++) recorder.record({ ...happening, note: `note ${index}` });
    recorder.record({ ...happening, regarding: configMap("other", 1) });
    await clock.advance(0);
    expect(state.created).toHaveLength(26);
    expect(lines.filter(({ level }) => level === "warn").length).toBeLessThanOrEqual(2);
  });

  test("keeps a thousand waiting, drops the others and says so, while the server hangs", async () => {
    const { recorder, state, clock, lines } = start();
    state.failures = ["hang"];
    for (let index = 0; index < 5_000; index++) {
      recorder.record({ ...happening, regarding: configMap(`object-${index}`, 1) });
    }
    await clock.advance(61_000);
    recorder.record({ ...happening, regarding: configMap("one-more", 1) });
    const stopped = recorder.stop(1_000);
    await clock.advance(1_000);
    await stopped;
    expect(state.tries).toBe(1);
    const dropped = lines.filter(({ message }) => message === "Left out Events").map(({ count }) => Number(count));
    expect(dropped.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(3_999);
    expect(dropped.length).toBeLessThanOrEqual(3);
  });

  test("remembers two thousand happenings, those that happened last", async () => {
    const { recorder, state, clock } = start();
    const about = (name: string) => recorder.record({ ...happening, regarding: configMap(name, 1) });
    about("first");
    for (let index = 0; index < 1_999; index++) {
      about(`object-${index}`);
      if (index % 500 === 0) await clock.advance(0);
    }
    await clock.advance(0);
    expect(state.created).toHaveLength(2_000);
    about("first");
    about("one-more");
    about("object-0");
    await clock.advance(0);
    expect(state.created.slice(2_000).map(({ metadata }) => metadata.name.split(".")[0])).toEqual([
      "one-more",
      "object-0",
    ]);
  });

  test("stop() waits for what is waiting, then nothing more is written", async () => {
    const { recorder, state, clock } = start();
    recorder.record(happening);
    recorder.record({ ...happening, note: "second" });
    await recorder.stop(1_000);
    expect(state.created).toHaveLength(2);
    recorder.record({ ...happening, note: "third" });
    await clock.advance(0);
    expect(state.created).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test("stop() gives up after its time", async () => {
    const { recorder, state, clock } = start();
    state.failures = ["hang"];
    recorder.record(happening);
    recorder.record({ ...happening, note: "second" });
    let stopped = false;
    void recorder.stop(1_000).then(() => {
      stopped = true;
    });
    await clock.advance(999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    expect(stopped).toBe(true);
    expect(state.created).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });
});
