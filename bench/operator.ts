/**
 * The operator against a real etcd and kube-apiserver: `operator.ts [COUNT]` makes COUNT (1000) Components and as many
 * Compositions, changes every spec, kills and restarts the operator, and leaves it at rest for BENCH_REST seconds (300).
 * Requests are those that the API server's audit log counts. Exits 1 where a promise is not kept.
 */
import { env, exit } from "node:process";
import { paths } from "../test/support/api-server/objects.ts";
import { ownedBy } from "../test/support/api-server/owned.ts";
import { type ApiServer, startApiServer } from "../test/support/api-server/server.ts";
import { measureCeiling, sentFor } from "./operator/ceiling.ts";
import { countHandshakes } from "./operator/handshakes.ts";
import { composition, startOrigin } from "./operator/objects.ts";
import { buildOperator, type Cost, Run } from "./operator/run.ts";
import { Table } from "./operator/table.ts";
import { requestsOf, writesOf } from "./operator/traffic.ts";

const count = Number(process.argv[2] ?? 1000);
const small = Math.ceil(count / 10);
const restSeconds = Number(env["BENCH_REST"] ?? 300);
const table = new Table();
buildOperator();
const server = await startApiServer();
try {
  const growth = await measureSmall(server);
  await measureAll(server, growth);
  await measureDistinct(server);
  const shaken = await countHandshakes(server, small);
  table.add({
    what: `TLS handshakes for ${shaken.requests} requests`,
    figure: `${shaken.handshakes} (14 watches, 10 connections for calls)`,
    floor: "a pool, not one a request",
    kept: shaken.handshakes <= 40,
  });
} finally {
  await server.stop();
}
exit(table.print() ? 0 : 1);

/** Milliseconds a pair at a tenth of the size. */
async function measureSmall(server: ApiServer): Promise<number> {
  const origin = await startOrigin({ distinct: false });
  const run = await Run.start(server, { count: small, origin });
  const cost = await run.create();
  await run.stop();
  await origin.stop();
  tell(`create ${small}`, cost, small);
  return (cost.seconds / small) * 1000;
}

async function measureAll(server: ApiServer, smallMs: number): Promise<void> {
  const origin = await startOrigin({ distinct: false });
  const run = await Run.start(server, { count, origin });
  const created = await run.create();
  const [first] = await server.client.list(paths.compositions(run.namespace));
  const owned = (await ownedBy(server.client, first)).length;
  tell(`create ${count}, the same bytes`, created, count);
  requests("requests a pair at creation", created, owned + 2);
  cpu("operator CPU a pair at creation, beside composing", created, 5);
  await memory(run, created);
  const ms = (created.seconds / count) * 1000;
  const ratio = ms / smallMs;
  const figure = `${ms.toFixed(1)} ms a pair, ${smallMs.toFixed(1)} at ${small}: ratio ${ratio.toFixed(2)}`;
  table.add({ what: `growth from ${small} to ${count}`, figure, floor: "linear: <= 1.2", kept: ratio <= 1.2 });
  await ceiling(run, created);

  const env = await run.change({ env: "1" });
  tell("every spec changed: an environment variable", env, count);
  requests("requests a change (ConfigMap, Deployment, status)", env, 3);
  cpu("operator CPU a change", env, 5);
  const replicas = await run.change({ env: "1", replicas: 2 });
  tell("every spec changed: replicas 1 to 2", replicas, count);
  requests("requests a change (Deployment, PodDisruptionBudget, status)", replicas, 3);

  const restarted = await run.restart();
  tell(`kill -9 and restart, ready after ${restarted.readySeconds.toFixed(1)} s`, restarted, count);
  requests("requests after a restart", restarted, 0);
  peak("memory after a restart: no composer runs", restarted.peak);

  const rest = await run.rest(restSeconds * 1000);
  tell(`${restSeconds} s at rest`, rest, count);
  const said = `${writesOf(rest.traffic)} writes, ${rest.traffic.gets} gets, ${rest.cpu.all.toFixed(2)} CPU s`;
  table.add({ what: "writes at rest", figure: said, floor: "0", kept: writesOf(rest.traffic) === 0 });
  await run.stop();
  await origin.stop();
}

/** As many Components of different bytes: each is fetched, inspected and composed. */
async function measureDistinct(server: ApiServer): Promise<void> {
  const origin = await startOrigin({ distinct: true });
  const run = await Run.start(server, { count, origin });
  const cost = await run.create();
  tell(`create ${count}, bytes of its own each`, cost, count);
  cpu("operator CPU a pair at creation, beside composing", cost, 5);
  await memory(run, cost);
  await run.stop();
  await origin.stop();
}

async function ceiling(run: Run, created: Cost): Promise<void> {
  const { server, origin, namespace } = run;
  const { client } = server;
  const sent = await sentFor(client, namespace, 0);
  const other = await server.addNamespace("ceiling");
  const create = async (index: number): Promise<void> => {
    await client.create(paths.components(other), origin.component(index));
    await client.create(paths.compositions(other), composition(index));
  };
  const seconds = await measureCeiling(client, { namespace: other, count, sent, create });
  const ratio = created.seconds / seconds;
  const figure = `${created.seconds.toFixed(1)} s, a plain client ${seconds.toFixed(1)} s: ratio ${ratio.toFixed(2)}`;
  table.add({ what: "against the API server's own limit", figure, floor: "<= 1.3", kept: ratio <= 1.3 });
}

function tell(what: string, { seconds, cpu: used, peak: most, traffic }: Cost, pairs: number): void {
  const { applies, statuses, deletes, gets, events, aside, refused } = traffic;
  const each = (number: number): string => (number / pairs).toFixed(2);
  const parts = `${each(applies)} applies + ${each(statuses)} statuses + ${each(deletes)} deletes + ${each(gets)} gets`;
  console.log(`\n== ${what}: ${seconds.toFixed(1)} s
   a pair: ${parts}; beside them ${each(events)} events, and ${aside} lists, watches and the like; refused ${refused}
   CPU ${used.all.toFixed(1)} s, of that the composer's threads ${used.composer.toFixed(1)} s; memory at most ${most.toFixed(0)} MiB`);
  table.add({ what, figure: `${seconds.toFixed(1)} s` });
}

function requests(what: string, { traffic }: Cost, floor: number): void {
  const each = requestsOf(traffic) / count;
  table.add({ what, figure: each.toFixed(3), floor: `${floor}`, kept: each <= floor });
}

function cpu(what: string, { cpu: used }: Cost, floor: number): void {
  const each = ((used.all - used.composer) / count) * 1000;
  const figure = `${each.toFixed(1)} ms (and ${((used.composer / count) * 1000).toFixed(1)} ms in the composer's threads)`;
  table.add({ what, figure, floor: `<= ${floor} ms`, kept: each <= floor });
}

/** What the composer's workers take goes when they end, a minute after their last call. */
async function memory({ meter }: Run, { peak: most }: Cost): Promise<void> {
  const before = meter.rss();
  const workers = meter.composers();
  for (const end = Date.now() + 75_000; meter.composers() > 0 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const after = meter.rss();
  const took = Math.max(0, before - after);
  console.log(
    `   memory with ${workers} idle workers ${before.toFixed(0)} MiB, without ${after.toFixed(0)} MiB: they took ${took.toFixed(0)} MiB`,
  );
  peak(`peak memory ${most.toFixed(0)} MiB, less the composer's workers`, most - took);
}

function peak(what: string, mebibytes: number): void {
  table.add({ what, figure: `${mebibytes.toFixed(0)} MiB`, floor: "<= 250 MiB", kept: mebibytes <= 250 });
}
