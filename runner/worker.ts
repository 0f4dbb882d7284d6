/**
 * A worker process: one composition, its pool of instances, and an HTTP server whose connections come from the
 * supervisor. Started by `WorkerProcess` only.
 */
import { flushCompileCache } from "node:module";
import type { Socket } from "node:net";
import { loadArtifact } from "./artifact-load.ts";
import type { RunnerConfig } from "./config.ts";
import { RunnerError } from "./error.ts";
import { makeLog } from "./log.ts";
import type { FromWorker, LogFormat, ToWorker } from "./messages.ts";
import type { HttpServer } from "./serve/http-server.ts";

// Nearly all of the sources: they are loaded while the artifact is read and compiled.
const sources = Promise.all([import("./service.ts"), import("./host/lines.ts")]);
let server: HttpServer | undefined;
let report: () => void = () => {};
let finish: () => Promise<void> = async () => {};

process.on("message", (message: ToWorker, handle: Socket | undefined) => {
  switch (message.type) {
    case "start":
      void start(message.config, message.log);
      break;
    case "connection":
      send({ type: "accepted" });
      if (handle !== undefined) server?.accept(handle);
      break;
    case "report":
      report();
      break;
    case "drain":
      void drain(message.idleMs, message.drainMs);
      break;
  }
});
// Without its supervisor a worker gets no connections and is replaced by nobody.
process.once("disconnect", () => process.exit(1));

async function start(config: RunnerConfig, format: LogFormat): Promise<void> {
  const log = makeLog(format, { colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined });
  process.once("uncaughtException", (error) => {
    log.event("critical", `The worker ends by an error that is a bug of Tenon's: ${error.stack ?? error.message}`);
    process.exit(1);
  });
  const artifact = loadArtifact(config.artifact);
  artifact.catch(() => {});
  try {
    const [{ startService }, { flushLines }] = await sources;
    const service = await startService(config, log, artifact);
    server = service.server;
    report = () => send({ type: "alive", stats: service.stats() });
    setInterval(report, 1000).unref();
    finish = async () => {
      flushLines(service.services);
      await service.close();
    };
    send({ type: "ready", info: service.info });
    // Otherwise it is only written when the process ends by itself.
    setTimeout(flushCompileCache, 3000).unref();
  } catch (error) {
    const known = error instanceof RunnerError;
    const message = known ? error.message : `Cannot start the composition: ${(error as Error).message}`;
    if (!known || process.env["TENON_DEBUG"] !== undefined) log.event("error", String((error as Error).stack));
    process.send!({ type: "failed", code: known ? error.code : "worker-failed", message } satisfies FromWorker, () =>
      process.exit(1),
    );
  }
}

async function drain(idleMs: number, drainMs: number): Promise<void> {
  await server?.drain(idleMs, drainMs);
  await finish();
  report();
  // The last counts are on their way: leave when they are sent.
  process.send!({ type: "accepted" } satisfies FromWorker, () => process.exit(0));
}

function send(message: FromWorker): void {
  process.send!(message, () => {});
}
