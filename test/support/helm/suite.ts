import { env } from "node:process";
import { beforeAll, describe } from "@jest/globals";
import { onPath } from "../api-server/assets.ts";
import { runHelm } from "./chart.ts";
import { findHelm } from "./helm.ts";

/** The longest that it takes to build helm. */
const buildMs = 900_000;

/** Tests that need helm: skipped where neither it nor Go, to build it, is on this machine. */
export function describeWithHelm(name: string, tests: () => void): void {
  if (findHelm(env) === undefined && onPath("go", env) === undefined) {
    describe.skip(`${name} (install helm, or Go)`, tests);
    return;
  }
  describe(name, () => {
    beforeAll(() => runHelm(["version"]), buildMs);
    tests();
  });
}
