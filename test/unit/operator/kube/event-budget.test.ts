import { describe, expect, test } from "@jest/globals";
import { EventBudget } from "../../../../operator/kube/event-budget.ts";
import { FakeClock } from "../../../support/clock.ts";

describe("EventBudget", () => {
  test("gives an object 25 at once and one a minute, and others theirs", async () => {
    const clock = new FakeClock();
    const budget = new EventBudget(clock);
    const taken = (): number => {
      let count = 0;
      while (budget.take("a")) count++;
      return count;
    };
    expect(taken()).toBe(25);
    expect(budget.take("b")).toBe(true);
    await clock.advance(59_000);
    expect(taken()).toBe(0);
    await clock.advance(1_000);
    expect(taken()).toBe(1);
    await clock.advance(24 * 3_600_000);
    expect(taken()).toBe(25);
  });

  test("forgets the object that took longest ago, beyond 5000", () => {
    const budget = new EventBudget(new FakeClock());
    while (budget.take("first"));
    for (let index = 0; index < 4_999; index++) budget.take(`object ${index}`);
    expect(budget.take("first")).toBe(false);
    budget.take("one more");
    expect(budget.take("first")).toBe(true);
  });
});
