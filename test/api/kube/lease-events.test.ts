import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../operator/clock.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { createKubeClient } from "../../../operator/kube/create-client.ts";
import type { Happening } from "../../../operator/kube/event-object.ts";
import { startRecorder } from "../../../operator/kube/events.ts";
import { acquireLease, type LeaseOptions } from "../../../operator/kube/lease.ts";
import { type KubeObject, resources } from "../../../operator/kube/object.ts";
import { makeLog } from "../../../operator/log.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { FakeClock } from "../../support/clock.ts";

let server: ApiServer;
let proxy: FaultProxy;
let client: KubeClient;
let namespace: string;
const log = makeLog(() => undefined, { level: "error", now: () => 0 });

beforeAll(async () => {
  server = await startApiServer({ crds: false });
  proxy = await startProxy(server);
  client = createKubeClient({ kubeconfig: await proxy.kubeconfigOf(server.admin), clock: systemClock, log });
}, 120_000);
beforeEach(async () => {
  namespace = await server.addNamespace("le");
});
afterAll(async () => {
  await client?.close();
  await proxy?.stop();
  await server?.stop();
});

describe("acquireLease()", () => {
  const options = (identity: string): LeaseOptions => ({
    namespace,
    name: "tenon-operator",
    identity,
    durationMs: 3_000,
    renewDeadlineMs: 2_000,
    retryMs: 400,
    clock: systemClock,
    log,
    signal: AbortSignal.timeout(60_000),
  });
  const read = async () =>
    (await client.get({ resource: resources.leases, namespace, name: "tenon-operator" })) as
      | (KubeObject & { spec: { holderIdentity: string; leaseTransitions: number } })
      | undefined;

  test("one of two has it; the other gets it when it is given back", async () => {
    const [one, two] = [acquireLease(client, options("one")), acquireLease(client, options("two"))];
    const first = await Promise.race([
      one.then((held) => ({ held, rest: two })),
      two.then((held) => ({ held, rest: one })),
    ]);
    const holder = (await read())!.spec.holderIdentity;
    await first.held.release();
    const second = await first.rest;
    expect((await read())!.spec).toMatchObject({ leaseTransitions: 1 });
    expect((await read())!.spec.holderIdentity).not.toBe(holder);
    expect(first.held.lost.aborted).toBe(false);
    await second.release();
    expect((await read())!.spec.holderIdentity).toBe("");
  }, 60_000);

  test("one that is cut off is told in time, before the other takes over", async () => {
    const { kubeconfig } = await server.addUser("holder", { groups: ["system:masters"] });
    const direct = createKubeClient({ kubeconfig, clock: systemClock, log });
    const one = await acquireLease(client, options("one"));
    const other = acquireLease(direct, options("two"));
    let lostAt: number | undefined;
    one.lost.addEventListener("abort", () => {
      lostAt = performance.now();
    });
    const fault = proxy.add({ path: /\/leases\// }, { hold: true });
    const two = await other;
    const tookAt = performance.now();
    fault.remove();
    expect(lostAt).toBeLessThan(tookAt);
    expect((await read())!.spec).toMatchObject({ holderIdentity: "two", leaseTransitions: 1 });
    await two.release();
    await one.release();
    await direct.close();
  }, 60_000);
});

describe("startRecorder()", () => {
  const happening = (note: string): Happening => ({
    regarding: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "web", uid: "u-1", resourceVersion: "7" },
    },
    type: "Warning",
    reason: "ComposeFailed",
    action: "Compose",
    note,
  });
  const events = async () =>
    (await client.list({ resource: resources.events, namespace })).items as (KubeObject & Record<string, unknown>)[];

  test("writes Events that the API server takes, with the longest note and the oddest", async () => {
    const recorder = startRecorder(client, { clock: systemClock, log, instance: "tenon-0" });
    recorder.record(happening("plain"));
    recorder.record(happening("ä".repeat(2_000)));
    recorder.record(happening("a\u0000b\ud800"));
    await recorder.stop(10_000);
    const found = await events();
    expect(found).toHaveLength(3);
    for (const event of found) {
      expect(event).toMatchObject({
        reportingController: "tenon.dev/operator",
        reportingInstance: "tenon-0",
        regarding: { kind: "ConfigMap", name: "web", uid: "u-1" },
      });
    }
    // As `kubectl describe` reads it.
    const core = await server.client.request("GET", `/api/v1/namespaces/${namespace}/events`);
    expect(JSON.stringify(core)).toContain('"message":"plain"');
  });

  test("counts one Event up, and makes it anew once it is deleted", async () => {
    const clock = new FakeClock();
    const recorder = startRecorder(client, { clock, log, instance: "tenon-0" });
    recorder.record(happening("again"));
    await waitFor("the Event", async () => (await events()).length === 1);
    await clock.advance(60_000);
    recorder.record(happening("again"));
    const [event] = await waitFor("its count", async () => {
      const found = await events();
      return found[0]?.["series"] !== undefined && found;
    });
    expect(event).toMatchObject({ note: "again", series: { count: 2 } });
    await client.delete(
      { resource: resources.events, namespace, name: event!.metadata.name },
      { uid: event!.metadata.uid! },
    );
    await clock.advance(60_000);
    recorder.record(happening("again"));
    await recorder.stop(10_000);
    expect(await events()).toMatchObject([{ series: { count: 3 } }]);
  });

  test("a namespace that is gone is no trouble", async () => {
    const recorder = startRecorder(client, { clock: systemClock, log, instance: "tenon-0" });
    const { regarding, ...rest } = happening("x");
    recorder.record({
      ...rest,
      regarding: { ...regarding, metadata: { ...regarding.metadata, namespace: "nowhere" } },
    });
    recorder.record(happening("after it"));
    await recorder.stop(10_000);
    expect(await events()).toMatchObject([{ note: "after it" }]);
  });
});
