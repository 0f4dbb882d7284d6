import { afterEach, describe, expect, test } from "@jest/globals";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { KubeError } from "../../../../operator/kube/error.ts";
import { acquireLease, type Leadership } from "../../../../operator/kube/lease.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { FakeClock } from "../../../support/clock.ts";
import { fakeClient, keepLog } from "./fake-client.ts";

interface Stored extends KubeObject {
  readonly spec: Record<string, unknown>;
}

const timing = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

/** One Lease as the API server keeps it: a write with an old resourceVersion is a conflict. */
function makeServer() {
  const server = {
    lease: undefined as Stored | undefined,
    writes: 0,
    reads: 0,
    down: false,
    /** Requests neither succeed nor fail. */
    hangs: false,
    /** The next write is stored, and its answer lost. */
    losesAnswer: false,
  };
  const before = async (signal: AbortSignal | undefined): Promise<void> => {
    if (server.down) throw new KubeError("unavailable", "made by a test");
    if (!server.hangs) return;
    await new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new KubeError("unavailable", "given up")));
    });
  };
  const store = (object: KubeObject): Stored => {
    server.writes++;
    const metadata = { ...object.metadata, resourceVersion: String(server.writes) };
    server.lease = JSON.parse(JSON.stringify({ ...object, metadata })) as Stored;
    if (!server.losesAnswer) return server.lease;
    server.losesAnswer = false;
    throw new KubeError("unavailable", "the answer is lost");
  };
  const client: Partial<KubeClient> = {
    async get<T extends KubeObject>(_: unknown, { signal }: { signal?: AbortSignal | undefined } = {}) {
      await before(signal);
      server.reads++;
      return server.lease as unknown as T | undefined;
    },
    async create<T extends KubeObject>(
      _: unknown,
      object: object,
      { signal }: { signal?: AbortSignal | undefined } = {},
    ) {
      await before(signal);
      if (server.lease !== undefined) throw new KubeError("conflict", "exists");
      return store(object as KubeObject) as unknown as T;
    },
    async replace<T extends KubeObject>(
      _: unknown,
      object: KubeObject,
      { signal }: { signal?: AbortSignal | undefined } = {},
    ) {
      await before(signal);
      if (object.metadata.resourceVersion !== server.lease?.metadata.resourceVersion)
        throw new KubeError("conflict", "modified");
      return store(object) as unknown as T;
    },
  };
  return Object.assign(server, { client: fakeClient(client) });
}

type Server = ReturnType<typeof makeServer>;

/** A process that wants the Lease. Each has a client of its own, which a test may break. */
function enter(server: Server, clock: FakeClock, identity: string) {
  const { log, lines } = keepLog();
  const controller = new AbortController();
  controllers.push(controller);
  const state = { leader: undefined as Leadership | undefined, error: undefined as unknown };
  const options = { namespace: "tenon", name: "tenon-operator", identity, ...timing, clock, log };
  acquireLease(server.client, { ...options, signal: controller.signal }).then(
    (leader) => {
      state.leader = leader;
    },
    (error: unknown) => {
      state.error = error;
    },
  );
  const isLeader = (): boolean => state.leader?.lost.aborted === false;
  return { state, isLeader, lines, controller };
}

describe("acquireLease()", () => {
  test("makes the Lease where there is none, and renews it", async () => {
    const [server, clock] = [makeServer(), new FakeClock({ now: Date.UTC(2026, 0, 1) })];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    expect(one.isLeader()).toBe(true);
    expect(server.lease).toMatchObject({
      kind: "Lease",
      metadata: { namespace: "tenon", name: "tenon-operator" },
      spec: {
        holderIdentity: "one",
        leaseDurationSeconds: 15,
        acquireTime: "2026-01-01T00:00:00.000000Z",
        renewTime: "2026-01-01T00:00:00.000000Z",
        leaseTransitions: 0,
      },
    });
    await clock.advance(60_000);
    expect(server.lease!.spec).toMatchObject({
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:01:00.000000Z",
      leaseTransitions: 0,
    });
    // A renewal is one write, and no read.
    expect(server.writes).toBe(31);
    expect(server.reads).toBe(1);
    expect(one.isLeader()).toBe(true);
  });

  test("waits while another process renews, and takes over once it is silent for as long as it said", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    const two = enter(server, clock, "two");
    await clock.advance(300_000);
    expect([one.isLeader(), two.isLeader()]).toEqual([true, false]);

    // The holder is gone: it does nothing any more.
    await one.state.leader!.release();
    server.lease = {
      ...server.lease!,
      spec: { ...server.lease!.spec, holderIdentity: "one", leaseDurationSeconds: 15 },
    };
    await clock.advance(14_000);
    expect(two.isLeader()).toBe(false);
    await clock.advance(5_500);
    expect(two.isLeader()).toBe(true);
    expect(server.lease!.spec).toMatchObject({ holderIdentity: "two", leaseTransitions: 1 });
  });

  test("never has two leaders, whatever fails, and however the machine's time is corrected", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [server, clock] = [makeServer(), new FakeClock({ seed })];
      const all = ["one", "two", "three"].map((identity) => enter(server, clock, identity));
      for (let step = 0; step < 200; step++) {
        const chance = clock.random();
        server.down = chance < 0.15;
        server.hangs = chance > 0.85;
        server.losesAnswer = chance > 0.4 && chance < 0.45;
        if (step % 20 === 7) clock.step((clock.random() - 0.5) * 3_600_000);
        for (let part = 0; part < 4; part++) {
          await clock.advance(500);
          expect(all.filter((each) => each.isLeader()).length).toBeLessThanOrEqual(1);
        }
      }
      for (const { controller, state } of all) {
        controller.abort();
        void state.leader?.release();
      }
      Object.assign(server, { down: false, hangs: false });
      await clock.advance(60_000);
      expect(clock.pending).toBe(0);
    }
  });

  test("of many that come at once exactly one leads", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const all = Array.from({ length: 20 }, (_, index) => enter(server, clock, `process ${index}`));
    await clock.advance(30_000);
    expect(all.filter((each) => each.isLeader())).toHaveLength(1);
  });

  test("counts how long a foreign Lease is valid from when it was seen, not from what it says", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const year = 365 * 24 * 3_600_000;
    for (const [identity, skew] of [
      ["behind", -year],
      ["ahead", year],
    ] as const) {
      const renewTime = new Date(clock.now() + skew).toISOString().replace("Z", "000Z");
      server.lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { namespace: "tenon", name: "tenon-operator", resourceVersion: String(server.writes) },
        spec: { holderIdentity: identity, leaseDurationSeconds: 15, renewTime, leaseTransitions: 3 },
      };
      const one = enter(server, clock, `after ${identity}`);
      await clock.advance(14_999);
      expect(one.isLeader()).toBe(false);
      await clock.advance(4_001);
      expect(one.isLeader()).toBe(true);
      one.controller.abort();
      await one.state.leader!.release();
    }
  });

  test("takes a Lease without a holder, or without a spec, at once", async () => {
    for (const spec of [{ holderIdentity: "", leaseDurationSeconds: 1 }, { holderIdentity: null }, undefined]) {
      const [server, clock] = [makeServer(), new FakeClock()];
      const metadata = { namespace: "tenon", name: "tenon-operator", resourceVersion: "0" };
      server.lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, ...(spec && { spec }) } as Stored;
      const one = enter(server, clock, "one");
      await clock.advance(0);
      expect(one.isLeader()).toBe(true);
    }
  });

  test("goes on through failures until it may lead, and rejects only when it is given up", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    server.down = true;
    const [one, two] = [enter(server, clock, "one"), enter(server, clock, "two")];
    await clock.advance(3_600_000);
    two.controller.abort(new RangeError("enough"));
    await clock.advance(0);
    expect(one.state).toEqual({ leader: undefined, error: undefined });
    expect(two.state.error).toMatchObject({ message: "enough" });
    server.down = false;
    await clock.advance(4_000);
    expect(one.isLeader()).toBe(true);
  });
});

describe("lost", () => {
  test.each(["down", "hangs"] as const)(
    "fires before the deadline when the server %s, and before another may take over",
    async (how) => {
      const [server, clock] = [makeServer(), new FakeClock()];
      const one = enter(server, clock, "one");
      await clock.advance(0);
      const two = enter(server, clock, "two");
      await clock.advance(2_500);
      // Renewed last at 2 s.
      server[how] = true;
      await clock.advance(9_499);
      expect(one.isLeader()).toBe(true);
      await clock.advance(1);
      expect(one.isLeader()).toBe(false);
      expect(one.lines).toContainEqual(
        expect.objectContaining({ level: "error", reason: "it could not be renewed in time" }),
      );
      server[how] = false;
      await clock.advance(1_000);
      expect(two.isLeader()).toBe(false);
      // It may have seen the last renewal only now.
      await clock.advance(18_000);
      expect(two.isLeader()).toBe(true);
    },
  );

  test("does not fire for a failure that passes", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(2_500);
    server.down = true;
    await clock.advance(6_000);
    server.down = false;
    await clock.advance(60_000);
    expect(one.isLeader()).toBe(true);
  });

  test("does not fire for a renewal whose answer is lost", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    server.losesAnswer = true;
    await clock.advance(60_000);
    expect(one.isLeader()).toBe(true);
    expect(server.lease!.spec).toMatchObject({ leaseTransitions: 0 });
  });

  test("fires as soon as another process is seen to have it", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    const { lease } = server;
    server.lease = {
      ...lease!,
      metadata: { ...lease!.metadata, resourceVersion: "x" },
      spec: { ...lease!.spec, holderIdentity: "thief" },
    };
    await clock.advance(4_500);
    expect(one.isLeader()).toBe(false);
    expect(one.lines).toContainEqual(expect.objectContaining({ level: "error", reason: "another process has it" }));
    expect(clock.pending).toBeLessThanOrEqual(1);
  });
});

describe("release()", () => {
  test("gives the Lease back: another has it at once, and lost does not fire", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    const two = enter(server, clock, "two");
    await clock.advance(20_000);
    await Promise.all([one.state.leader!.release(), one.state.leader!.release()]);
    expect(server.lease!.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(one.state.leader!.lost.aborted).toBe(false);
    await clock.advance(4_000);
    expect(two.isLeader()).toBe(true);
    expect(server.lease!.spec).toMatchObject({ holderIdentity: "two", leaseTransitions: 1 });
  });

  test("does not touch a Lease that another process has", async () => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    server.lease = { ...server.lease!, spec: { ...server.lease!.spec, holderIdentity: "two" } };
    await one.state.leader!.release();
    expect(server.lease!.spec).toMatchObject({ holderIdentity: "two" });
  });

  test.each(["down", "hangs"] as const)("ends in time when the server %s", async (how) => {
    const [server, clock] = [makeServer(), new FakeClock()];
    const one = enter(server, clock, "one");
    await clock.advance(0);
    server[how] = true;
    let released = false;
    void one.state.leader!.release().then(() => {
      released = true;
    });
    await clock.advance(4_000);
    expect(released).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
