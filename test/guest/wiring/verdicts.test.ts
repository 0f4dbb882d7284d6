import { afterAll, describe, expect, test } from "@jest/globals";
import { startWorkshop } from "../../support/wiring/engine.ts";
import { readFixtures } from "../../support/wiring/fixtures.ts";
import { runGraphs } from "../../support/wiring/graphs.ts";
import { runPairs } from "../../support/wiring/pairs.ts";
import { type Report, summarize } from "../../support/wiring/report.ts";
import { runTotal } from "../../support/wiring/total.ts";

const { shop, close } = startWorkshop();
afterAll(close);
const seed = 1;

/** The large run is `scripts/fuzz-wiring.ts`. */
describe("decide() and the composer agree", () => {
  test("on 500 pairs of interfaces with one small change", async () => {
    const report = await runPairs(shop, { count: 500, seed });
    expectAgreement("pairs", report);
    expect(Math.min(report.valid, report.refused)).toBeGreaterThan(160);
  });

  test("on 300 compositions that pass resources on, and on compositions of these", async () => {
    const { flat, nested } = await runGraphs(shop, { count: 300, seed, semver: false });
    expectAgreement("graphs", flat);
    expectAgreement("nested", nested);
    expect(Math.min(flat.valid, flat.refused, nested.valid)).toBeGreaterThan(20);
  });

  test("on 300 compositions of two compatible versions", async () => {
    const { flat, nested } = await runGraphs(shop, { count: 300, seed, semver: true });
    expectAgreement("graphs of two versions", flat);
    expectAgreement("nested, two versions", nested);
    expect(Math.min(flat.valid, flat.refused, nested.valid)).toBeGreaterThan(20);
  });

  test("on what 3000 random specs leave that is valid", async () => {
    const report = await runTotal(shop, readFixtures(), { count: 3000, seed });
    expectAgreement("random specs", report);
    expect(report.valid).toBeGreaterThan(80);
    // A bug of wac that is known; more than a few would be another one.
    expect(report.skipped).toBeLessThan(5);
  });
});

function expectAgreement(name: string, report: Report): void {
  console.info(summarize(name, report));
  expect(report.disagreements).toEqual([]);
}
