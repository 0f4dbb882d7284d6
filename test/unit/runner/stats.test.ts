import { describe, expect, test } from "@jest/globals";
import { EdgeCounts } from "../../../runner/edge-counts.ts";
import { Trap } from "../../../runner/host/host.ts";
import { addCounts, addStats, countRequest, durationBuckets, emptyStats } from "../../../runner/stats.ts";
import { describeTrap } from "../../../runner/traps.ts";

const trapAt = (time: string) => ({ time, function: "f", message: "m", requestId: "r" });

describe("addStats()", () => {
  test("sums counts and keeps the newest trap", () => {
    const sum = emptyStats();
    addStats(sum, {
      ...emptyStats(),
      requests: { "2xx": 1 },
      edges: [1, 2],
      inflight: 1,
      lastTraps: { a: trapAt("2") },
    });
    addStats(sum, { ...emptyStats(), requests: { "2xx": 2, "5xx": 1 }, edges: [1], lastTraps: { a: trapAt("1") } });
    expect(sum).toMatchObject({
      requests: { "2xx": 3, "5xx": 1 },
      edges: [2, 2],
      inflight: 1,
      lastTraps: { a: { time: "2" } },
    });
  });
});

describe("addCounts()", () => {
  test("leaves out what a process takes with it", () => {
    const sum = emptyStats();
    addCounts(sum, { ...emptyStats(), requests: { "2xx": 1 }, inflight: 3, waiting: 2, pooled: 4, memoryBytes: 5 });
    expect(sum).toMatchObject({ requests: { "2xx": 1 }, inflight: 0, waiting: 0, pooled: 0, memoryBytes: 0 });
  });
});

describe("countRequest()", () => {
  test("puts a duration into the bucket whose bound it reaches", () => {
    const stats = emptyStats();
    for (const seconds of [0, 0.0005, 0.0006, 30, 31]) countRequest(stats, 200, seconds);
    expect([stats.duration[0], stats.duration[1], stats.duration.at(-2), stats.duration.at(-1)]).toEqual([2, 1, 1, 1]);
    expect(stats.duration).toHaveLength(durationBuckets.length + 1);
  });

  test("counts failures in a row", () => {
    const stats = emptyStats();
    const seen = [500, 503, 404, 500].map((status) => {
      countRequest(stats, status, 0);
      return stats.failures;
    });
    expect(seen).toEqual([1, 2, 0, 1]);
  });
});

describe("EdgeCounts", () => {
  const edge = { from: ["cart"], to: ["store", "inner"], interface: "a:b/c", function: "get" };

  test("names the ends by their instances, and the composition where there is none", () => {
    const probes = new WebAssembly.Memory({ initial: 1 });
    const { edges } = new EdgeCounts(probes, [edge, { ...edge, from: [] }], "shop");
    expect(edges.map(({ from, to }) => [from, to])).toEqual([
      ["cart", "store"],
      ["shop", "store"],
    ]);
  });

  test("leaves out the inner calls of an instance that is composed itself", () => {
    const probes = new WebAssembly.Memory({ initial: 1 });
    new BigUint64Array(probes.buffer).set([9n, 9n, 4n, 4n]);
    const inner = { ...edge, from: ["cart", "#0"], to: ["cart", "#1"] };
    const counts = new EdgeCounts(probes, [inner, edge], "shop");
    expect([counts.edges.map(({ to }) => to), counts.read(true)]).toEqual([["store"], [4, 0]]);
  });

  test("counts what never returned once nothing runs, and never backwards", () => {
    const probes = new WebAssembly.Memory({ initial: 1 });
    const words = new BigUint64Array(probes.buffer);
    const counts = new EdgeCounts(probes, [edge], "shop");
    words.set([3n, 1n]);
    expect(counts.read(false)).toEqual([1, 0]);
    words.set([3n, 2n]);
    expect(counts.read(true)).toEqual([2, 1]);
    words.set([5n, 2n]);
    expect(counts.read(false)).toEqual([2, 1]);
  });
});

describe("describeTrap()", () => {
  test("names the instance and the function where they are known", () => {
    const trap = Object.assign(new Trap("unreachable in “cart”"), {
      reason: "unreachable",
      path: ["cart", "x"],
      function: "save",
    });
    expect(describeTrap(trap, "shop")).toEqual({ instance: "cart", function: "save", message: "unreachable" });
    expect(describeTrap(new Trap("m"), "shop")).toEqual({
      instance: "shop",
      function: "unknown function",
      message: "m",
    });
  });

  test("writes Rust's names as Rust does", () => {
    const name = (text: string) => describeTrap(Object.assign(new Trap("m"), { function: text }), "shop").function;
    expect(name("_ZN3bad9trap_here17h2336958fa628767aE")).toBe("bad::trap_here");
    expect(name("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE")).toBe("core::fmt::Write::write_fmt");
    for (const other of ["_ZN3badE", "_ZN99xE", "main", "_ZNSt6vectorIiE"]) expect(name(other)).toBe(other);
  });

  test("bounds and cleans what a guest may have chosen", () => {
    const trap = Object.assign(new Trap(`a\n\x1b[2J${"x".repeat(2000)}`), { function: "f\u0007" });
    const { message, function: name } = describeTrap(trap, "shop");
    expect([message.length, message.slice(0, 7), name]).toEqual([501, "a [2Jxx", "f"]);
  });
});
