import { describe, expect, test } from "@jest/globals";
import { Deadlines, Timed } from "../../../runner/deadlines.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("Deadlines", () => {
  test("tells the first deadline each time it changes", () => {
    const told: number[] = [];
    const deadlines = new Deadlines((deadline) => told.push(deadline));
    const [a, b, c] = [1e6, 2e6, 3e6].map((at) => new Timed(at, () => {})) as [Timed, Timed, Timed];
    for (const timed of [a, b, c]) deadlines.add(timed);
    deadlines.remove(b);
    deadlines.remove(a);
    deadlines.remove(a);
    deadlines.remove(c);
    expect(told).toEqual([1e6, 3e6, Infinity]);
  });

  test("expires what is due in order, once, and nothing that was removed", async () => {
    const expired: string[] = [];
    const now = performance.now();
    const deadlines = new Deadlines();
    const add = (name: string, after: number) => {
      const timed = new Timed(now + after, () => expired.push(name));
      deadlines.add(timed);
      return timed;
    };
    add("a", 5);
    const removed = add("b", 10);
    add("c", 15);
    const later = add("d", 1e6);
    deadlines.remove(removed);
    await sleep(60);
    expect(expired).toEqual(["a", "c"]);
    expect(later.listed).toBe(true);
  });

  test("keeps working when an expiry adds the next call", async () => {
    const expired: string[] = [];
    const deadlines = new Deadlines();
    const second = new Timed(performance.now() + 20, () => expired.push("second"));
    deadlines.add(
      new Timed(performance.now() + 5, () => {
        expired.push("first");
        deadlines.add(second);
      }),
    );
    await sleep(80);
    expect(expired).toEqual(["first", "second"]);
  });
});
