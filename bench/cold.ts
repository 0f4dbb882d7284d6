/** The row "cold start": process start to the first 200, artifact at hand, against `jco serve` and `wasmtime serve`. */
import { guest } from "../guests/guest.ts";
import { jco, wasmtime } from "./peers.ts";
import { printRow } from "./report.ts";
import { freePort, runnerCommand, startServer } from "./server.ts";

const file = await guest("hello");
const ours = await median(async (port) => runnerCommand("hello", { port }));
const peers = {
  "jco serve": await median(async (port) => [process.execPath, jco(), "serve", file, "--port", `${port}`]),
  "wasmtime serve (compiled before)": await median(async (port) => [
    wasmtime(),
    "serve",
    "-Scli",
    `--addr=127.0.0.1:${port}`,
    file,
  ]),
};
printRow({ row: "cold start, hello", unit: "ms", ours, peers, floor: "<= 0.2 of jco", lower: true });

async function median(command: (port: number) => Promise<string[]>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 7; run++) {
    const port = await freePort();
    const server = await startServer(await command(port), port);
    times.push(server.coldMs);
    await server.stop();
  }
  return times.sort((a, b) => a - b)[3]!;
}
