import { describe, expect, test } from "@jest/globals";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { KubeError, type KubeErrorCode } from "../../../operator/kube/error.ts";
import { type LeaderLabel, makeLeaderLabel } from "../../../operator/leader-label.ts";
import { makeLog } from "../../../operator/log.ts";
import { FakeClock } from "../../support/clock.ts";

const pod = { name: "operator-0", namespace: "tenon-system" };

/** A pod whose label can be written, unless `failing` says why not. */
class Pod {
  readonly clock = new FakeClock();
  readonly levels: string[] = [];
  readonly label: LeaderLabel;
  failing: KubeErrorCode | undefined;
  value: unknown = "stale";
  writes = 0;

  constructor() {
    const log = makeLog((line) => this.levels.push(JSON.parse(line).level), { level: "debug", now: () => 0 });
    const mergePatch = async (_: unknown, patch: { metadata: { labels: Record<string, unknown> } }) => {
      this.writes++;
      if (this.failing !== undefined) throw new KubeError(this.failing, "Cannot write the pod");
      this.value = patch.metadata.labels["tenon.dev/leader"];
    };
    this.label = makeLeaderLabel({ client: { mergePatch } as unknown as KubeClient, clock: this.clock, log, pod });
  }
}

describe("makeLeaderLabel()", () => {
  test.each([
    [true, "true"],
    [false, null],
  ] as const)("tries until the pod has it, or not: %s", async (leads, value) => {
    const it = new Pod();
    it.failing = "unavailable";
    it.label.set(leads);
    await it.clock.advance(60_000);
    expect([it.value, it.label.problem()]).toEqual(["stale", expect.stringContaining("label")]);
    expect(it.writes).toBeGreaterThan(4);
    expect(it.writes).toBeLessThan(20);
    it.failing = undefined;
    await it.clock.advance(15_000);
    expect([it.value, it.label.problem()]).toEqual([value, undefined]);
    expect(it.clock.pending).toBe(0);
  });
  test("writes once where it works, and nothing before it is told to", async () => {
    const it = new Pod();
    expect([it.label.problem(), it.writes]).toEqual([undefined, 0]);
    it.label.set(true);
    await it.clock.advance(60_000);
    expect([it.value, it.writes, it.levels]).toEqual(["true", 1, []]);
  });
  test("writes the newest where more is told while it tries", async () => {
    const it = new Pod();
    it.failing = "unavailable";
    it.label.set(false);
    await it.clock.advance(100);
    it.label.set(true);
    it.failing = undefined;
    await it.clock.advance(15_000);
    expect([it.value, it.writes]).toEqual(["true", 2]);
  });
  test("is done where there is no such pod", async () => {
    const it = new Pod();
    it.failing = "not-found";
    it.label.set(true);
    await it.clock.advance(60_000);
    expect([it.writes, it.label.problem(), it.levels]).toEqual([1, undefined, ["debug"]]);
  });
  test("stop() takes the label away", async () => {
    const it = new Pod();
    it.label.set(true);
    await it.clock.advance(0);
    await it.label.stop(1000);
    expect([it.value, it.clock.pending]).toEqual([null, 0]);
  });
  test("stop() gives up in time, and tries no more", async () => {
    const it = new Pod();
    it.failing = "unavailable";
    it.label.set(true);
    await it.clock.advance(0);
    const stopped = it.label.stop(1000);
    await it.clock.advance(1000);
    await stopped;
    const { writes } = it;
    await it.clock.advance(60_000);
    expect([it.writes, it.clock.pending]).toEqual([writes, 0]);
  });
});
