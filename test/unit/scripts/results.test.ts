import { describe, expect, test } from "@jest/globals";
import { countResults } from "../../../scripts/results.ts";

const report = {
  numPassedTests: 5,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 2,
  numTodoTests: 1,
};

describe("countResults()", () => {
  test("gives the counts of a run that ended well", () => {
    expect(countResults(report, 0)).toEqual({ passed: 5, failed: 0, skipped: 3 });
  });

  test("counts a suite that could not run", () => {
    expect(countResults({ ...report, numFailedTests: 2, numRuntimeErrorTestSuites: 1 }, 1).failed).toBe(3);
  });

  test.each([1, null])("counts exit status %p without a failed test as one failure", (status) => {
    expect(countResults(report, status)).toEqual({ passed: 5, failed: 1, skipped: 3 });
  });

  test("counts a run without a report as one failure, unless it ended well", () => {
    expect(countResults(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(countResults(undefined, 0).failed).toBe(0);
  });
});
