/**
 * Runs the test tiers: `test.ts [TIER…] [-- JEST ARGUMENTS]`; without a tier, all whose needs are at hand. One that is left
 * out counts as one skipped test; one that was named and lacks something fails.
 * The last line is `N passed, N failed, N skipped`; exit 1 where something failed or nothing ran.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { argv, env, execPath, exit } from "node:process";
import { countResults, type JestReport, type TierResults } from "./results.ts";
import { type Tier, tiers } from "./tiers.ts";

const root = join(import.meta.dirname, "..");
const [own, forJest] = split(argv.slice(2));
const unknown = own.filter((name) => !tiers.some((tier) => tier.name === name));
if (unknown.length > 0) {
  console.error(`Cannot run the tier ${unknown.join(", ")}: the tiers are ${tiers.map(({ name }) => name).join(", ")}`);
  exit(2);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const tier of tiers.filter(({ name }) => own.length === 0 || own.includes(name))) {
  const { passed, failed, skipped } = resultsOf(tier);
  console.log(`${tier.name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

function split(words: readonly string[]): [string[], string[]] {
  const at = words.indexOf("--");
  return at < 0 ? [[...words], []] : [words.slice(0, at), words.slice(at + 1)];
}

function resultsOf(tier: Tier): TierResults {
  const missing = tier.missing();
  if (missing === undefined) return runTier(tier);
  const named = own.length > 0;
  console.error(named ? `Cannot run the tier ${tier.name}: ${missing}` : `Left out the tier ${tier.name}: ${missing}`);
  return { passed: 0, failed: named ? 1 : 0, skipped: named ? 0 : 1 };
}

function runTier({ name, parallel, jest = [] }: Tier): TierResults {
  const folder = join(root, ".cache");
  mkdirSync(folder, { recursive: true });
  const output = join(folder, `jest-${name}.json`);
  rmSync(output, { force: true });
  const { patterns, options } = narrow(name);
  const workers = parallel ? Math.max(1, availableParallelism()) : 1;
  const run = spawnSync(
    execPath,
    [
      join(root, "node_modules/jest/bin/jest.js"),
      ...patterns,
      `--maxWorkers=${workers}`,
      ...(parallel ? [] : ["--testTimeout=120000"]),
      ...jest,
      "--json",
      `--outputFile=${output}`,
      ...options,
    ],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...env, NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --experimental-vm-modules --no-warnings`.trim() },
    },
  );
  return countResults(readReport(output), run.status);
}

/** Words before the first option narrow the tier's files: `test:guest -- -- cli-up -t damaged`. */
function narrow(tier: string): { readonly patterns: readonly string[]; readonly options: readonly string[] } {
  const at = forJest.findIndex((word) => word.startsWith("-"));
  const [words, options] = at < 0 ? [forJest, []] : [forJest.slice(0, at), forJest.slice(at)];
  const patterns = words.length === 0 ? [`test/${tier}/`] : words.map((word) => `test/${tier}/.*${word}`);
  return { patterns: patterns.map((pattern) => `--testPathPatterns=${pattern}`), options };
}

function readReport(path: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
