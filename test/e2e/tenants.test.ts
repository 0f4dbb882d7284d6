import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Json } from "../support/api-server/http.ts";
import { compositionOf } from "../support/api-server/objects.ts";
import { type Client, startClient } from "../support/cluster/client.ts";
import { addNamespace, apply, get, list } from "../support/cluster/cluster.ts";
import { guestComponent } from "../support/cluster/objects.ts";
import {
  artifactsUrl,
  installTenon,
  operatorNamespace,
  podsOf,
  removeTenon,
  untilReady,
} from "../support/cluster/tenon.ts";

/** Each with a component of its own, in a composition of the same name. */
const tenants = { red: "hello", blue: "echo-http" } as const;
const composition = "app";
const exported = [{ name: "wasi:http/incoming-handler", from: "app/wasi:http/incoming-handler" }];

/** A pod that a tenant starts as the ServiceAccount of its own runner, with the token that the runner has. */
const clients = new Map<string, Client>();
const digests = new Map<string, string>();

beforeAll(async () => {
  await installTenon();
  for (const [namespace, guest] of Object.entries(tenants)) {
    await addNamespace(namespace);
    await apply(
      namespace,
      ...(await guestComponent("app", guest)),
      compositionOf(composition, { app: "app" }, { exports: exported }),
    );
    const { status } = await untilReady(namespace, composition);
    digests.set(namespace, status.artifact.digest);
    const [pod] = await list(namespace, "pods", podsOf(composition));
    clients.set(namespace, await startClient(namespace, { likeRunner: pod }));
  }
}, 300_000);
afterAll(() => removeTenon(...Object.keys(tenants)), 180_000);

const own = { tokenFile: "/token/token", caFile: "/config/ca.crt" } as const;
const artifactUrl = (namespace: string): string => `${artifactsUrl}/artifacts/${digests.get(namespace)}`;

describe.each([
  ["red", "blue"],
  ["blue", "red"],
])("the tenant %s", (mine, theirs) => {
  test("reads its own artifact and its blobs, and none of another one's", async () => {
    const client = clients.get(mine)!;
    const [index] = await client.ask({ url: artifactUrl(mine), ...own });
    expect(index.status).toBe(200);
    const blobs: readonly { readonly digest: string }[] = JSON.parse(index.body).blobs;
    const [other] = await clients.get(theirs)!.ask({ url: artifactUrl(theirs), ...own });
    const foreign: readonly { readonly digest: string }[] = JSON.parse(other.body).blobs;
    const secret = foreign.find(({ digest }) => !blobs.some((blob) => blob.digest === digest))!.digest;

    const answers = await client.ask(
      { url: `${artifactUrl(mine)}/blobs/${blobs[0]!.digest}`, method: "HEAD", ...own },
      { url: artifactUrl(theirs), ...own },
      { url: `${artifactUrl(theirs)}/blobs/${secret}`, ...own },
      { url: `${artifactUrl(mine)}/blobs/${secret}`, ...own },
      { url: artifactUrl(mine), caFile: own.caFile },
      { url: artifactUrl(mine), caFile: own.caFile, tokenFile: "/token/api" },
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 404, 401, 401]);
  }, 60_000);

  test("keeps its runners' status and metrics to the operator and to who may read metrics", async () => {
    const policy = await get(mine, `networkpolicy/${composition}-runner`);
    expect(policy?.spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(policy?.spec.podSelector.matchLabels).toMatchObject({ "tenon.dev/composition": composition });
    const admin = policy?.spec.ingress.filter(({ ports }: Json) => ports.some(({ port }: Json) => port === 9090));
    expect(admin).toEqual([
      {
        from: [
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": operatorNamespace } } },
          { namespaceSelector: { matchLabels: { "tenon.dev/metrics": "true" } } },
          { podSelector: { matchLabels: { "tenon.dev/metrics": "true" } } },
        ],
        ports: [{ port: 9090, protocol: "TCP" }],
      },
    ]);
  });
});
