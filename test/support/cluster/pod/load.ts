/**
 * `load.ts URL PER_SECOND`: asks at a steady rate until stdin ends, each second request on a connection of its own, then
 * waits for all answers and prints `LoadReport`. Runs in a pod.
 */
import http from "node:http";
import { argv, stdin, stdout } from "node:process";

/** What came of it. */
export interface LoadReport {
  readonly sent: number;
  /** Answers by their status and text: `200 hello`. */
  readonly answers: Record<string, number>;
  /** Requests without an answer, by why, with their seconds since the start. */
  readonly failures: Record<string, number[]>;
  readonly slowestMs: number;
}

const [url = "", rate = "50"] = argv.slice(2);
const shared = new http.Agent({ keepAlive: true, maxSockets: 8 });
const report = {
  sent: 0,
  answers: {} as Record<string, number>,
  failures: {} as Record<string, number[]>,
  slowestMs: 0,
};
const pending = new Set<Promise<void>>();
const started = performance.now();

function ask(agent: http.Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, timeout: 20_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${body.trim().slice(0, 60)}`));
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(Object.assign(new Error("no answer in 20 s"), { code: "TIMEOUT" })));
    request.on("error", reject);
  });
}

async function one(agent: http.Agent | false): Promise<void> {
  const began = performance.now();
  try {
    const answer = await ask(agent);
    report.answers[answer] = (report.answers[answer] ?? 0) + 1;
    report.slowestMs = Math.max(report.slowestMs, Math.round(performance.now() - began));
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    const why = `${code} on ${agent === false ? "a new" : "a kept"} connection`;
    report.failures[why] ??= [];
    report.failures[why].push(Math.round(began - started) / 1000);
  }
}

const timer = setInterval(() => {
  const asked = one(report.sent++ % 2 === 0 ? false : shared);
  pending.add(asked);
  void asked.finally(() => pending.delete(asked));
}, 1000 / Number(rate));
stdin.resume();
stdin.once("end", async () => {
  clearInterval(timer);
  await Promise.all(pending);
  shared.destroy();
  stdout.write(`${JSON.stringify(report)}\n`);
});
