/**
 * Holds the wiring's verdict against the composer's on generated compositions: `fuzz-wiring.ts [COUNT] [SEED]`.
 * Prints every kind of run in one line, the first disagreements in full, and exits 1 if there are any.
 */
import { argv, exit } from "node:process";
import { startWorkshop } from "../test/support/wiring/engine.ts";
import { readFixtures } from "../test/support/wiring/fixtures.ts";
import { runGraphs } from "../test/support/wiring/graphs.ts";
import { runPairs } from "../test/support/wiring/pairs.ts";
import { type Report, summarize } from "../test/support/wiring/report.ts";
import { runTotal } from "../test/support/wiring/total.ts";

const [count, seed] = [Number(argv[2] ?? 2000), Number(argv[3] ?? Date.now() % 100_000)];
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error("Cannot run: write fuzz-wiring.ts COUNT SEED, both whole numbers");
  exit(2);
}
console.log(`${count} of each kind, seed ${seed}`);
let disagreed = 0;
const { shop, close } = startWorkshop();
show("pairs", await runPairs(shop, { count, seed }));
for (const semver of [false, true]) {
  const name = semver ? "graphs of two versions" : "graphs";
  const { flat, nested } = await runGraphs(shop, { count, seed, semver });
  show(name, flat);
  show(`${name}, composed again`, nested);
}
show("random specs", await runTotal(shop, readFixtures(), { count: 10 * count, seed }));
await close();
exit(disagreed === 0 ? 0 : 1);

function show(name: string, report: Report): void {
  console.log(summarize(name, report));
  for (const sample of report.disagreements) console.log(`\n${sample}\n`);
  disagreed += report.disagreed;
}
