import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Json } from "../../support/api-server/http.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { waitFor } from "../../support/api-server/wait.ts";
import { echoComponent, relayComponent, wat } from "../../support/composer/wat.ts";
import { findStatusProblems } from "../../support/conditions.ts";

/** A new version of a Component that is in use. `echo` of u16 does not fit a `relay` of u8. */
let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  operator = await startOperator(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});
beforeEach(async () => {
  shop = await openShop(server);
  await shop.putPair();
});

const put = (onBreaking: string) =>
  shop.putComposition("pair", { exports: pairExports, upgradePolicy: { onBreaking }, service: { call: true } });
const events = (): Promise<readonly Json[]> =>
  server.client.list(`/apis/events.k8s.io/v1/namespaces/${shop.namespace}/events`);

/** Both get lists of u16: what the composition exports breaks for its callers, though the two still fit each other. */
async function breakForCallers(): Promise<void> {
  await shop.putBytes("echo", await wat(echoComponent("u16")));
  await shop.putBytes("relay", await wat(relayComponent("u16")));
}

describe("a new version that fits", () => {
  test("is rolled out", async () => {
    await put("Block");
    const { status } = await shop.deploy("pair");
    await shop.putBytes("echo", await wat(echoComponent("u8").replace("i32.const 1024", "i32.const 2048")));
    await waitFor(
      "another artifact",
      async () => (await shop.composition("pair")).status.artifact.digest !== status.artifact.digest,
    );
    await shop.deploy("pair");
  });
});

describe("a new version that breaks the composition", () => {
  test.each(["Block", "Warn", "Allow"])("never touches what runs where it cannot run at all: %s", async (policy) => {
    await put(policy);
    const { status } = await shop.deploy("pair");
    await shop.putBytes("echo", await wat(echoComponent("u16")));
    const told = await waitFor("it to be told", async () => {
      const composition = await shop.composition("pair");
      return conditionOf(composition, "Ready").reason !== "Succeeded" && composition;
    });
    expect(["UpgradeBlocked", "WiringInvalid"]).toContain(conditionOf(told, "Ready").reason);
    expect(told.status).toMatchObject({ artifact: status.artifact, currentRevision: status.currentRevision });
    expect(findStatusProblems(told)).toEqual([]);
  });

  test("is held back by Block until it fits again, and the old bytes serve a restart too", async () => {
    await put("Block");
    const { status } = await shop.deploy("pair");
    await shop.putBytes("echo", await wat(echoComponent("u16")));
    await waitFor("it to be held back", async () =>
      JSON.stringify((await shop.composition("pair")).status.conditions).includes("UpgradeBlocked"),
    );
    await operator.stop("SIGKILL");
    operator = await startOperator(server);
    await operator.idle();
    const held = await shop.composition("pair");
    expect(JSON.stringify(held.status.conditions)).toContain("UpgradeBlocked");
    expect(held.status.artifact).toEqual(status.artifact);
    await shop.putBytes("echo", await wat(echoComponent("u8")));
    await shop.until("composition", "pair", { Ready: "True/Succeeded" });
  });

  test.each([
    ["Warn", true],
    ["Allow", false],
  ] as const)("with %s it is rolled out once it fits itself; told by a warning: %s", async (policy, warns) => {
    await put(policy);
    const { status } = await shop.deploy("pair");
    await breakForCallers();
    await waitFor(
      "another artifact",
      async () => (await shop.composition("pair")).status.artifact.digest !== status.artifact.digest,
    );
    await shop.deploy("pair");
    await operator.idle();
    const warnings = (await events()).filter(({ reason }) => reason === "BreakingUpgrade");
    expect(warnings.length > 0).toBe(warns);
  });
});
