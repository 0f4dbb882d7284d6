import { stderr } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { compositionOf } from "../support/api-server/objects.ts";
import { waitFor } from "../support/api-server/wait.ts";
import { type Client, startClient } from "../support/cluster/client.ts";
import { addNamespace, apply, get, kubectl, list } from "../support/cluster/cluster.ts";
import { killContainer, programs } from "../support/cluster/node.ts";
import { guestComponent } from "../support/cluster/objects.ts";
import type { LoadReport } from "../support/cluster/pod/load.ts";
import {
  installTenon,
  isReady,
  operatorNamespace,
  operatorPods,
  podsOf,
  removeTenon,
  untilOperatorServes,
  untilReady,
} from "../support/cluster/tenon.ts";

const namespace = "rollout";
const url = "http://hello.rollout.svc/";
const perSecond = 50;
let client: Client;

beforeAll(async () => {
  await Promise.all([installTenon(), addNamespace(namespace)]);
  client = await startClient(namespace);
  await apply(namespace, ...(await guestComponent("hello", "hello")), hello);
  await untilReady(namespace, "hello");
  await client.until(200, { url });
}, 300_000);
afterAll(() => removeTenon(namespace), 180_000);

const hello = compositionOf(
  "hello",
  { hello: "hello" },
  { replicas: 2, exports: [{ name: "wasi:http/incoming-handler", from: "hello/wasi:http/incoming-handler" }] },
);

function say(what: string, { sent, failures, slowestMs }: LoadReport): void {
  stderr.write(`${what}: ${sent} requests, slowest ${slowestMs} ms, failed: ${JSON.stringify(failures)}\n`);
}

const failed = ({ failures }: LoadReport): number => Object.values(failures).flat().length;

describe("under a steady load", () => {
  test("a new version of a component rolls out without a failed request", async () => {
    const before = (await get(namespace, "composition/hello"))?.status;
    const load = client.load(url, perSecond);
    await apply(namespace, ...(await guestComponent("hello", "echo-http")));
    const { digest } = before.artifact;
    const isNew = async () => (await get(namespace, "composition/hello"))?.status.artifact.digest !== digest;
    await waitFor("another artifact", isNew, { timeoutMs: 60_000 });
    const { status } = await untilReady(namespace, "hello");
    // The old pods are gone: what they had in flight is answered or lost.
    await untilServing(2);
    const report = await load.stop();
    say("rolling update", report);
    expect(report.failures).toEqual({});
    expect(Object.keys(report.answers).sort()).toEqual(["200 ", "200 hello"]);
    expect(status.currentRevision).toBe(status.updateRevision);
    expect(status.currentRevision).not.toBe(before.currentRevision);
  }, 180_000);

  test("the old manifest brings the old version back, without a failed request", async () => {
    const load = client.load(url, perSecond);
    await apply(namespace, ...(await guestComponent("hello", "hello")));
    await waitFor("the old version", async () => (await client.ask({ url }))[0].body.trim() === "hello", {
      timeoutMs: 90_000,
    });
    await untilReady(namespace, "hello");
    await untilServing(2);
    const report = await load.stop();
    say("and back", report);
    expect(report.failures).toEqual({});
  }, 180_000);

  test("a runner that is killed costs what it had in flight, and comes back by itself", async () => {
    const [pod] = (await list(namespace, "pods", podsOf("hello"))).filter(isReady);
    const load = client.load(url, perSecond);
    await killContainer(pod, programs.runner);
    await untilServing(2);
    await untilReady(namespace, "hello");
    const report = await load.stop();
    say("runner killed", report);
    expect(failed(report)).toBeLessThan(report.sent / 2);
    expect((await get(namespace, `pod/${pod.metadata.name}`))?.status.containerStatuses[0].restartCount).toBe(1);
  }, 180_000);

  test("an operator that is killed costs nothing, and another takes over", async () => {
    const [pod] = await list(operatorNamespace, "pods", operatorPods);
    const load = client.load(url, perSecond);
    await killContainer(pod, programs.operator);
    await untilOperatorServes();
    await kubectl(["scale", "composition/hello", "--replicas=3"], { namespace });
    await untilServing(3);
    const { status } = await untilReady(namespace, "hello");
    const report = await load.stop();
    say("operator killed", report);
    expect(status.readyReplicas).toBe(3);
    expect(report.failures).toEqual({});
  }, 180_000);
});

describe("an operator whose pod is deleted", () => {
  test("is followed by one that has nothing, and makes the artifact again for a runner that is new", async () => {
    const [pod] = await list(operatorNamespace, "pods", operatorPods);
    const { artifact } = (await get(namespace, "composition/hello"))?.status ?? {};
    const load = client.load(url, perSecond);
    await kubectl(["delete", `pod/${pod?.metadata.name}`], { namespace: operatorNamespace });
    await untilOperatorServes();
    await kubectl(["scale", "composition/hello", "--replicas=4"], { namespace });
    await untilServing(4);
    const { status } = await untilReady(namespace, "hello");
    const report = await load.stop();
    say("operator's pod deleted", report);
    expect(report.failures).toEqual({});
    expect(status).toMatchObject({ readyReplicas: 4, artifact });
  }, 180_000);
});

describe("while the operator is down", () => {
  test("a runner whose container starts again serves the artifact that it kept", async () => {
    await kubectl(["scale", "deployment/tenon-operator", "--replicas=0"], { namespace: operatorNamespace });
    await waitFor("no operator", async () => (await list(operatorNamespace, "pods", operatorPods)).length === 0, {
      timeoutMs: 60_000,
    });
    for (const pod of (await list(namespace, "pods", podsOf("hello"))).filter(isReady))
      await killContainer(pod, programs.runner);
    await untilServing(4);
    const [answer] = await client.ask({ url });
    expect(answer).toMatchObject({ status: 200, body: expect.stringMatching(/^hello\s*$/) });
    await kubectl(["scale", "deployment/tenon-operator", "--replicas=1"], { namespace: operatorNamespace });
    await untilOperatorServes();
    await untilReady(namespace, "hello");
  }, 240_000);
});

/** Waits until as many runners are ready, and the kubelet says so of no others. */
async function untilServing(count: number): Promise<void> {
  await waitFor(
    `${count} runners that serve`,
    async () => {
      const pods = await list(namespace, "pods", podsOf("hello"));
      return pods.length === count && pods.every(isReady);
    },
    { timeoutMs: 90_000, everyMs: 200 },
  );
}
