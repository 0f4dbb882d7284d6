/**
 * Loops beside 64 suspended requests: how late after its deadline each loop ends, and how many of the others were answered.
 * One worker process, a deadline of 500 ms. Exits 1 where a loop is more than 50 ms late or a sleeper is lost.
 */
import http from "node:http";
import { freePort, runnerCommand, startServer } from "./server.ts";

const deadlineMs = 1000;
const port = await freePort();
const limits = { requestTimeoutMs: deadlineMs, concurrency: 128 };
const server = await startServer(await runnerCommand("bad", { port, limits }), port, "/ok");
const late: number[] = [];
let asleep = 0;
let lost = 0;
for (let round = 0; round < 10; round++) {
  // It waits 600 ms, then loops until its deadline; the others come meanwhile, so that theirs is later.
  const loop = timed("/loop-after-sleep?ms=600");
  await new Promise((resolve) => setTimeout(resolve, 400));
  const sleepers = Array.from({ length: 64 }, () => timed("/sleep?ms=300"));
  late.push((await loop).ms - deadlineMs);
  for (const { status } of await Promise.all(sleepers)) {
    asleep++;
    if (status !== 200) lost++;
  }
  late.push((await timed("/loop")).ms - deadlineMs);
}
await server.stop();
late.sort((a, b) => a - b);
const worst = late.at(-1)!;
console.log(
  `${late.length} loops (half of them beside 64 suspended requests): late by ${format(late[0]!)} at best, ${format(late[late.length >> 1]!)} in the median, ${format(worst)} at worst; ${lost} of ${asleep} suspended requests lost`,
);
process.exit(worst <= 50 && lost === 0 ? 0 : 1);

function format(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

function timed(path: string): Promise<{ readonly status: number; readonly ms: number }> {
  const started = performance.now();
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume();
      response.on("close", () => resolve({ status: response.statusCode!, ms: performance.now() - started }));
    });
    request.on("error", () => resolve({ status: 0, ms: performance.now() - started }));
  });
}
