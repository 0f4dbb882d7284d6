/**
 * A million requests, in rounds: the resident memory of the runner after each. `soak.ts [MILLIONS]`; needs wrk.
 * Exits 1 where the memory at the end is more than 10 % over that after the warm-up of 15 seconds.
 */
import { execFileSync } from "node:child_process";
import { wrk } from "./peers.ts";
import { freePort, measureTree, runnerCommand, startServer } from "./server.ts";

const wanted = Number(process.argv[2] ?? 1) * 1e6;
const port = await freePort();
const server = await startServer(await runnerCommand("hello", { port }), port);
const memory = (): number => measureTree(server.process.pid!).rssBytes / 2 ** 20;
// The heap grows to its size in the first few hundred thousand requests, and stays there or leaks.
let done = round() + round() + round();
const warm = memory();
console.log(`after ${done} requests (warm-up): ${warm.toFixed(1)} MiB`);
let last = warm;
while (done < wanted) {
  done += round();
  last = memory();
  console.log(`after ${done} requests: ${last.toFixed(1)} MiB`);
}
await server.stop();
console.log(
  `${done} requests: resident memory ${(((last - warm) / warm) * 100).toFixed(1)} % over that after the warm-up`,
);
process.exit(last <= warm * 1.1 ? 0 : 1);

function round(): number {
  const output = execFileSync(wrk(), ["-t1", "-c32", "-d5s", `http://127.0.0.1:${port}/`], { encoding: "utf8" });
  if (/Non-2xx|Socket errors/.test(output)) console.log(output);
  return Number(/(\d+) requests in/.exec(output)![1]);
}
