/**
 * The rows of HTTP: hello, echo, outgoing and a JS guest, one core for the server and one for the load, against
 * `wasmtime serve` (a fresh instance for each request, and reused ones), `jco serve`, and plain node:http.
 *
 * `npm run bench serve`, or `node bin/node.js bench/serve.ts ROW…` for some rows. Rates are requests a second at 16
 * connections; the CPU time a request, of the server's whole process tree, is what a noisy machine changes least.
 * Every server has its turn in each of `BENCH_ROUNDS` rounds (3); figures are medians, ratios the medians of those within
 * a round.
 */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { argv, env, execPath } from "node:process";
import { guest } from "../guests/guest.ts";
import type { RunnerConfig } from "../runner/config.ts";
import { jco, wasmtime, wrk } from "./peers.ts";
import { median, printRow } from "./report.ts";
import { freePort, measureTree, runnerCommand, type Server, startServer } from "./server.ts";

/** Seconds of load before the measurement, so that compilers are done, and of the measurement. */
const warmSeconds = 2;
const seconds = 4;
const rounds = Number(env["BENCH_ROUNDS"] ?? 3);
const connections = 16;
const script = (name: string) => join(import.meta.dirname, "load", name);

interface Work {
  readonly row: string;
  readonly guest: string;
  /** Path and query to ask for; given the port of the helper where one runs. */
  readonly path?: (helper: number) => string;
  /** A script for wrk, of `bench/load`. */
  readonly load?: string;
  readonly plain?: string;
  readonly jco?: boolean;
  readonly config?: Partial<RunnerConfig>;
  readonly floors: Readonly<Record<string, string>>;
}

const reach = { allowedHosts: ["http://127.0.0.1:*"], allowedCIDRs: ["127.0.0.1"] };
const floors = { wasmtime: ">= 2", reused: ">= 1", jco: ">= 15", plain: ">= 0.6" };
const works: readonly Work[] = [
  { row: "hello", guest: "hello", plain: "hello", floors },
  {
    row: "hello, isolation Request",
    guest: "hello",
    config: { isolation: "Request" },
    jco: false,
    floors: { wasmtime: ">= 1" },
  },
  { row: "echo 1 KB", guest: "echo-http", load: "post.lua", plain: "echo", floors },
  {
    row: "outgoing",
    guest: "outgoing",
    path: (helper) => `/?url=${encodeURIComponent(`http://127.0.0.1:${helper}/`)}`,
    config: { grants: { app: { http: reach } } },
    floors,
  },
  { row: "JS guest (QuickJS)", guest: "hello-quickjs", floors: { wasmtime: ">= 2", jco: ">= 1.5" } },
];

interface Result {
  readonly rate: number;
  readonly cpuUs: number;
}

/** Runs a server on the first core, loads it from the second. */
async function measure(
  command: (port: number) => Promise<readonly string[]>,
  work: Work,
  helper: number,
): Promise<Result> {
  const port = await freePort();
  const path = work.path?.(helper) ?? "/";
  const server = await startServer([...pinned(0), ...(await command(port))], port, path);
  try {
    const url = `http://127.0.0.1:${port}${path}`;
    await load(server, url, work, warmSeconds);
    return await load(server, url, work, seconds);
  } finally {
    await server.stop();
  }
}

async function load(server: Server, url: string, work: Work, duration: number): Promise<Result> {
  const before = measureTree(server.process.pid!).cpuSeconds;
  const [program, ...first] = [...pinned(1), wrk()];
  const options = [
    "-t1",
    `-c${connections}`,
    `-d${duration}s`,
    ...(work.load === undefined ? [] : ["-s", script(work.load)]),
    url,
  ];
  const output = execFileSync(program!, [...first, ...options], { encoding: "utf8" });
  const cpu = measureTree(server.process.pid!).cpuSeconds - before;
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  if (/Non-2xx|Socket errors/.test(output))
    throw new RangeError(`Cannot measure ${work.row}: not every answer was 200:\n${output}`);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]), cpuUs: (cpu * 1e6) / requests };
}

/** One core each, where `taskset` and two cores are at hand. */
function pinned(core: number): string[] {
  return process.platform === "linux" && availableParallelism() > 1 ? ["taskset", "-c", `${core}`] : [];
}

async function run(work: Work, helper: number): Promise<void> {
  const file = await guest(work.guest);
  const wasmtimeArgs = ["serve", "-Scli", "-Sinherit-network"];
  const servers: Record<string, (port: number) => Promise<readonly string[]>> = {
    ours: (port) => runnerCommand(work.guest, { port, config: { processes: 1, ...work.config } }),
    "wasmtime serve": async (port) => [wasmtime(), ...wasmtimeArgs, `--addr=127.0.0.1:${port}`, file],
    "wasmtime serve, reused": async (port) => [
      wasmtime(),
      ...wasmtimeArgs,
      "--max-instance-reuse-count=1000",
      `--addr=127.0.0.1:${port}`,
      file,
    ],
  };
  if (work.jco !== false) servers["jco serve"] = async (port) => [execPath, jco(), "serve", file, "--port", `${port}`];
  if (work.plain !== undefined)
    servers["node:http"] = async (port) => [execPath, join(import.meta.dirname, "load/plain.ts"), `${port}`];
  const results: Record<string, Result>[] = [];
  while (results.length < rounds) results.push(await round(servers, work, helper));
  const floor = Object.entries(work.floors)
    .map(([name, text]) => `${name} ${text}`)
    .join(", ");
  printRow({ row: work.row, unit: "req/s", ...medians(results, "rate"), floor });
  printRow({ row: `${work.row}, CPU`, unit: "us/req", ...medians(results, "cpuUs"), lower: true });
}

/** One turn of every server. One that fails is left out, and dropped from the rounds to come. */
async function round(
  servers: Record<string, (port: number) => Promise<readonly string[]>>,
  work: Work,
  helper: number,
): Promise<Record<string, Result>> {
  const results: Record<string, Result> = {};
  for (const [name, command] of Object.entries(servers)) {
    try {
      results[name] = await measure(command, work, helper);
    } catch (error) {
      // jco serve ends by itself under some loads; the row is still worth having.
      if (name === "ours") throw error;
      console.error(`${work.row}: no further figure for ${name}: ${(error as Error).message.split("\n")[0]}`);
      delete servers[name];
    }
  }
  return results;
}

function medians(results: readonly Record<string, Result>[], key: keyof Result) {
  const peers: Record<string, number> = {};
  const ratios: Record<string, number> = {};
  for (const name of new Set(results.flatMap((it) => Object.keys(it)))) {
    if (name === "ours") continue;
    const having = results.filter((it) => it[name] !== undefined);
    peers[name] = median(having.map((it) => it[name]![key]));
    ratios[name] = median(having.map((it) => it["ours"]![key] / it[name]![key]));
  }
  return { ours: median(results.map((it) => it["ours"]![key])), peers, ratios };
}

const wanted = argv.slice(2);
const helperPort = await freePort();
const helper = await startServer(
  [...pinned(1), execPath, join(import.meta.dirname, "load/plain.ts"), `${helperPort}`],
  helperPort,
);
try {
  for (const work of works) {
    if (wanted.length === 0 || wanted.includes(work.row)) await run(work, helperPort);
  }
} finally {
  await helper.stop();
}
