import { describe, expect, test } from "@jest/globals";
import { sortTopologically } from "../../../wiring/graph.ts";

const sort = (edges: Readonly<Record<string, readonly string[]>>) =>
  sortTopologically(Object.keys(edges), (node) => edges[node] ?? []);

describe("sortTopologically()", () => {
  test("puts each node after what it depends on, and keeps the order otherwise", () => {
    expect(sort({ a: ["b", "c"], b: ["c"], c: [], d: [] })).toEqual({ order: ["c", "b", "a", "d"] });
  });
  test("names a cycle, without the tail that leads to it", () => {
    expect(sort({ entry: ["a"], a: ["b"], b: ["a"] })).toEqual({ cycle: ["a", "b", "a"] });
  });
  test("names a cycle of one", () => {
    expect(sort({ a: ["a"] })).toEqual({ cycle: ["a", "a"] });
  });
  test("takes the same dependency twice", () => {
    expect(sort({ a: ["b", "b"], b: [] })).toEqual({ order: ["b", "a"] });
  });
  test("does not recurse along a chain of 100,000", () => {
    const count = 100_000;
    const sorted = sortTopologically(["0"], (node) => (Number(node) < count ? [String(Number(node) + 1)] : []));
    expect("order" in sorted && sorted.order.length).toBe(count + 1);
  });
});
