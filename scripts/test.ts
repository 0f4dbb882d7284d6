/**
 * Runs the test tiers: `test.ts [TIER…] [-- JEST ARGUMENTS]`; without a tier, all of them.
 * The last line is `N passed, N failed, N skipped`; exit 1 where something failed or nothing ran.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { argv, env, execPath, exit } from "node:process";
import { countResults, type JestReport, type TierResults } from "./results.ts";

/** Folders of `test/`; what a tier needs besides Node is said in CONTRIBUTING.md. */
const tiers = ["unit", "guest"] as const;

const root = join(import.meta.dirname, "..");
const [own, forJest] = split(argv.slice(2));
const unknown = own.filter((name) => !tiers.some((tier) => tier === name));
if (unknown.length > 0) {
  console.error(`Cannot run the tier ${unknown.join(", ")}: the tiers are ${tiers.join(", ")}`);
  exit(2);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const tier of own.length > 0 ? own : tiers) {
  const { passed, failed, skipped } = runTier(tier);
  console.log(`${tier}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
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

function runTier(tier: string): TierResults {
  const folder = join(root, ".cache");
  mkdirSync(folder, { recursive: true });
  const output = join(folder, `jest-${tier}.json`);
  rmSync(output, { force: true });
  // Tests with real components share few cores with the servers that they start.
  const workers = tier === "unit" ? Math.max(1, availableParallelism()) : 1;
  const run = spawnSync(
    execPath,
    [
      join(root, "node_modules/jest/bin/jest.js"),
      `--testPathPatterns=test/${tier}/`,
      `--maxWorkers=${workers}`,
      ...(tier === "unit" ? [] : ["--testTimeout=120000"]),
      "--json",
      `--outputFile=${output}`,
      ...forJest,
    ],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...env, NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --experimental-vm-modules --no-warnings`.trim() },
    },
  );
  return countResults(readReport(output), run.status);
}

function readReport(path: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
