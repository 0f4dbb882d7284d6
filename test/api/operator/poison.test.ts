import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { compositionOf, paths } from "../../support/api-server/objects.ts";
import { type Operator, startOperator } from "../../support/api-server/operator.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import { doubling, manyModules, panics } from "../../support/composer/hostile.ts";
import { echoComponent, wat } from "../../support/composer/wat.ts";
import { findStatusProblems } from "../../support/conditions.ts";

/** Hostile bytes stall their own Component, whoever else is at work meanwhile. */
let server: ApiServer;
let operator: Operator;
let shop: Shop;

beforeAll(async () => {
  server = await startApiServer();
  operator = await startOperator(server, { flags: ["--composer-deadline=5s", "--composer-memory=128Mi"] });
  shop = await openShop(server);
}, 120_000);
afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

const count = 50;

describe("poisoned Components", () => {
  test(`stall alone: ${count} Compositions are composed meanwhile`, async () => {
    const poison: Readonly<Record<string, Uint8Array>> = {
      garbage: Buffer.from("\0asm\x0d\0\x01\0garbage that goes on and on"),
      truncated: (await wat(echoComponent("u8"))).slice(0, -3),
      module: Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]),
      modules: await manyModules(1_001),
      empty: new Uint8Array(0),
      // These look well until they are composed, or made into an artifact.
      doubling: await doubling(24),
      panics: await panics(),
    };
    for (const [name, bytes] of Object.entries(poison)) {
      await shop.putComponent(name, bytes);
      await shop.client.apply(
        paths.composition(shop.namespace, `of-${name}`),
        compositionOf(`of-${name}`, { a: name }),
      );
    }
    await shop.putPair();
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        shop.putComposition(`pair-${index}`, { exports: pairExports, runner: { concurrency: index + 1 } }),
      ),
    );
    for (let index = 0; index < count; index++) {
      await shop.until("composition", `pair-${index}`, { Composed: "True" });
    }
    for (const name of ["garbage", "truncated", "module", "modules", "empty"]) {
      const component = await shop.until("component", name, { Stalled: "True", Ready: "False" });
      expect([name, conditionOf(component, "Ready").reason]).toEqual([
        name,
        expect.stringMatching(/^(InvalidComponent|TooLarge|InvalidSpec)$/),
      ]);
      expect(findStatusProblems(component)).toEqual([]);
      const composition = await shop.until("composition", `of-${name}`, { Ready: "False/ComponentNotReady" });
      expect(findStatusProblems(composition)).toEqual([]);
    }
    for (const name of ["of-doubling", "of-panics"]) {
      const composition = await shop.until("composition", name, { Ready: "False", Stalled: "True" });
      expect(findStatusProblems(composition)).toEqual([]);
      expect(await shop.deployment(name)).toBeUndefined();
    }
  }, 300_000);

  test("are not tried again and again", async () => {
    await operator.idle();
    const before = await operator.reconciles();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await operator.reconciles()).toBe(before);
  });

  test("leave the process well", async () => {
    expect([await operator.probe("/healthz"), await operator.probe("/readyz")]).toEqual([200, 200]);
    expect(operator.logs().filter(({ level }) => level === "error")).toEqual([]);
  });
});
