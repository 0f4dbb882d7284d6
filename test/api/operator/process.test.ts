import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { paths } from "../../support/api-server/objects.ts";
import { type Operator, operatorNamespace, startOperator } from "../../support/api-server/operator.ts";
import { startProxy } from "../../support/api-server/proxy.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { conditionOf, openShop, pairExports, type Shop } from "../../support/api-server/shop.ts";
import type { PolicyRule } from "../../support/api-server/users.ts";
import { waitFor } from "../../support/api-server/wait.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
}, 120_000);
afterAll(() => server?.stop());

async function withOperator(
  options: Parameters<typeof startOperator>[1],
  use: (operator: Operator) => Promise<void>,
): Promise<void> {
  const operator = await startOperator(server, options);
  try {
    await use(operator);
  } finally {
    await operator.stop("SIGKILL");
  }
}

describe("the process", () => {
  test("refuses all wrong flags at once and exits 2", async () => {
    const flags = ["--concurrency=none", "--runner-image=", "--nonsense=1"];
    await withOperator({ name: "wrong", flags, wait: false }, async (operator) => {
      expect(await operator.process.ended).toBe(2);
      const output = operator.process.output();
      for (const name of ["concurrency", "runner-image", "nonsense"]) expect(output).toContain(name);
    });
  });

  test("logs JSON lines with the key of the object that they speak of", async () => {
    await withOperator({ name: "logs" }, async (operator) => {
      const shop = await openShop(server);
      await shop.putPair();
      await shop.until("component", "echo", { Ready: "True" });
      const lines = operator.process.output().trim().split("\n");
      expect(operator.logs()).toHaveLength(lines.length);
      for (const line of operator.logs()) {
        expect(line).toMatchObject({
          time: expect.any(String),
          level: expect.any(String),
          message: expect.any(String),
        });
      }
    });
  });

  test("ends what is under way when it is told to end, and exits 0", async () => {
    const proxy = await startProxy(server);
    await withOperator({ name: "drained", proxy }, async (operator) => {
      const shop = await openShop(server);
      await shop.putPair();
      await shop.until("component", "echo", { Ready: "True" });
      await shop.until("component", "relay", { Ready: "True" });
      const held = proxy.add({ method: "PATCH", path: /\/deployments\/pair/ }, { hold: true });
      await shop.putComposition("pair");
      await waitFor("its write to hang", () => held.hits() === 1);
      operator.process.signal("SIGTERM");
      await waitFor("it to be not ready, or to wait", async () => (await operator.probe("/readyz")) !== undefined);
      held.remove();
      expect(await operator.process.ended).toBe(0);
      expect(await shop.deployment("pair")).toBeDefined();
      expect(conditionOf(await shop.composition("pair"), "Composed")?.status).toBe("True");
    });
    await proxy.stop();
  });

  test("does not wait for longer than --shutdown-timeout", async () => {
    const proxy = await startProxy(server);
    await withOperator({ name: "hasty", proxy, flags: ["--shutdown-timeout=500ms"] }, async (operator) => {
      const shop = await openShop(server);
      await shop.putPair();
      await shop.until("component", "echo", { Ready: "True" });
      const held = proxy.add({ method: "PATCH", path: /\/deployments\/pair/ }, { hold: true });
      await shop.putComposition("pair");
      await waitFor("its write to hang", () => held.hits() === 1);
      operator.process.signal("SIGTERM");
      expect(await operator.process.ended).toBe(0);
      held.remove();
    });
    await proxy.stop();
  });

  test("says so and goes on trying where it may not watch", async () => {
    const poor = await server.addUser("poor", { rules: [] });
    await withOperator({ name: "poor", user: poor, wait: false }, async (operator) => {
      await waitFor("a line that names what it may not do", () =>
        operator
          .logs()
          .some(
            ({ level, error = "", message }) => level !== "debug" && /forbidden|cannot/i.test(`${message} ${error}`),
          ),
      );
      expect(await operator.probe("/readyz").catch(() => undefined)).not.toBe(200);
    });
  });
});

describe("an operator of two namespaces", () => {
  const all = (groups: readonly string[], resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
    apiGroups: groups,
    resources,
    verbs,
  });
  const write = ["get", "list", "watch", "create", "patch", "delete"];
  const own: readonly PolicyRule[] = [
    all(["tenon.dev"], ["components", "compositions"], ["get", "list", "watch"]),
    all(["tenon.dev"], ["components/status", "compositions/status"], ["get", "patch"]),
    all(["tenon.dev"], ["compositions/finalizers"], ["update"]),
    all(["apps", "batch", "policy", "networking.k8s.io"], ["*"], write),
    all([""], ["services", "serviceaccounts", "configmaps"], write),
    all([""], ["secrets", "pods"], ["get", "list", "watch"]),
    all(["events.k8s.io"], ["events"], ["create", "patch"]),
  ];
  const home: readonly PolicyRule[] = [
    all([""], ["secrets"], ["get", "list", "watch", "create", "update", "patch"]),
    all([""], ["pods"], ["get", "patch"]),
  ];

  test("needs rights in these alone, and does not see the others", async () => {
    const [one, two, other]: readonly Shop[] = [await openShop(server), await openShop(server), await openShop(server)];
    await server.ensureNamespace(operatorNamespace);
    const user = await server.addUser("local-operator", {
      namespaced: { [one!.namespace]: own, [two!.namespace]: own, [operatorNamespace]: home },
    });
    const since = await server.audit.mark();
    const flags = [`--namespaces=${one!.namespace},${two!.namespace}`];
    await withOperator({ name: "local", user, flags }, async (operator) => {
      for (const shop of [one!, two!, other!]) {
        await shop.putPair();
        await shop.putComposition("pair", { exports: pairExports });
      }
      await one!.deploy("pair");
      await two!.deploy("pair");
      await operator.idle();
      expect((await server.client.get(paths.composition(other!.namespace, "pair"))).status).toBeUndefined();
      const refused = (await server.audit.requests({ user: "local-operator", since })).filter(
        ({ code }) => code === 403,
      );
      expect(refused).toEqual([]);
    });
  });
});
