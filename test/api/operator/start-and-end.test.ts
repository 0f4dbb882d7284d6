import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Operator, operatorNamespace, startOperator } from "../../support/api-server/operator.ts";
import { type FaultProxy, startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { waitFor } from "../../support/api-server/wait.ts";

const lease = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/tenon-operator`;
const pods = `/api/v1/namespaces/${operatorNamespace}/pods`;
const elected = ["--leader-election=true"];

let server: ApiServer;
let proxy: FaultProxy;
let operator: Operator | undefined;

beforeAll(async () => {
  server = await startApiServer();
  await server.ensureNamespace(operatorNamespace);
}, 120_000);
afterAll(() => server?.stop());
beforeEach(async () => {
  proxy = await startProxy(server);
});
afterEach(async () => {
  await operator?.stop("SIGKILL");
  await proxy.stop();
  await server.client.delete(lease);
});

const holder = async (): Promise<string> => (await server.client.get(lease))?.spec.holderIdentity ?? "";

describe("an operator that starts", () => {
  test("ends when it is told to, though a kind cannot be listed: it exits 0 and gives the Lease back", async () => {
    const fault = proxy.add({ path: /\/cronjobs/ }, { answer: 503 });
    operator = await startOperator(server, { name: "early", flags: elected, proxy, wait: false });
    await waitFor("the list to fail", () => fault.hits() > 0);
    expect(await holder()).toMatch(/^early_/);
    operator.process.signal("SIGTERM");
    const ended = await waitFor("it to end", () => !operator!.process.running(), { timeoutMs: 15_000 });
    expect([ended, await operator.process.ended, await holder()]).toEqual([true, 0, ""]);
  });

  test("gives the Lease back where it cannot work: another may be able to", async () => {
    const dataFolder = join(server.folder, "no-folder");
    await writeFile(dataFolder, "");
    operator = await startOperator(server, { name: "broken", flags: elected, dataFolder, wait: false });
    expect(await operator.process.ended).toBe(1);
    expect(operator.logs().some(({ message }) => message === "Became the leader")).toBe(true);
    expect(await holder()).toBe("");
  });
});

describe("the label of the leader", () => {
  const labelOf = async (name: string): Promise<string | undefined> =>
    (await server.client.get(`${pods}/${name}`)).metadata.labels["tenon.dev/leader"];
  const putPod = (name: string, labels: object) =>
    server.client.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels },
      spec: {
        containers: [{ name: "operator", image: "tenon.example/operator:1" }],
        automountServiceAccountToken: false,
      },
    });

  test("is tried until it stands, and the leader is not ready before", async () => {
    await putPod("leader", { app: "tenon" });
    const fault = proxy.add({ method: "PATCH", path: /\/pods\// }, { answer: 503 });
    operator = await startOperator(server, { name: "leader", flags: elected, proxy, wait: false });
    await waitFor("its work to begin", () => operator!.logs().some(({ message }) => message === "Reconciling"));
    await waitFor("the label to fail again", () => fault.hits() > 2);
    const answer = await fetch(`${operator.url}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, "label: the pod has not the leader's label yet\n"]);
    fault.remove();
    await waitFor("it to be ready", async () => (await operator!.probe("/readyz")) === 200);
    expect(await labelOf("leader")).toBe("true");
    expect(await operator.stop()).toBe(0);
    expect(await labelOf("leader")).toBeUndefined();
  });

  test("that is an earlier process' is taken from a standby, which is not ready before", async () => {
    await putPod("standby", { app: "tenon", "tenon.dev/leader": "true" });
    const now = new Date().toISOString().replace(/Z$/, "000Z");
    const spec = { holderIdentity: "another", leaseDurationSeconds: 3600, renewTime: now, acquireTime: now };
    await server.client.apply(lease, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "tenon-operator" },
      spec,
    });
    const fault = proxy.add({ method: "PATCH", path: /\/pods\// }, { answer: 503 });
    operator = await startOperator(server, { name: "standby", flags: elected, proxy, wait: false });
    await waitFor("the label to fail again", () => fault.hits() > 1);
    expect(await operator.probe("/readyz")).toBe(503);
    fault.remove();
    await waitFor("it to be ready", async () => (await operator!.probe("/readyz")) === 200);
    expect(await labelOf("standby")).toBeUndefined();
  });
});
