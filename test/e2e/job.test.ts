import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Json } from "../support/api-server/http.ts";
import { conditionOf } from "../support/api-server/shop.ts";
import { waitFor } from "../support/api-server/wait.ts";
import { addNamespace, apply, get, list, logs } from "../support/cluster/cluster.ts";
import { guestComponent } from "../support/cluster/objects.ts";
import { installTenon, podsOf, removeTenon, untilReady } from "../support/cluster/tenon.ts";

const namespace = "jobs";

beforeAll(async () => {
  await Promise.all([installTenon(), addNamespace(namespace)]);
  await apply(namespace, ...(await guestComponent("cli", "cli")));
}, 300_000);
afterAll(() => removeTenon(namespace), 180_000);

/** A command that is run with these words. */
function command(name: string, ...args: readonly string[]): Json {
  return {
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Composition",
    metadata: { name },
    spec: {
      instances: [{ name: "cli", component: { name: "cli" }, grants: { args } }],
      exports: [{ name: "wasi:cli/run", from: "cli/wasi:cli/run" }],
    },
  };
}

/** The exit codes of the pods of a composition's Job. */
async function exitCodes(name: string): Promise<readonly (number | undefined)[]> {
  const pods = await list(namespace, "pods", podsOf(name));
  return pods.map(({ status }) => status.containerStatuses?.[0].state.terminated?.exitCode);
}

describe("a composition that exports wasi:cli/run", () => {
  test("runs once, as a Job that ends with its exit code and its output in the log", async () => {
    await apply(namespace, command("greet", "args", "good day"));
    const { status } = await untilReady(namespace, "greet");
    expect(status.conditions.find(({ type }: Json) => type === "Available")).toMatchObject({
      status: "True",
      message: "The run succeeded",
    });
    expect(await exitCodes("greet")).toEqual([0]);
    expect(await logs(namespace, podsOf("greet"))).toContain("good day");
  }, 120_000);

  test.each([
    // wasi:cli/exit knows no more than success and failure.
    ["fails", ["exit", "3"], 1],
    ["traps", ["panic"], 134],
  ] as const)(
    "is tried again where it %s, and its status says so",
    async (name, args, code) => {
      await apply(namespace, command(name, ...args));
      const hasFailed = async (): Promise<boolean> => {
        const ready = conditionOf(await get(namespace, `composition/${name}`), "Ready");
        return /^The run is under way, attempts that failed: \d$/.test(ready?.message);
      };
      await waitFor("an attempt that failed", hasFailed, { timeoutMs: 60_000 });
      expect((await exitCodes(name))[0]).toBe(code);
    },
    120_000,
  );
});
