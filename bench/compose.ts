/**
 * The row "compose 2/10/50/200": wac-graph inside the composer component, in Node, against the same library natively; a
 * chain of links, each a component of its own. Both warm: the best of several runs in one process. Needs cargo once.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startComposer } from "../composer/index.ts";
import { guest } from "../guests/guest.ts";
import { printRow } from "./report.ts";

const root = join(import.meta.dirname, "..");
const target = join(root, ".cache/native");
const binary = join(target, "release/wac-bench");
if (!existsSync(binary)) {
  execFileSync("cargo", ["build", "--release", "--locked", "--quiet"], {
    cwd: join(root, "bench/native"),
    env: { ...process.env, CARGO_TARGET_DIR: target },
    stdio: "inherit",
  });
}

const [server, link] = await Promise.all([guest("echo"), guest("echo-through")]);
const composer = startComposer();
// A link is six modules and components, and a binary may hold a thousand: 166 links at the most.
for (const links of [2, 10, 50, 160]) {
  const runs = links < 100 ? 30 : 10;
  const native = best(
    execFileSync(binary, [`${links}`, `${runs}`, server, link], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number.parseFloat),
  );
  const ours = best(await composeChain(links, runs));
  printRow({
    row: `compose ${links}`,
    unit: "ms",
    ours,
    peers: { "wac natively": native },
    floor: "<= 2.5",
    lower: true,
  });
}
await composer.close();

async function composeChain(links: number, runs: number): Promise<number[]> {
  const [first, rest] = [readFileSync(server), readFileSync(link)];
  const components = Array.from({ length: links }, (_, index) => (index === 0 ? first : distinct(rest, index)));
  const item = "tenon:test/echo";
  const wiring = {
    instances: components.map((_, component) => ({ name: `link${component}`, component })),
    edges: components.slice(1).map((_, index) => ({
      from: { instance: `link${index + 1}`, item },
      to: { instance: `link${index}`, item },
    })),
    exports: [{ name: item, instance: `link${links - 1}`, item }],
  };
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await composer.compose(components, wiring);
    times.push(performance.now() - started);
  }
  return times;
}

/** The same component with a custom section of its own, as `bench/native` makes it. */
function distinct(component: Uint8Array, index: number): Uint8Array {
  const section = new Uint8Array([0, 6, 1, "n".charCodeAt(0), 0, 0, 0, 0]);
  new DataView(section.buffer).setUint32(4, index, true);
  return Buffer.concat([component, section]);
}

function best(times: readonly number[]): number {
  return Math.min(...times);
}
