/**
 * Waves of creation, change and deletion through the operator: `operator-churn.ts [MINUTES]` (5), a hundred pairs a wave. Shows
 * the memory after each wave, and what is remembered once all is deleted. Exits 1 where that is not nothing, or where the
 * memory at the end is more than 10 % over that after the warm-up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../test/support/api-server/objects.ts";
import { type ApiServer, startApiServer } from "../test/support/api-server/server.ts";
import { waitFor } from "../test/support/api-server/wait.ts";
import { forEach, nameOf, startOrigin } from "./operator/objects.ts";
import { buildOperator, Run } from "./operator/run.ts";

const minutes = Number(process.argv[2] ?? 5);
const count = 100;
const warmUp = 3;
const kinds = ["components", "inputs", "sources", "patience", "writes", "holders", "queued"];

buildOperator();
// Owned objects go with their owners, as in a cluster.
const server = await startApiServer({ controllers: ["garbage-collector-controller"] });
const origin = await startOrigin({ distinct: true });
const run = await Run.start(server, { count, origin });
const rss: number[] = [];
let left: readonly string[] = [];
try {
  for (const end = Date.now() + minutes * 60_000; Date.now() < end || rss.length <= warmUp + 1; ) {
    await run.create();
    await run.change({ env: String(rss.length + 1) });
    await deleteAll(server, run.namespace);
    left = await remembered();
    rss.push(run.meter.rss());
    console.log(`wave ${rss.length}: ${rss.at(-1)!.toFixed(0)} MiB, remembered: ${left.join(", ") || "nothing"}`);
  }
} finally {
  await run.stop();
  await origin.stop();
  await server.stop();
}
const warm = Math.max(...rss.slice(0, warmUp));
const last = Math.min(...rss.slice(-2));
const growth = ((last - warm) / warm) * 100;
console.log(
  `${rss.length} waves of ${count} pairs: ${warm.toFixed(0)} MiB after the warm-up, ${last.toFixed(0)} MiB at the end (${growth.toFixed(1)} %)`,
);
process.exit(growth <= 10 && left.length === 0 ? 0 : 1);

async function deleteAll({ client }: ApiServer, namespace: string): Promise<void> {
  await forEach(count, async (index) => {
    await client.delete(paths.composition(namespace, nameOf(index)));
    await client.delete(paths.component(namespace, nameOf(index)));
  });
  const owned = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  await waitFor("the garbage collector", async () => (await client.list(owned)).length === 0, { timeoutMs: 120_000 });
}

/** What is left a while after all is gone; a key that ran rests for a moment. */
async function remembered(): Promise<readonly string[]> {
  let found: string[] = [];
  for (let attempt = 0; attempt < 20; attempt++) {
    await sleep(500);
    const sizes = await Promise.all(
      kinds.map(async (kind) => [kind, await run.operator.metric("tenon_operator_tracked_keys", { kind })] as const),
    );
    found = sizes.filter(([, size]) => size !== 0).map(([kind, size]) => `${kind} ${size}`);
    if (found.length === 0) break;
  }
  return found;
}
