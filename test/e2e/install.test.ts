import { stderr } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { compositionOf } from "../support/api-server/objects.ts";
import { type Client, startClient } from "../support/cluster/client.ts";
import { addNamespace, apply, get, helm, kubectl, list, logs, tryKubectl } from "../support/cluster/cluster.ts";
import { runnerImage } from "../support/cluster/images.ts";
import { guestComponent } from "../support/cluster/objects.ts";
import {
  helmTenon,
  operatorLogs,
  operatorNamespace,
  podsOf,
  removeTenon,
  untilOperatorServes,
  untilReady,
} from "../support/cluster/tenon.ts";

const namespace = "shop";
const url = "http://hello.shop.svc/";
const hello = { exports: [{ name: "wasi:http/incoming-handler", from: "hello/wasi:http/incoming-handler" }] };
let client: Client;

beforeAll(async () => {
  await addNamespace(namespace);
  client = await startClient(namespace);
}, 120_000);
afterAll(() => removeTenon(namespace), 180_000);

describe("helm install on a real node", () => {
  test("leads from an empty cluster to an answer, where PodSecurity restricted is enforced", async () => {
    const started = performance.now();
    await addNamespace(operatorNamespace);
    await helmTenon("install");
    await apply(
      namespace,
      ...(await guestComponent("hello", "hello")),
      compositionOf("hello", { hello: "hello" }, hello),
    );
    const { body } = await client.until(200, { url });
    stderr.write(`helm install to the first 200: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    expect(body.trim()).toBe("hello");
    const { status } = await untilReady(namespace, "hello");
    expect(status).toMatchObject({
      replicas: 1,
      readyReplicas: 1,
      updatedReplicas: 1,
      url: "http://hello.shop.svc:80",
    });

    const refused = await tryKubectl(["run", "root", `--image=${runnerImage}`, "--privileged"], { namespace });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('violates PodSecurity "restricted')]);
  }, 180_000);

  test("never hears that it may not do something", async () => {
    const said = [await operatorLogs(), await logs(namespace, podsOf("hello"))];
    for (const text of said) {
      expect(text).toContain('"level":"info"');
      expect(text.split("\n").filter((line) => /forbidden|"level":"(error|critical)"/i.test(line))).toEqual([]);
    }
  }, 60_000);
});

describe("helm upgrade", () => {
  test("replaces the operator while what runs serves on", async () => {
    const [before] = await list(namespace, "pods", podsOf("hello"));
    const load = client.load(url, 50);
    await helmTenon("upgrade", { podAnnotations: { upgraded: "yes" } });
    await kubectl(["rollout", "status", "deployment/tenon-operator", "--timeout=90s"], {
      namespace: operatorNamespace,
    });
    await untilOperatorServes();
    await untilReady(namespace, "hello");
    const { sent, answers, failures } = await load.stop();
    expect(failures).toEqual({});
    expect(answers).toEqual({ "200 hello": sent });
    const after = await list(namespace, "pods", podsOf("hello"));
    expect(after.map(({ metadata }) => metadata.uid)).toEqual([before?.metadata.uid]);
  }, 180_000);
});

describe("helm uninstall", () => {
  test("leaves what runs, the CustomResourceDefinitions, and what the operator's documentation says", async () => {
    const mine = ["-l", "app.kubernetes.io/instance=tenon", "-o", "name"];
    await helm(["uninstall", "tenon", "--namespace", operatorNamespace, "--wait"]);
    expect((await client.ask({ url }))[0].status).toBe(200);
    const kinds =
      "deployments,services,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,configmaps";
    expect(await kubectl(["get", kinds, ...mine], { namespace: operatorNamespace })).toBe("");
    const clusterWide = "clusterroles,clusterrolebindings,validatingwebhookconfigurations,customresourcedefinitions";
    expect((await kubectl(["get", clusterWide, ...mine])).trim().split("\n").sort()).toEqual([
      "customresourcedefinition.apiextensions.k8s.io/components.tenon.dev",
      "customresourcedefinition.apiextensions.k8s.io/compositions.tenon.dev",
    ]);
    expect(await get(namespace, "composition/hello")).toBeDefined();
  }, 180_000);
});
