import { describe, expect, test } from "@jest/globals";
import { Trap } from "../../../runner/host/host.ts";
import type { Linked } from "../../../runner/link/linked.ts";
import { Pool, type PoolOptions } from "../../../runner/pool.ts";
import { type FakeLinked, FakeLinker } from "./fake-linker.ts";

const roomy = { concurrency: 2, queue: 8, requestTimeoutMs: null, maxRequests: null };

function makePool(limits: Partial<PoolOptions["limits"]> = {}, options: Partial<PoolOptions> = {}) {
  const linker = new FakeLinker();
  const pool = new Pool(linker, { limits: { ...roomy, ...limits }, isolation: "Instance", ...options });
  return { linker, pool };
}

/** A call that holds its instance until it is told to end. */
function hold(pool: Pool) {
  const gate = Promise.withResolvers<string>();
  const started = Promise.withResolvers<FakeLinked>();
  const result = pool.run((linked) => {
    started.resolve(linked as FakeLinked);
    return gate.promise;
  });
  result.catch(() => {});
  return { ...gate, started: started.promise, result };
}

const numberOf = async (linked: Linked) => (linked as FakeLinked).number;

describe("run()", () => {
  test("gives the result of the call", async () => {
    expect(await makePool().pool.run(async () => 42)).toBe(42);
  });

  test("makes an instance only when none is free", async () => {
    const { linker, pool } = makePool();
    expect([await pool.run(numberOf), await pool.run(numberOf)]).toEqual([0, 0]);
    const [a, b] = [hold(pool), hold(pool)];
    await Promise.all([a.started, b.started]);
    expect(linker.made).toHaveLength(2);
  });

  test("uses the instance that was used last", async () => {
    const { pool } = makePool();
    const [a, b] = [hold(pool), hold(pool)];
    b.resolve("");
    await b.result;
    a.resolve("");
    await a.result;
    expect(await pool.run(numberOf)).toBe(0);
  });

  test("lets calls above the concurrency wait, and serves them in order", async () => {
    const { linker, pool } = makePool({ concurrency: 1 });
    const first = hold(pool);
    const order: number[] = [];
    const others = [1, 2, 3].map((n) => pool.run(async () => order.push(n)));
    expect([pool.running, pool.waiting]).toEqual([1, 3]);
    first.resolve("");
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
    expect([pool.running, pool.waiting, linker.made.length]).toEqual([0, 0, 1]);
  });

  test("refuses a call when the queue is full, and names the limit", async () => {
    const { pool } = makePool({ concurrency: 1, queue: 1 });
    const first = hold(pool);
    const second = hold(pool);
    await expect(pool.run(numberOf)).rejects.toMatchObject({ limit: "queue", status: 503 });
    first.resolve("");
    second.resolve("");
    await second.result;
    expect(await pool.run(numberOf)).toBe(0);
  });

  test("skips a waiting call that nobody wants any more", async () => {
    const { pool } = makePool({ concurrency: 1 });
    const first = hold(pool);
    let ran = false;
    const left = pool.run(
      async () => {
        ran = true;
      },
      () => false,
    );
    const next = pool.run(numberOf);
    first.resolve("");
    expect([await left, await next, ran]).toEqual([undefined, 0, false]);
    expect(pool.waiting).toBe(0);
  });

  test("keeps an instance whose call failed without a trap", async () => {
    const { linker, pool } = makePool();
    await expect(pool.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await pool.run(numberOf);
    expect(linker.made).toHaveLength(1);
  });

  test("replaces an instance that trapped, and gives back what it held", async () => {
    const { linker, pool } = makePool();
    const trapped = pool.run(async (linked) => {
      (linked as FakeLinked).trap = new Trap("unreachable");
      throw new Trap("unreachable");
    });
    await expect(trapped).rejects.toThrow("unreachable");
    expect(await pool.run(numberOf)).toBe(1);
    expect(linker.made.map(({ disposed }) => disposed)).toEqual([true, false]);
  });

  test("rejects with what instantiation throws, also for a call that waited", async () => {
    const { linker, pool } = makePool({ concurrency: 1 });
    const first = hold(pool);
    const held = await first.started;
    const second = pool.run(numberOf);
    linker.failing = new Error("no memory");
    held.trap = new Trap("unreachable");
    first.reject(held.trap);
    await expect(second).rejects.toThrow("no memory");
    await expect(pool.run(numberOf)).rejects.toThrow("no memory");
    expect([pool.running, pool.waiting]).toEqual([0, 0]);
  });
});

describe("an instance that breaks when a call is over", () => {
  test("by its reset gives the result, and is replaced", async () => {
    const { linker, pool } = makePool({ concurrency: 1 }, { isolation: "Request" });
    const first = pool.run(async (linked) => {
      (linked as FakeLinked).reset = () => {
        throw new RangeError("no memory");
      };
      return "result";
    });
    const second = pool.run(numberOf);
    expect([await first, await second, linker.made.length]).toEqual(["result", 1, 2]);
  });

  test("by its end gives the error of the call, and its place to the next", async () => {
    const { pool } = makePool({ concurrency: 1 });
    const first = pool.run(async (linked) => {
      (linked as FakeLinked)[Symbol.dispose] = () => {
        throw new RangeError("no end");
      };
      (linked as FakeLinked).trap = new Trap("unreachable");
      throw new Trap("unreachable");
    });
    const second = pool.run(numberOf);
    await expect(first).rejects.toThrow("unreachable");
    expect(await second).toBe(1);
  });
});

describe("sweep()", () => {
  test("frees the places of waiting calls that nobody wants, and keeps the order of the others", async () => {
    const { pool } = makePool({ concurrency: 1, queue: 3 });
    const first = hold(pool);
    const order: number[] = [];
    let left = false;
    const gone = pool.run(
      async () => order.push(0),
      () => !left,
    );
    const others = [1, 2].map((n) => pool.run(async () => order.push(n)));
    await expect(pool.run(numberOf)).rejects.toMatchObject({ limit: "queue" });
    left = true;
    pool.sweep();
    expect([await gone, pool.waiting]).toEqual([undefined, 2]);
    others.push(pool.run(async () => order.push(3)));
    first.resolve("");
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });
});

describe("maxRequests", () => {
  test("replaces an instance after so many calls", async () => {
    const { pool } = makePool({ maxRequests: 2 });
    const numbers = [];
    for (let i = 0; i < 5; i++) numbers.push(await pool.run(numberOf));
    expect(numbers).toEqual([0, 0, 1, 1, 2]);
  });

  test("null keeps it for good", async () => {
    const { linker, pool } = makePool();
    for (let i = 0; i < 20; i++) await pool.run(numberOf);
    expect(linker.made).toHaveLength(1);
  });
});

describe("isolation", () => {
  test("Request resets an instance after each call", async () => {
    const { linker, pool } = makePool({}, { isolation: "Request" });
    for (let i = 0; i < 3; i++) await pool.run(numberOf);
    expect(linker.made.map(({ snapshots, resets }) => [snapshots, resets])).toEqual([[1, 3]]);
  });

  test("Request makes a fresh instance where a reset failed", async () => {
    const { pool } = makePool({}, { isolation: "Request" });
    await pool.run(async (linked) => {
      (linked as FakeLinked).resettable = false;
    });
    expect(await pool.run(numberOf)).toBe(1);
  });

  test("Request makes fresh instances where the plan cannot be reset", async () => {
    const linker = new FakeLinker();
    linker.notResettable = "it drops segments";
    const pool = new Pool(linker, { limits: roomy, isolation: "Request" });
    expect([await pool.run(numberOf), await pool.run(numberOf)]).toEqual([0, 1]);
    expect(linker.made.every(({ snapshots, resets }) => snapshots + resets === 0)).toBe(true);
  });

  test("Instance never resets", async () => {
    const { linker, pool } = makePool();
    for (let i = 0; i < 3; i++) await pool.run(numberOf);
    expect(linker.made[0]).toMatchObject({ snapshots: 0, resets: 0 });
  });
});

describe("requestTimeoutMs", () => {
  test("gives up a suspended call when its time is over, and its instance with it", async () => {
    const { linker, pool } = makePool({ requestTimeoutMs: 20 });
    const call = hold(pool);
    await expect(call.result).rejects.toMatchObject({ limit: "requestTimeout", status: 504 });
    expect(linker.made[0]!.trap?.message).toContain("20 ms");
    expect(await pool.run(numberOf)).toBe(1);
    call.resolve("too late");
    expect(await pool.run(numberOf)).toBe(1);
  });

  test("counts the time in the queue", async () => {
    const { pool } = makePool({ concurrency: 1, requestTimeoutMs: 10_000 });
    const first = hold(pool);
    const before = performance.now();
    const second = pool.run(async (linked) => linked.deadline);
    const after = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 30));
    first.resolve("");
    const deadline = await second;
    expect(deadline).toBeGreaterThanOrEqual(before + 10_000);
    expect(deadline).toBeLessThanOrEqual(after + 10_000);
  });

  test("ends a call that waits when its time is over", async () => {
    const { linker, pool } = makePool({ concurrency: 1, requestTimeoutMs: 30 });
    const calls = [hold(pool), hold(pool), hold(pool)];
    for (const { result } of calls) await expect(result).rejects.toMatchObject({ limit: "requestTimeout" });
    expect([pool.running, pool.waiting]).toEqual([0, 0]);
    expect(linker.made.length).toBeLessThanOrEqual(3);
    expect(await pool.run(async () => "next")).toBe("next");
  });

  test("says that a trap after the deadline was the deadline", async () => {
    const { pool } = makePool({ requestTimeoutMs: 5 });
    const looped = pool.run(async (linked) => {
      while (performance.now() <= linked.deadline);
      (linked as FakeLinked).trap = new Trap("deadline exceeded");
      throw (linked as FakeLinked).trap;
    });
    await expect(looped).rejects.toMatchObject({ limit: "requestTimeout", cause: { message: "deadline exceeded" } });
  });

  test("tells the watchdog the earliest deadline, and Infinity when nothing runs", async () => {
    const told: number[] = [];
    const { pool } = makePool({ requestTimeoutMs: 1000 }, { watch: (deadline) => told.push(deadline) });
    const deadline = await pool.run(async (linked) => linked.deadline);
    expect(told).toEqual([deadline, Infinity]);
  });

  test("null sets no deadline", async () => {
    const { pool } = makePool();
    expect(await pool.run(async (linked) => linked.deadline)).toBe(Infinity);
  });
});

describe("warm()", () => {
  test("makes the first instance ahead of the first call, once", async () => {
    const { linker, pool } = makePool();
    pool.warm();
    pool.warm();
    await pool.run(numberOf);
    expect(linker.made).toHaveLength(1);
    expect(pool.size()).toEqual({ instances: 1, memoryBytes: 65536 });
  });
});
