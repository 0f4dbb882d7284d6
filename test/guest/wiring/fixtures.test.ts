import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, describe, expect, test } from "@jest/globals";
import { catalogue } from "../../../runner/host/catalogue.ts";
import type { Diagnostic } from "../../../wiring/diagnostic.ts";
import { checkRunner } from "../../../wiring/runner.ts";
import { startWorkshop } from "../../support/wiring/engine.ts";
import { type Fixture, readFixtures } from "../../support/wiring/fixtures.ts";
import { decideBuilt, renderFindings, renderWiring } from "../../support/wiring/judge.ts";

const { shop, close } = startWorkshop();
afterAll(close);
const fixtures = readFixtures();

/** What a spec that cannot be read leaves nothing to compose of. */
const unreadable: readonly Diagnostic["code"][] = [
  "duplicate-instance",
  "unknown-component",
  "invalid-component",
  "malformed-end",
  "unknown-instance",
  "unknown-item",
  "ambiguous-item",
  "wrong-direction",
  "import-connected-twice",
  "ambiguous-import",
  "version-near-miss",
  "duplicate-export",
  "malformed-name",
];

describe("decide()", () => {
  test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "answers as written: %s",
    async (_, fixture) => {
      const built = await shop.build(fixture.sources);
      const decision = decideBuilt(fixture.spec, built);
      const { grants, backends } = fixture;
      const offer = { components: built.tables, hosted: catalogue, grants, backends };
      const runner = fixture.runner && decision.valid ? checkRunner(decision.attempt, offer) : [];
      const valid = decision.valid && runner.length === 0;
      const found = [...decision.diagnostics, ...runner];
      expectFile(fixture, "error.txt", valid ? undefined : renderFindings(found));
      expectFile(fixture, "wiring.yaml", valid ? renderWiring(decision) : undefined);

      const tried = decision.valid || !decision.diagnostics.some(({ code }) => unreadable.includes(code));
      if (!tried) return;
      const verdict = await shop.compose(decision.attempt, built.bytes);
      const expected = fixture.stricter || (decision.valid && !fixture.wacFails);
      expect({
        valid: verdict.ok,
        reason: "reason" in verdict && verdict.ok !== expected ? verdict.reason : "",
      }).toEqual({
        valid: expected,
        reason: "",
      });
    },
  );

  test("is tried on many compositions, valid ones and others", () => {
    const broken = fixtures.filter(({ folder }) => existsSync(join(folder, "error.txt")));
    expect(fixtures.length).toBeGreaterThanOrEqual(160);
    expect(broken.length).toBeGreaterThanOrEqual(90);
  });
});

/** `UPDATE=1` writes what was found instead. Exactly one of the two files is there. */
function expectFile({ folder }: Fixture, name: string, text: string | undefined): void {
  const path = join(folder, name);
  if (env["UPDATE"] === "1") {
    if (text === undefined) rmSync(path, { force: true });
    else writeFileSync(path, text);
  }
  expect(existsSync(path) ? readFileSync(path, "utf8") : undefined).toBe(text);
}
