import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Agent } from "undici";
import { fetchArtifact } from "../../../runner/artifact-fetch.ts";
import { compositionOf, paths } from "../../support/api-server/objects.ts";
import { type Operator, operatorNamespace, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { echoComponent, wat } from "../../support/composer/wat.ts";

// Under this name its certificate is good for this machine.
const flags = ["--service=localhost:443", "--webhook=tenon"];
const configuration = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/tenon";

let server: ApiServer;
let operator: Operator;
let shop: Shop;
let folder: string;

beforeAll(async () => {
  server = await startApiServer();
  operator = await start();
  const port = Number(new URL(operator.secureUrl).port);
  await server.client.apply(`/api/v1/namespaces/${operatorNamespace}/services/localhost`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "localhost" },
    spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
  });
  await server.client.apply(configuration, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "tenon" },
    webhooks: [
      {
        name: "admission.tenon.dev",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        // A webhook that is not reached is a failure here.
        failurePolicy: "Fail",
        clientConfig: { service: { name: "localhost", namespace: operatorNamespace, port } },
        rules: [
          {
            apiGroups: ["tenon.dev"],
            apiVersions: ["v1alpha1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["components", "compositions"],
          },
        ],
      },
    ],
  });
  // Its next start finds the configuration.
  expect(await operator.stop()).toBe(0);
  operator = await start();
  shop = await openShop(server);
  folder = await mkdtemp(join(tmpdir(), "tenon-test-"));
  await shop.putPair();
  await shop.until("component", "echo", { Ready: "True" });
  await shop.until("component", "relay", { Ready: "True" });
  for (const name of ["pair", "other"]) await shop.putComposition(name);
  for (const name of ["pair", "other"]) await shop.until("composition", name, { Composed: "True" });
}, 180_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Ready is also one that waits to lead: here it has to serve. */
async function start(): Promise<Operator> {
  const started = await startOperator(server, { flags });
  const ca = await waitFor("its certificate", authority);
  const agent = new Agent({ connect: { ca, servername: "localhost" } });
  await waitFor("its secure port", async () => {
    const { body } = await agent.request({ origin: started.secureUrl, path: "/", method: "GET" });
    await body.dump();
    return true;
  });
  await agent.close();
  return started;
}

/** A token as the kubelet would put it into a pod of this ServiceAccount. */
async function tokenOf(account: string, audience = "tenon.dev/artifacts"): Promise<string> {
  const path = `/api/v1/namespaces/${shop.namespace}/serviceaccounts/${account}/token`;
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [audience] } };
  return (await server.client.create(path, request)).status.token;
}
const secretPath = `/api/v1/namespaces/${operatorNamespace}/secrets`;
async function authority(): Promise<string> {
  const [secret] = (await server.client.list(secretPath)).filter(({ type }) => type === "kubernetes.io/tls");
  return Buffer.from(secret.data["ca.crt"], "base64").toString();
}
/** The ServiceAccount that the pods of a composition run as. */
async function accountOf(name: string): Promise<string> {
  return (await shop.deployment(name)).spec.template.spec.serviceAccountName;
}
async function digestOf(name: string): Promise<string> {
  return (await shop.composition(name)).status.artifact.digest;
}

async function ask(path: string, account: string, audience?: string): Promise<number> {
  const agent = new Agent({ connect: { ca: await authority(), servername: "localhost" } });
  try {
    const { statusCode, body } = await agent.request({
      origin: operator.secureUrl,
      path,
      method: "GET",
      headers: { authorization: `Bearer ${await tokenOf(account, audience)}` },
    });
    await body.dump();
    return statusCode;
  } finally {
    await agent.close();
  }
}

/** Fetches as a runner does, and gives the number of files, each of which has the content of its name. */
async function fetchAs(account: string, digest: string): Promise<number> {
  const at = await mkdtemp(join(folder, "runner-"));
  const files = { caFile: join(at, "ca.crt"), tokenFile: join(at, "token") };
  await writeFile(files.caFile, await authority());
  await writeFile(files.tokenFile, await tokenOf(account));
  const url = `https://localhost:${new URL(operator.secureUrl).port}`;
  const artifact = join(at, "artifact");
  const log = { event: () => {} };
  await fetchArtifact({ url, digest, ...files }, { folder: artifact, signal: AbortSignal.timeout(30_000), log });
  const hash = async (file: string) =>
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  expect(`sha256:${await hash(join(artifact, "index.json"))}`).toBe(digest);
  return (await readdir(join(artifact, "blobs"))).length;
}

describe("the operator's secure port", () => {
  test("gives a runner the artifact of its Composition, and only that", async () => {
    const [mine, theirs] = [await digestOf("pair"), await digestOf("other")];
    const runner = await accountOf("pair");
    expect(mine).not.toBe(theirs);
    expect(await fetchAs(runner, mine)).toBeGreaterThan(0);
    expect(await ask(`/artifacts/${mine}`, runner)).toBe(200);
    expect(await ask(`/artifacts/${theirs}`, runner)).toBe(404);
    expect(await ask(`/artifacts/${mine}`, "default")).toBe(403);
    expect(await ask(`/artifacts/${mine}`, runner, "https://kubernetes.default.svc")).toBe(401);
  });
  test("refuses what its status would say, and admits what it does not know", async () => {
    const create = (object: object) =>
      server.client.request("POST", paths.compositions(shop.namespace), { body: object });
    await shop.putComponent("wide", await wat(echoComponent("u16")));
    await shop.until("component", "wide", { Ready: "True" });
    const more = { exports: pairExports };
    const refused = await create(compositionOf("wrong", { echo: "wide", relay: "relay" }, more));
    expect([refused.status, refused.body.message]).toEqual([422, expect.stringContaining("error[type-mismatch]")]);
    expect(await shop.composition("wrong")).toBeUndefined();
    const lent = await create(
      compositionOf(
        "lent",
        { echo: "echo", relay: "relay" },
        { ...more, template: { spec: { serviceAccountName: "admin" } } },
      ),
    );
    expect([lent.status, lent.body.message]).toEqual([
      422,
      expect.stringContaining("spec.template.spec.serviceAccountName"),
    ]);
    const early = await create(compositionOf("early", { echo: "later", relay: "relay" }, more));
    expect([early.status, early.headers["warning"]]).toEqual([
      201,
      expect.stringContaining("does not exist yet: later"),
    ]);
    const changed = await server.client.request("PATCH", `${paths.component(shop.namespace, "echo")}?dryRun=All`, {
      body: { spec: { source: { configMap: { name: "wide-wasm" } } } },
      contentType: "application/merge-patch+json",
    });
    expect([changed.status, changed.headers["warning"]]).toEqual([200, expect.stringMatching(/that use it: .*pair/)]);
    expect(await operator.metric("controller_runtime_webhook_requests_total")).toBeGreaterThanOrEqual(4);
  });
  test("serves the same artifact after its store was lost", async () => {
    const digest = await digestOf("pair");
    expect(await operator.stop()).toBe(0);
    await rm(operator.dataFolder, { recursive: true });
    operator = await start();
    expect(await fetchAs(await accountOf("pair"), digest)).toBeGreaterThan(0);
  });
});
