import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Json } from "../../support/api-server/http.ts";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { echoComponent, wat } from "../../support/composer/wat.ts";

let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  operator = await startOperator(server);
  shop = await openShop(server);
  await shop.putPair();
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

const hex = (digest: string): string => digest.slice("sha256:".length);
const isKept = (digest: string): boolean => existsSync(join(operator.dataFolder, "artifacts", hex(digest)));
/** What the store holds for a composition. */
const held = (namespace: string, name: string): readonly string[] => {
  const file = join(operator.dataFolder, "holds.json");
  if (!existsSync(file)) return [];
  return JSON.parse(readFileSync(file, "utf8")).owners[`${namespace}/${name}`] ?? [];
};
let losses = 0;

/** Another operator, whose data folder is empty. */
async function loseStore(): Promise<void> {
  await operator.stop("SIGKILL");
  losses++;
  operator = await startOperator(server, { dataFolder: join(server.folder, `lost-${losses}`) });
}

describe("after the store is lost", () => {
  test("what runs can start again, whatever its newest spec is: suspended, wrong, or in want of a Component", async () => {
    const digests: Record<string, string> = {};
    for (const name of ["suspended", "wrong", "wanting"]) {
      await shop.putComposition(name, { exports: pairExports, runner: { concurrency: name.length } });
      digests[name] = (await shop.deploy(name)).status.artifact.digest;
    }
    await shop.putComposition("suspended", { exports: pairExports, suspend: true });
    await shop.putComposition("wrong", { exports: [{ name: "t:lists/relay", from: "relay/t:lists/rely" }] });
    await shop.until("composition", "wrong", { Stalled: "True/WiringInvalid" });
    await shop.putComposition("wanting", { exports: pairExports }, { echo: "echo", relay: "relay", more: "nowhere" });
    await shop.until("composition", "wanting", { Ready: "False/ComponentNotFound" });
    await loseStore();
    for (const [name, digest] of Object.entries(digests)) {
      await waitFor(`the artifact of "${name}"`, () => isKept(digest));
      await waitFor(`"${name}" to hold it`, () => held(shop.namespace, name).includes(digest));
    }
  });

  test("the revision before the newest can start again too, while its configuration is there", async () => {
    await shop.putComposition("two", { exports: pairExports });
    const first = (await shop.deploy("two")).status.artifact.digest;
    await shop.putComposition("two", { exports: pairExports }, { second: "echo", relay: "relay" });
    const second = (await shop.deploy("two")).status.artifact.digest;
    expect(second).not.toBe(first);
    await loseStore();
    for (const digest of [first, second]) await waitFor(`the artifact ${digest}`, () => isKept(digest));
  });

  test("a source that has other bytes by now is told as an event, and what runs is left alone", async () => {
    await shop.putComponent("moved", await wat(echoComponent("u16")));
    await shop.putComposition("gone", { exports: [{ name: "t:lists/echo", from: "a/t:lists/echo" }] }, { a: "moved" });
    const { status } = await shop.deploy("gone");
    await shop.putComposition(
      "gone",
      { exports: [{ name: "t:lists/echo", from: "a/t:lists/echo" }], suspend: true },
      { a: "moved" },
    );
    await shop.until("composition", "gone", { Ready: "True/Suspended" });
    await shop.putBytes("moved", await wat(echoComponent("u32")));
    await loseStore();
    const event = await waitFor("the event", async () => {
      const events = await server.client.list(`/apis/events.k8s.io/v1/namespaces/${shop.namespace}/events`);
      return events.find(({ reason, regarding }: Json) => reason === "SourceLost" && regarding.name === "gone");
    });
    expect(event.note).toMatch(
      /^What runs goes on, and its pods cannot start again elsewhere: its source has other bytes/,
    );
    expect((await shop.composition("gone")).status.artifact).toEqual(status.artifact);
    expect(await shop.deployment("gone")).toBeDefined();
  });
});

describe("a ConfigMap that names the artifact of somebody else", () => {
  test("gives its author nothing: it is not held for the composition that it claims to belong to", async () => {
    await shop.putComposition("victim", { exports: pairExports });
    const victim = await shop.deploy("victim");
    const other = await openShop(server);
    await other.putPair("u16");
    await other.putComposition("evil");
    const evil = await other.deploy("evil");
    await server.client.apply(paths.configMap(other.namespace, "forged"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "forged",
        labels: {
          "app.kubernetes.io/managed-by": "tenon-operator",
          "tenon.dev/composition": "evil",
          "tenon.dev/revision": "forged",
        },
        annotations: { "tenon.dev/artifact": victim.status.artifact.digest },
        ownerReferences: [
          { apiVersion: evil.apiVersion, kind: evil.kind, name: "evil", uid: evil.metadata.uid, controller: true },
        ],
      },
    });
    await waitFor("the operator to have looked at it", async () => {
      const events = await server.client.list(`/apis/events.k8s.io/v1/namespaces/${other.namespace}/events`);
      return events.find(({ reason }: Json) => reason === "SourceLost");
    });
    await operator.idle();
    expect(held(other.namespace, "evil")).toEqual([evil.status.artifact.digest]);
    expect(conditionOf(await other.composition("evil"), "Ready")?.status).toBe("True");
  });
});
